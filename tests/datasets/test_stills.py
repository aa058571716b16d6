"""Corpora of still pictures: what their labels become, how they are split, and nothing left out in silence."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import warm
from affectnet_factory import write_later
from hypothesis import given
from hypothesis import strategies as st
from stills_factory import (
    UNITS,
    VOTES,
    WRITERS,
    colour_of,
    corpus,
    emotionet_name,
    pixels,
    store_split,
    unit_values,
    write_emotionet,
    write_expw,
    write_ferplus,
    write_rafdb,
)

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.images import targets_of
from affectflow.core.compound import EMOTIONET, RAFDB, compound_track
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.images import Images, still_targets
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.datasets.images.stills import Annotation, hashed_split

NAMES = track_of("expr", "abaw3").outputs
RAFDB_NAMES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
EXPW_NAMES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
FERPLUS_NAMES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "other")
LIST = "EmoLabel/list_patition_label.txt"
FACS = "EmotioNet_FACS_aws_2020_24600.csv"


@pytest.mark.parametrize("faces", ["aligned", "original"])
def test_rafdb_test_set_validates_and_its_classes_are_in_the_order_of_aff_wild2(tmp_path: Path, faces: str) -> None:
    write_rafdb(tmp_path)
    settings = corpus("rafdb", tmp_path, faces=faces)
    for split, prefix, count in (("train", "train", 14), ("validation", "test", 7)):
        rows, left_out = store_split(settings, split, tmp_path / "out")
        assert [row["image"] for row in rows] == [f"{prefix}_{n:05d}.jpg" for n in range(1, count + 1)]
        assert [NAMES[row["expression"]] for row in rows] == [RAFDB_NAMES[n % 7] for n in range(count)]
        assert [colour_of(pixels(row)) for row in rows] == [n % 7 for n in range(count)], "the face alone"
        assert {row[key] for row in rows for key in ("valence", "compound", "au1")} == {None}
        assert not left_out
    folder = tmp_path / "Image/original" if faces == "original" else tmp_path / "Image/aligned"
    file = folder / ("test_00001.jpg" if faces == "original" else "test_00001_aligned.jpg")
    assert rows[0]["digest"] == hashlib.sha256(file.read_bytes()).hexdigest()


def compounds(path: Path) -> np.ndarray:
    """Numbers of the stored faces' compound classes."""
    return still_targets(read_arrow(path, IMAGES), compound_track(RAFDB))[:, 0]


def test_rafdb_compound_classes_keep_its_order(tmp_path: Path) -> None:
    write_rafdb(tmp_path / "compound", classes=11, train=22, test=11)
    rows, _ = store_split(corpus("rafdb_compound", tmp_path), "train", tmp_path)
    assert [row["compound"] for row in rows] == [*range(11)] * 2
    assert {row["expression"] for row in rows} == {None}
    assert (RAFDB[0], RAFDB[6], RAFDB[10]) == ("happily_surprised", "fearfully_angry", "disgustedly_surprised")
    assert compounds(tmp_path / "train.arrow").tolist() == [*range(11)] * 2


def test_compound_classes_of_other_corpora_are_none(tmp_path: Path) -> None:
    write_rafdb(tmp_path)
    store_split(corpus("rafdb", tmp_path), "train", tmp_path)
    classes = compounds(tmp_path / "train.arrow")
    assert len(classes) == 14 and np.isnan(classes).all()
    with pytest.raises(InputError, match="none of 14 pictures is annotated"):
        Images({"x": tmp_path / "train.arrow"}, track_of("au", "union17"), 32)


