"""AffectNet in both of its layouts: read strictly, and nothing left out in silence."""

import csv
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from affectnet_factory import BOX, COLOURS, HEADER, samples, write_first, write_later, write_list
from PIL import Image

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.images import AffectNetImages
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.images.affectnet import find_affectnet
from affectflow.datasets.images.affectnet_later import read_value
from affectflow.datasets.images.affectnet_values import EXPRESSIONS, annotation
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.preprocessing.face.images import UnusableError, cut_face, write_images

COUNTS = {"train": 24, "validation": 11}
WRITERS = {"first": write_first, "later": write_later}


def corpus(root: Path, **changes: object) -> AffectNetImages:
    return AffectNetImages.model_validate({"kind": "affectnet", "root": root, "size": 32} | changes)


def store(settings: AffectNetImages, split: str, out: Path) -> tuple[list[dict], list[dict[str, str]]]:
    """Rows of the faces that are stored of a split, and of what is left out."""
    stills = list_images(settings, split)
    write_images(stills, settings.size, settings.quality, out / "f.arrow", out / "l.csv", f"affectnet {split}")
    with (out / "l.csv").open(newline="") as stream:
        return read_arrow(out / "f.arrow", IMAGES).to_pylist(), list(csv.DictReader(stream))


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_classes_are_put_in_the_order_of_aff_wild2() -> None:
    names = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "other")
    outputs = track_of("expr", "abaw3").outputs
    assert tuple(outputs[number] for number in EXPRESSIONS) == names


@pytest.mark.parametrize("layout", ["first", "later"])
def test_a_split_is_stored_as_faces_with_their_labels(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, COUNTS)
    settings = corpus(tmp_path)
    assert find_affectnet(settings, "train").layout == layout
    rows, left_out = store(settings, "train", tmp_path / "out")
    expected = {number: labels for number, *labels in samples(24, len("train")) if labels[0] not in (9, 10)}
    assert len(rows) == len(expected) == 22
    assert [row["reason"] for row in left_out] == ["not annotated"] * 2
    folder = tmp_path / ("Manually_Annotated_Images" if layout == "first" else "train_set/images")
    for row, (number, (expression, valence, arousal)) in zip(rows, expected.items(), strict=True):
        assert row["image"] == (f"{number % 3}/train{number}.jpg" if layout == "first" else f"{number}.jpg")
        assert row["expression"] == (None if expression == 8 else EXPRESSIONS[expression])
        assert (row["valence"], row["arousal"]) == pytest.approx((valence, arousal), abs=1e-6)
        assert row["digest"] == hashlib.sha256((folder / row["image"]).read_bytes()).hexdigest()
        pixels = picture(row["face"])
        assert pixels.shape == (32, 32, 3)
        # The face alone: nothing of the scene around the box.
        assert np.abs(pixels.mean(axis=(0, 1)) - COLOURS[expression]).max() < 12


@pytest.mark.parametrize("layout", ["first", "later"])
def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, COUNTS)
    for name in ("a", "b"):
        store(corpus(tmp_path), "validation", tmp_path / name)
    assert (tmp_path / "a/f.arrow").read_bytes() == (tmp_path / "b/f.arrow").read_bytes()


