"""Lines of still pictures' lists that are wrong and that a split does not use: told, and nothing is stopped."""

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from stills_factory import SPLITS, WRITERS, change_frame, corpus, faults, write_afewva, write_ferplus

from affectflow.core.errors import InputError
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.datasets.images.stills import Annotation, hashed_split

NAMES = {split: next(n for n in map(str, range(99)) if hashed_split(f"{n}.jpg", 0.1) == split) for split in SPLITS}


@pytest.mark.parametrize("wrong", SPLITS)
@pytest.mark.parametrize(
    ("kind", "good", "bad", "contradicting"),
    [
        ("rafdb", "{usage}_00099.jpg 1", "{usage}_00099.jpg 8", "{usage}_00099.jpg 2"),
        ("expw", "{name}.jpg 0 1 2 30 40 80 1", "{name}.jpg 0 1 2 30 40 80", "{name}.jpg 0 1 2 30 40 80 2"),
        ("emotionet", "{name}.jpg,," + ",".join("0" * 12), "{name}.jpg,,1", "{name}.jpg,," + ",".join("1" * 12)),
        ("ferplus", "{part},x.png,10" + ",0" * 9, "{part},x.png", "{part},x.png,0,10" + ",0" * 8),
    ],
)
def test_a_fault_stops_the_split_that_it_is_in_and_is_told_in_the_other(
    tmp_path: Path, kind: str, wrong: str, good: str, bad: str, contradicting: str, caplog: pytest.LogCaptureFixture
) -> None:
    WRITERS[kind](tmp_path)
    settings = corpus(kind, tmp_path)
    (labels,) = image_labels(settings, "train")
    lines = labels.read_text().splitlines()
    before = {split: list_images(settings, split) for split in SPLITS}
    names = {
        "usage": {"train": "train", "validation": "test"}[wrong],
        "part": {"train": "Training", "validation": "PublicTest"}[wrong],
        "name": NAMES[wrong],
    }
    other = next(split for split in SPLITS if split != wrong)
    for faulty in ([bad], [good, contradicting]):
        added = [*lines, *(line.format(**names) for line in faulty)]
        labels.write_text("\n".join(added) + "\n")
        caplog.clear()
        errors, stills = faults(settings)
        assert list(errors) == [wrong] and f"{labels}, line {len(added)}: " in errors[wrong]
        assert stills == {other: before[other]}
        (message,) = caplog.messages
        assert ": 1 line(s) of another split are wrong" in message and f"{labels}, line {len(added)}: " in message


def test_a_contradiction_in_a_part_of_ferplus_that_nothing_reads_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_ferplus(tmp_path)
    table = tmp_path / "fer2013new.csv"
    settings = corpus("ferplus", tmp_path)
    before = {split: list_images(settings, split) for split in SPLITS}
    rows = [f"PrivateTest,fer0000003.png,{votes}" for votes in ("10" + ",0" * 9, "0" + ",0" * 8 + ",10")]
    table.write_text(table.read_text() + "\n".join(rows) + "\n")
    for split in SPLITS:
        caplog.clear()
        assert list_images(settings, split) == before[split]
        assert caplog.messages == [
            f"{table}: 2 line(s) of another split are wrong, and are not used:\n"
            f"{table}, line 32: fer0000003.png has another label or box in line 5; correct or remove one\n"
            f"{table}, line 33: fer0000003.png has another label or box in line 5; correct or remove one"
        ]


def test_a_picture_of_a_part_that_nothing_reads_contradicts_no_other(tmp_path: Path) -> None:
    write_ferplus(tmp_path)
    table = tmp_path / "fer2013new.csv"
    before = list_images(corpus("ferplus", tmp_path), "train")
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], "PrivateTest,fer0000000.png,0" + ",0" * 8 + ",10", *lines[1:]]) + "\n")
    assert list_images(corpus("ferplus", tmp_path), "train") == before