def test_ferplus_faces_are_of_the_class_of_most_votes(tmp_path: Path) -> None:
    write_ferplus(tmp_path)
    for split, numbers in (
        ("train", [n for n in range(30) if n % 4 < 2]),
        ("validation", [n for n in range(30) if n % 4 == 2]),
        ("test", [n for n in range(30) if n % 4 == 3]),
    ):
        rows, left_out = store_split(corpus("ferplus", tmp_path), split, tmp_path)
        assert all(sum(row["votes"]) in (7, 10) and row["votes"][row["expression"]] == 7 for row in rows)
        assert [row["image"] for row in rows] == [f"fer{n:07d}.png" for n in numbers if n % 10 < 8]
        assert [NAMES[row["expression"]] for row in rows] == [FERPLUS_NAMES[n % 10] for n in numbers if n % 10 < 8]
        assert left_out == {f"fer{n:07d}.png": "not annotated" for n in numbers if n % 10 >= 8}, "unknown, no face"


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ("5,5,0,0,0,0,0,0,0,0", None),
        ("6,4,0,0,0,0,0,0,0,0", "neutral"),
        ("0,0,0,0,5,1,1,1,1,1", "anger"),  # single votes are not counted
        ("0,0,0,0,4,2,2,0,1,1", None),  # 4 of 8
        ("0,0,0,0,3,2,0,1,2,2", None),
        ("1,1,1,1,1,1,1,1,1,1", None),
        ("0,2,0,0,0,0,0,0,0,8", None),
    ],
)
def test_a_majority_is_more_than_half_of_the_votes_that_count(tmp_path: Path, votes: str, expected: str | None) -> None:
    write_ferplus(tmp_path)
    path = tmp_path / "fer2013new.csv"
    lines = path.read_text().splitlines()
    lines[1] = f"Training,fer0000000.png,{votes}"
    lines[2] = "Training,,0,0,0,0,0,0,0,0,0,10"
    path.write_text("\n".join(lines))
    first, second, *_ = list_images(corpus("ferplus", tmp_path), "train")
    assert first.annotation is not None
    assert first.annotation.expression == (None if expected is None else NAMES.index(expected))
    assert (second.name, second.annotation) == ("line 3", Annotation())


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        # In the order of Aff-Wild2: neutral, anger, disgust, fear, happiness, sadness, surprise, contempt.
        ("5,4,0,1,0,0,0,0,0,0", (5, 0, 0, 0, 4, 0, 0, 0)),
        ("0,0,2,3,4,0,0,0,1,0", (0, 4, 0, 0, 0, 3, 2, 0)),
        ("0,0,0,0,0,2,3,4,1,0", (0, 0, 2, 3, 0, 0, 0, 4)),
        ("4,0,0,0,0,0,0,0,3,3", (4, 0, 0, 0, 0, 0, 0, 0)),
        ("4,0,0,0,0,0,0,0,4,2", None),
        ("1,1,1,1,1,1,1,1,1,1", None),
    ],
)
def test_votes_are_kept_where_most_people_see_an_expression(
    tmp_path: Path, votes: str, expected: tuple[int, ...] | None
) -> None:
    (tmp_path / "FER2013Train").mkdir()
    (tmp_path / "fer2013new.csv").write_text(f"Usage,Image name,{','.join(VOTES)}\nTraining,a.png,{votes}\n")
    (still,) = list_images(corpus("ferplus", tmp_path), "train")
    assert still.annotation is not None and still.annotation.votes == expected


def test_other_corpora_have_no_test_split(tmp_path: Path) -> None:
    write_expw(tmp_path)
    with pytest.raises(InputError, match="kind expw has no test split, expected train or validation"):
        list_images(corpus("expw", tmp_path), "test")


def test_expw_faces_are_cut_out_by_their_boxes(tmp_path: Path) -> None:
    write_expw(tmp_path)
    settings = corpus("expw", tmp_path, validation_share=0.3)
    rows = {row["image"]: row for split in ("train", "validation") for row in store_split(settings, split, tmp_path)[0]}
    assert len(rows) == 48, "all faces, once"
    for number in range(40):
        row = rows[f"angry_actor_{number}.jpg#0"]
        assert NAMES[row["expression"]] == EXPW_NAMES[number % 7]
        assert colour_of(pixels(row)) == number % 7
    second = rows["angry_actor_5.jpg#1"]
    assert NAMES[second["expression"]] == "neutral"
    assert np.abs(pixels(second) - (0, 90, 0)).max() < 12, "the corner of the scene"