def test_missing_damaged_and_boxless_pictures_are_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_first(tmp_path, COUNTS)
    folder = tmp_path / "Manually_Annotated_Images"
    (folder / "1/train1.jpg").unlink()
    whole = (folder / "2/train2.jpg").read_bytes()
    (folder / "2/train2.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "0/train3.jpg").write_text("no picture")
    (folder / "1/train4.jpg").write_bytes(b"")
    lines = (tmp_path / "training.csv").read_text().splitlines()
    lines[6] = lines[6].replace(",30,20,60,80,", ",NULL,NULL,NULL,NULL,")  # train5
    lines[7] = lines[7].replace(",30,20,60,80,", ",500,20,60,80,")  # train6, beside the picture
    (tmp_path / "training.csv").write_text("\n".join(lines) + "\n")
    rows, left_out = store(corpus(tmp_path), "train", tmp_path / "out")
    assert len(rows) == 24 - 8
    assert {row["image"]: row["reason"] for row in left_out} == {
        "1/train1.jpg": "missing",
        "2/train2.jpg": "damaged",
        "0/train3.jpg": "damaged",
        "1/train4.jpg": "damaged",
        "2/train5.jpg": "no face box",
        "0/train6.jpg": "no face box",
        "0/train9.jpg": "not annotated",
        "1/train10.jpg": "not annotated",
    }
    stderr = capsys.readouterr().err
    assert "16 of 24 pictures stored; left out: 3 damaged, 1 missing, 2 no face box, 2 not annotated" in stderr
    assert "missing: 1/train1.jpg" in stderr and "damaged: 2/train2.jpg, 0/train3.jpg, 1/train4.jpg" in stderr


def test_a_picture_without_labels_is_counted(tmp_path: Path) -> None:
    write_later(tmp_path, COUNTS)
    (tmp_path / "train_set/images/900.jpg").write_bytes((tmp_path / "train_set/images/1.jpg").read_bytes())
    assert {"image": "900.jpg", "reason": "no label file"} in store(corpus(tmp_path), "train", tmp_path / "out")[1]


def test_more_than_twenty_missing_pictures_are_named_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_later(tmp_path, {"train": 60, "validation": 1})
    for number in range(11, 41):
        (tmp_path / f"train_set/images/{number}.jpg").unlink()
    _, left_out = store(corpus(tmp_path), "train", tmp_path / "out")
    assert sum(row["reason"] == "missing" for row in left_out) == 30
    assert "30.jpg and 10 more" in capsys.readouterr().err


def test_a_corpus_whose_pictures_are_all_missing_is_an_error(tmp_path: Path) -> None:
    write_later(tmp_path, COUNTS)
    for path in (tmp_path / "train_set/images").iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"0 of 24 pictures stored; left out: 22 missing"):
        store(corpus(tmp_path), "train", tmp_path / "out")
    assert not (tmp_path / "out/f.arrow").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("1/a.jpg", *BOX, "", 11, 0, 0), "line 3: expression is 11, expected a whole number from 0 to 10"),
        (("1/a.jpg", *BOX, "", "happy", 0, 0), "line 3: expression is 'happy'"),
        (("1/a.jpg", *BOX, "", 1, 1.5, 0), r"line 3: valence is 1.5, expected a number in \[-1, 1\], or -2"),
        (("1/a.jpg", *BOX, "", 1, 0, "nan"), "line 3: arousal is 'nan'"),
        (("1/a.jpg", *BOX, "", 1, 0), "line 3: found 8 columns, expected 9"),
        (("../a.jpg", *BOX, "", 1, 0, 0), "line 3: subDirectory_filePath is '../a.jpg'"),
        (("", *BOX, "", 1, 0, 0), "line 3: subDirectory_filePath is ''"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, row: tuple, message: str) -> None:
    write_first(tmp_path, COUNTS)
    write_list(tmp_path / "training.csv", [("1/b.jpg", *BOX, "", 1, 0, 0), row])
    with pytest.raises(InputError, match=rf"training\.csv, {message}"):
        list_images(corpus(tmp_path), "train")


def test_a_list_without_its_header_is_refused(tmp_path: Path) -> None:
    write_first(tmp_path, COUNTS)
    path = tmp_path / "training.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(InputError, match=r"training\.csv, line 1: lacks the column\(s\) subDirectory_filePath"):
        list_images(corpus(tmp_path), "train")
    path.write_text(",".join(HEADER) + "\n")
    with pytest.raises(InputError, match="has a header and no rows"):
        list_images(corpus(tmp_path), "train")