def test_the_case_of_ferplus_is_read(cases: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copy(cases / "ferplus/fer2013new.csv", tmp_path)
    for folder in ("Train", "Valid", "Test"):
        (tmp_path / f"FER2013{folder}").mkdir()
    for split, name in (("train", "fer0000001.png"), ("validation", "fer0000002.png")):
        caplog.clear()
        assert [still.name for still in list_images(corpus("ferplus", tmp_path), split)] == [name]
        assert "line 5: fer0000003.png has another label or box in line 4" in caplog.text


def test_contradicting_rows_of_the_test_set_of_ferplus_are_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_ferplus(tmp_path)
    table = tmp_path / "fer2013new.csv"
    before = list_images(corpus("ferplus", tmp_path), "test")
    table.write_text(f"{table.read_text()}PrivateTest,fer0000003.png,10{',0' * 9}\n")
    after = list_images(corpus("ferplus", tmp_path), "test")
    assert [still for still in after if still.name != "fer0000003.png"] == before[1:]
    first, second = [still for still in after if still.name == "fer0000003.png"]
    assert first.annotation == Annotation() and second.repeated
    assert caplog.messages == [
        f"{table}: 1 test picture(s) are left out, as their rows contradict each other:\n"
        "fer0000003.png has other votes in each of lines 5, 32"
    ]


def test_the_official_table_of_ferplus_is_read(data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Microsoft's own, with the pictures of FER2013: 28,558 to train and 3,579 to validate. 25,060 and 3,199 rows have
    a majority for one of eight classes, three of the first for a picture that was listed before."""
    with ZipFile(data / "ferplus.zip") as archive:
        archive.extract("ferplus/fer2013new.csv", tmp_path)
        pictures = {(name.split("/")[1], name.rpartition("/")[2]) for name in archive.namelist()}
    for folder in ("Train", "Valid", "Test"):
        (tmp_path / f"ferplus/FER2013{folder}").mkdir()
    for split, folder, count, annotated, voted in (
        ("train", "FER2013Train", 28_558, 25_060, 28_153),
        ("validation", "FER2013Valid", 3_579, 3_199, 3_524),
        ("test", "FER2013Test", 3_573, 3_152, 3_520),
    ):
        caplog.clear()
        stills = [still for still in list_images(corpus("ferplus", tmp_path / "ferplus"), split) if still.path.suffix]
        names = {still.name for still in stills if (folder, still.name) in pictures}
        assert len(names) == sum(not still.repeated for still in stills) == count
        annotations = [still.annotation for still in stills if still.annotation is not None]
        assert sum(annotation.expression is not None for annotation in annotations) == annotated
        assert sum(annotation.votes is not None for annotation in annotations) == voted
        told = "lines 33202, 34336" if split == "test" else "line 34336: fer0033120.png has another label"
        assert told in caplog.text


def test_wrong_labels_of_pictures_that_are_not_used_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_afewva(tmp_path)
    path = tmp_path / "007/007.json"
    clip_split = hashed_split("007", 0.1)
    other = next(split for split in SPLITS if split != clip_split)
    before = {every: list_images(corpus("afewva", tmp_path, every=every), clip_split) for every in (1, 2)}
    other_stills = list_images(corpus("afewva", tmp_path), other)
    change_frame(path, "00001", valence=10.5)
    wrong = f"{path}, frame 00001: valence is 10.5, expected a number in [-10, 10]"
    assert list_images(corpus("afewva", tmp_path, every=2), clip_split) == before[2]
    assert list_images(corpus("afewva", tmp_path), other) == other_stills
    assert caplog.messages == [f"{tmp_path}: 1 label(s) of pictures that are not used are wrong:\n{wrong}"] * 2
    with pytest.raises(InputError) as error:
        list_images(corpus("afewva", tmp_path), clip_split)
    assert str(error.value) == wrong
    path.write_text("{")
    assert list_images(corpus("afewva", tmp_path), other) == other_stills