def test_all_faces_of_a_picture_are_in_one_split(tmp_path: Path) -> None:
    write_expw(tmp_path)
    settings = corpus("expw", tmp_path, validation_share=0.3)
    train, validation = (
        {still.path.name for still in list_images(settings, split)} for split in ("train", "validation")
    )
    assert train and validation and not train & validation
    assert validation == {name for name in train | validation if hashed_split(name, 0.3) == "validation"}


def test_the_hashed_split_is_that_of_sha256() -> None:
    """Of `printf %s NAME | sha256sum`: ba78… and 2c26…, which are 0.728 and 0.172 of what is possible."""
    assert [hashed_split(name, 0.5) for name in ("abc", "foo")] == ["train", "validation"]
    assert [hashed_split("abc", share) for share in (0.728, 0.729)] == ["train", "validation"]
    assert [hashed_split("foo", share) for share in (0.172, 0.173)] == ["train", "validation"]
    assert sum(hashed_split(f"{n}.jpg", 0.1) == "validation" for n in range(10_000)) == pytest.approx(1000, abs=90)


@given(st.text(), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_keeps_what_validates(name: str, one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert hashed_split(name, larger) == "validation" or hashed_split(name, smaller) == "train"
    assert hashed_split(name, 1) == "validation"


@pytest.mark.parametrize("nested", [True, False])
def test_emotionet_units_are_kept_where_they_are_known(tmp_path: Path, nested: bool) -> None:
    write_emotionet(tmp_path, nested=nested)
    settings = corpus("emotionet", tmp_path, validation_share=1)
    rows, left_out = store_split(settings, "validation", tmp_path)
    assert not left_out and [row["image"] for row in rows] == [emotionet_name(number) for number in range(40)]
    track = track_of("au", "union17")
    for number, row in enumerate(rows):
        assert colour_of(pixels(row)) == number % 11
        expected_units = {f"au{u}": v for u, v in zip(UNITS, unit_values(number), strict=True) if v != 999 and u != 43}
        assert {name: row[name] for name in track.targets if row[name] is not None} == expected_units
    # As training reads them: every picture with any unit, NaN where a unit is unknown.
    targets = Images({"x": tmp_path / "validation.arrow"}, track, 32).targets
    expected = [[np.nan if row[name] is None else row[name] for name in track.targets] for row in rows]
    assert np.array_equal(targets, np.array(expected, np.float32), equal_nan=True)
    assert np.isnan(targets[:, track.targets.index("au7")]).all()
    # Of the twelve units of ABAW2 the first picture has 1, 2, 6, 12, 25 and 26; AU 4 is 999, and five have no column.
    first = [0, 1, np.nan, 1, np.nan, np.nan, 0, np.nan, np.nan, np.nan, 0, 1]
    assert np.array_equal(
        Images({"x": tmp_path / "validation.arrow"}, track_of("au"), 32).targets[0], first, equal_nan=True
    )


def test_emotionet_classes_are_those_of_its_columns(tmp_path: Path) -> None:
    write_emotionet(tmp_path)
    path = tmp_path / "URLsWithEmotionCat_aws.csv"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(",0", ",1")  # of all classes at once
    lines[3] = lines[3].replace(",1", ",0")  # of none
    path.write_text("\n".join(lines))
    settings = corpus("emotionet", tmp_path, annotations="classes", validation_share=1)
    rows, left_out = store_split(settings, "validation", tmp_path)
    assert left_out == {emotionet_name(1): "not annotated", emotionet_name(2): "not annotated"}
    assert [row["compound"] for row in rows] == [0, *(number % 16 for number in range(3, 40))]
    assert len(EMOTIONET) == 16 and sum("_" in name or name in ("appalled", "awed") for name in EMOTIONET) == 10
    assert targets_of(settings) == ("compound",)


def test_spreadsheets_leave_other_spellings_and_empty_rows(tmp_path: Path) -> None:
    write_emotionet(tmp_path)
    path = tmp_path / FACS
    lines = path.read_text().splitlines()
    lines[0] = "\ufeffurl,orig," + ",".join(f"AU{unit:02d}" for unit in UNITS)
    lines[1] = lines[1].replace(",999", ",").replace(",1", ",1.0")
    units = {f"au{u}": v for u, v in zip(UNITS, unit_values(0), strict=True) if v != 999 and u != 43}
    path.write_text("\r\n".join([*lines, "," * (len(UNITS) + 1)]) + "\r\n", encoding="utf-8", newline="")
    stills = list_images(corpus("emotionet", tmp_path, validation_share=1), "validation")
    assert len(stills) == 40 and stills[0].annotation == Annotation(units=units)


@pytest.mark.parametrize("kind", ["rafdb", "expw"])
def test_byte_order_marks_line_ends_and_spaces_do_not_count(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path)
    settings = corpus(kind, tmp_path)
    (path,), before = image_labels(settings, "train"), list_images(settings, "train")
    text = path.read_text().replace(" ", "   ").replace("\n", " \r\n") + "\r\n\r\n"
    path.write_text("\ufeff" + text, encoding="utf-8", newline="")
    assert list_images(settings, "train") == before


def test_missing_and_damaged_pictures_are_counted_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rafdb(tmp_path)
    images, boxes = tmp_path / "Image/original", tmp_path / "Annotation/boundingbox"
    (images / "train_00001.jpg").unlink()
    (images / "train_00002.jpg").write_bytes((images / "train_00002.jpg").read_bytes()[:300])
    (boxes / "train_00003_boundingbox.txt").unlink()
    (boxes / "train_00004_boundingbox.txt").write_text("30 20 30 100")
    with (tmp_path / LIST).open("a") as stream:
        stream.write("train_00005.jpg 5\n")
    rows, left_out = store_split(corpus("rafdb", tmp_path, faces="original"), "train", tmp_path)
    assert len(rows) == 10
    assert left_out == {
        "train_00001.jpg": "missing",
        "train_00002.jpg": "damaged",
        "train_00003.jpg": "no face box",
        "train_00004.jpg": "no face box",
        "train_00005.jpg": "listed before",
    }
    stderr = capsys.readouterr().err
    assert "10 of 15 pictures stored; left out: 1 damaged, 1 listed before, 1 missing, 2 no face box" in stderr
    assert "missing: train_00001.jpg" in stderr and "damaged: train_00002.jpg" in stderr


def test_an_affectnet_row_has_neither_units_nor_compound_class(tmp_path: Path) -> None:
    write_later(tmp_path, {"train": 11, "validation": 11})
    rows, _ = store_split(corpus("affectnet", tmp_path), "train", tmp_path)
    assert {row[name] for row in rows for name in ("compound", *track_of("au", "union17").targets)} == {None}


def test_the_rule_s_script_stores_a_corpus_of_any_kind(tmp_path: Path, root: Path) -> None:
    write_rafdb(tmp_path / "raf")
    settings = {"kind": "rafdb", "root": str(tmp_path / "raf"), "size": 32}
    command = [warm.python(), root / "workflow/scripts/images.py", "--images", json.dumps(settings), "--name", "raf"]
    command += ["--split", "train", "--out", tmp_path / "f.arrow", "--left-out", tmp_path / "l.csv"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert len(read_arrow(tmp_path / "f.arrow", IMAGES)) == 14
    assert LIST in (tmp_path / "f.arrow.record.json").read_text()