@pytest.mark.parametrize(
    "stored_as",
    [np.array("3"), np.array(["3"]), np.array(b"3"), np.array(3), np.array([3], np.uint8), np.array(3.0)],
)
def test_a_label_may_be_a_number_or_text(tmp_path: Path, stored_as: np.ndarray) -> None:
    np.save(tmp_path / "1_exp.npy", stored_as)
    assert annotation(read_value(tmp_path / "1_exp.npy"), "0.5", "-2").expression == EXPRESSIONS[3]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: np.save(path, np.array("3", dtype=object), allow_pickle=True), "pickled object, which is never"),
        (lambda path: path.write_bytes(b"\x80\x04K\x03."), "pickled object, which is never loaded"),
        (lambda path: path.write_bytes(b""), "not a whole array of numpy"),
        (lambda path: np.save(path, np.array([1, 2])), r"found int64 of shape \(2,\), expected one number"),
        (lambda path: np.save(path, np.array("many")), "expression is 'many', expected a whole number"),
        (lambda path: path.unlink(), "no such file, expected one number"),
    ],
)
def test_a_bad_label_file_is_named(tmp_path: Path, write, message: str) -> None:
    write_later(tmp_path, COUNTS)
    name = "3_val.npy" if "no such file" in message else "3_exp.npy"
    write(tmp_path / "train_set/annotations" / name)
    with pytest.raises(InputError, match=message) as error:
        list_images(corpus(tmp_path), "train")
    assert "train_set/annotations/3_" in str(error.value)


def test_a_corpus_that_is_not_there_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder; expected in it training\.csv .* or train_set/"):
        image_labels(corpus(tmp_path / "nowhere"), "train")
    write_first(tmp_path, COUNTS)
    with pytest.raises(InputError, match="holds no val_set/images/ and val_set/annotations/"):
        image_labels(corpus(tmp_path, layout="later"), "validation")
    write_later(tmp_path, COUNTS)
    with pytest.raises(InputError, match="holds both releases"):
        image_labels(corpus(tmp_path), "train")
    assert image_labels(corpus(tmp_path, layout="first"), "train") == (tmp_path / "training.csv",)


def test_lists_and_pictures_are_found_where_archives_put_them(tmp_path: Path) -> None:
    write_first(tmp_path / "x", COUNTS)
    inner = tmp_path / "Manually_Annotated"
    inner.mkdir()
    (tmp_path / "x/Manually_Annotated_Images").rename(inner / "Manually_Annotated_Images")
    (tmp_path / "Manually_Annotated_file_lists").mkdir()
    for name in ("training.csv", "validation.csv"):
        (tmp_path / "x" / name).rename(tmp_path / "Manually_Annotated_file_lists" / name)
    assert len(store(corpus(tmp_path), "train", tmp_path / "out")[0]) == 22


def test_a_box_is_cut_at_the_picture_s_edge() -> None:
    left, right = Image.new("RGB", (40, 80), (250, 0, 0)), Image.new("RGB", (40, 80), (0, 0, 250))
    both = Image.new("RGB", (80, 80))
    both.paste(left, (0, 0))
    both.paste(right, (40, 0))
    data = io.BytesIO()
    both.save(data, "PNG")
    pixels = picture(cut_face(data.getvalue(), (48, -10, 200, 300), 16, 95))
    assert (pixels[..., 2] > 200).all() and (pixels[..., 0] < 50).all()
    with pytest.raises(UnusableError, match="no face box"):
        cut_face(data.getvalue(), (80, 0, 120, 40), 16, 95)


def test_a_large_picture_is_made_small_without_losing_its_place() -> None:
    """The decoder halves large pictures; the box must move with it."""
    pixels = np.zeros((900, 1400, 3), np.uint8)
    pixels[300:620, 700:1020] = (0, 200, 0)
    face = picture(cut_face(to_jpeg(pixels), (712, 312, 1008, 608), 32, 95))
    assert (np.abs(face - (0, 200, 0)) < 25).all()


def to_jpeg(pixels: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=95)
    return data.getvalue()
