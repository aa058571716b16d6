"""Corpora of still pictures that are not as they should be: every fault named, with its file and line."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from stills_factory import (
    LANDMARKS,
    WRITERS,
    change_frame,
    corpus,
    emotionet_name,
    faults,
    picture,
    write_afewva,
    write_emotionet,
    write_expw,
    write_ferplus,
    write_rafdb,
)

from affectflow.core.errors import InputError
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.datasets.images.stills import hashed_split

LIST = "EmoLabel/list_patition_label.txt"
FACS = "EmotioNet_FACS_aws_2020_24600.csv"


def replace_line(path: Path, line: int, text: str) -> None:
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("kind", "line", "text", "message"),
    [
        ("rafdb", 3, "train_00003.jpg 8", "line 3: class is '8', expected a whole number from 1 to 7"),
        ("rafdb", 3, "train_00003.jpg 0", "line 3: class is '0'"),
        ("rafdb", 3, "train_00003.jpg happy", "line 3: class is 'happy'"),
        ("rafdb", 3, "train_00003.jpg", "line 3: found 'train_00003.jpg', expected a picture and its class"),
        ("rafdb", 3, "", "line 3: found '', expected a picture and its class"),
        ("rafdb", 3, "../train_00003.jpg 1", "line 3: found '../train_00003.jpg 1'"),
        ("rafdb", 16, "val_00003.jpg 1", "line 16: found 'val_00003.jpg 1'"),
        ("rafdb", 3, "train_00001.jpg 2", "line 3: train_00001.jpg has another label or box in line 1"),
        ("rafdb_compound", 3, "train_00003.jpg 12", "line 3: class is '12', expected a whole number from 1 to 11"),
        ("expw", 2, "a.jpg 0 1 2 30 40 80", "line 2: found 7 fields, expected 8: image_name face_id_in_image face_box"),
        ("expw", 2, "a.jpg 0 1 2 30 40 80 7", "line 2: expression_label is '7', expected a whole number from 0 to 6"),
        ("expw", 2, "a.jpg 0 1 2 nan 40 80 1", "line 2: face_box_right is 'nan', expected a number"),
        ("expw", 2, "a.jpg -1 1 2 30 40 80 1", "line 2: face_id_in_image is '-1'"),
        ("expw", 2, "x/a.jpg 0 1 2 30 40 80 1", "line 2: image_name is 'x/a.jpg', expected the name of a file"),
        ("expw", 2, "angry_actor_0.jpg 0 1 2 3 4 5 1", "line 2: angry_actor_0.jpg#0 has another label or box"),
        ("emotionet", 3, "a/b.jpg,," + ",".join("2" * 12), "line 3: au1 is 2, expected 1, 0, or 999 or nothing"),
        ("emotionet", 3, "a/b.jpg,," + ",".join("x" * 12), "line 3: au1 is 'x'"),
        ("emotionet", 3, "a/b.jpg,,1", "line 3: found 3 columns, expected 14"),
        ("emotionet", 3, "../b.jpg,," + ",".join("1" * 12), "line 3: the first column is '../b.jpg'"),
        ("emotionet", 3, "'',," + ",".join("1" * 12), "line 3: the first column is \"''\""),
        (
            "emotionet",
            1,
            "URL,URL orig," + ",".join("x" * 12),
            "line 1: lacks the column(s) AU 1; found 'URL,URL orig,x",
        ),
        ("emotionet", 1, "URL,'AU 1',AU01," + ",".join("x" * 11), "line 1: has the column(s) au1, au1 twice"),
        ("emotionet", 3, 'a/b.jpg,"x"y', "line 3: no row of a CSV table"),
        ("ferplus", 1, "Usage,neutral", "line 1: lacks the column(s) image name, happiness, surprise, sadness"),
        ("ferplus", 3, "Test,a.png,0,0,0,0,0,0,0,0,0,10", "line 3: Usage is 'Test', expected Training, PublicTest"),
        ("ferplus", 3, "Training,a/a.png,0,0,0,0,0,0,0,0,0,10", "line 3: Image name is 'a/a.png', expected the name"),
        (
            "ferplus",
            3,
            "Training,a.png,0,0,0,0,0,0,0,0,0,11",
            "line 3: nf is '11', expected a whole number from 0 to 10",
        ),
        ("ferplus", 3, "Training,a.png,0", "line 3: found 3 columns, expected 12"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, kind: str, line: int, text: str, message: str) -> None:
    WRITERS[kind](tmp_path)
    settings = corpus(kind, tmp_path)
    (labels,) = image_labels(settings, "train")
    replace_line(labels, line, text)
    errors, _ = faults(settings)
    assert errors and all(f"{labels}, {message}" in error for error in errors.values())


def test_a_class_that_is_no_0_or_1_is_named(tmp_path: Path) -> None:
    write_emotionet(tmp_path)
    path = tmp_path / "URLsWithEmotionCat_aws.csv"
    replace_line(path, 2, "a/b.jpg,," + ",".join("2" * 16))
    with pytest.raises(InputError, match="line 2: angrily_disgusted is '2', expected a whole number from 0 to 1"):
        list_images(corpus("emotionet", tmp_path, annotations="classes"), "train")
    replace_line(path, 1, path.read_text().splitlines()[0].replace("awed", "awe"))
    with pytest.raises(InputError, match=r"line 1: lacks the column\(s\) awed; found 'url_server"):
        list_images(corpus("emotionet", tmp_path, annotations="classes"), "train")


@pytest.mark.parametrize("text", ["1 2 3", "1 2 3 x", "1 2 3 4 5"])
def test_a_bad_box_is_named(tmp_path: Path, text: str) -> None:
    write_rafdb(tmp_path)
    (tmp_path / "Annotation/boundingbox/train_00003_boundingbox.txt").write_text(text)
    with pytest.raises(InputError, match=r"train_00003_boundingbox\.txt: .* expected four numbers: left, top, right"):
        list_images(corpus("rafdb", tmp_path, faces="original"), "train")
    assert len(list_images(corpus("rafdb", tmp_path), "train")) == 14, "aligned faces need no boxes"


@pytest.mark.parametrize("kind", ["rafdb", "expw", "emotionet", "ferplus"])
@pytest.mark.parametrize(("data", "message"), [(b"", "is empty|lacks the column"), (b"\xff\xfe1\n", "not UTF-8 text")])
def test_a_list_that_is_no_text_is_named(tmp_path: Path, kind: str, data: bytes, message: str) -> None:
    WRITERS[kind](tmp_path)
    settings = corpus(kind, tmp_path)
    (labels,) = image_labels(settings, "train")
    labels.write_bytes(data)
    with pytest.raises(InputError, match=message) as error:
        list_images(settings, "train")
    assert str(error.value).startswith(str(labels))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("rafdb", f"{LIST} or basic/{LIST}"),
        ("rafdb_compound", f"{LIST} or compound/{LIST}"),
        ("expw", "origin/ or image/origin/ or data/image/origin/"),
        ("emotionet", "faces/, expected the faces, cut out of the pictures, in it"),
        ("ferplus", "FER2013Train/ or data/FER2013Train/"),
    ],
)
def test_a_corpus_that_is_not_there_says_what_was_looked_for(tmp_path: Path, kind: str, message: str) -> None:
    for root, state in ((tmp_path / "nowhere", "no such folder; expected in it"), (tmp_path, "holds no")):
        with pytest.raises(InputError) as error:
            image_labels(corpus(kind, root), "train")
        assert f"{root}: {state} {message}" in str(error.value)


def test_parts_that_are_not_there_are_named(tmp_path: Path) -> None:
    write_rafdb(tmp_path / "raf")
    (tmp_path / "raf/Annotation").rename(tmp_path / "raf/boxes")
    image_labels(corpus("rafdb", tmp_path / "raf"), "train")
    with pytest.raises(InputError, match="raf: holds no Annotation/boundingbox/, expected it beside EmoLabel/"):
        image_labels(corpus("rafdb", tmp_path / "raf", faces="original"), "train")
    write_expw(tmp_path / "expw")
    (tmp_path / "expw/data/label/label.lst").unlink()
    with pytest.raises(InputError, match=r"expw: holds no label\.lst or label/label\.lst or data/label/label\.lst"):
        image_labels(corpus("expw", tmp_path / "expw"), "train")
    write_emotionet(tmp_path / "emotionet")
    (tmp_path / "emotionet" / FACS).unlink()
    with pytest.raises(InputError, match=r"holds no EmotioNet_FACS\*\.csv, the workbook saved as CSV; the setting"):
        image_labels(corpus("emotionet", tmp_path / "emotionet"), "train")
    with pytest.raises(InputError, match=r"mine\.csv: no such file; the setting labels names it"):
        image_labels(corpus("emotionet", tmp_path / "emotionet", labels="mine.csv"), "train")


def test_parts_of_ferplus_that_are_not_there_are_named(tmp_path: Path) -> None:
    write_ferplus(tmp_path)
    table = tmp_path / "fer2013new.csv"
    table.write_text("\n".join(line for line in table.read_text().splitlines() if "PublicTest" not in line))
    with pytest.raises(InputError, match=r"fer2013new\.csv: has no row of usage PublicTest"):
        list_images(corpus("ferplus", tmp_path), "validation")
    table.unlink()
    with pytest.raises(InputError, match=r"holds no fer2013new\.csv"):
        image_labels(corpus("ferplus", tmp_path), "train")
    (tmp_path / "data/FER2013Train").mkdir(parents=True)
    with pytest.raises(InputError, match="holds FER2013Train and data/FER2013Train, expected one"):
        image_labels(corpus("ferplus", tmp_path), "train")


def test_two_layouts_at_once_are_refused(tmp_path: Path) -> None:
    write_rafdb(tmp_path / "raf")
    write_rafdb(tmp_path / "raf/basic")
    with pytest.raises(InputError, match=f"raf: holds {LIST} and basic/{LIST}, expected one"):
        image_labels(corpus("rafdb", tmp_path / "raf"), "train")
    write_expw(tmp_path / "expw")
    (tmp_path / "expw/origin").mkdir()
    with pytest.raises(InputError, match="expw: holds data/image/origin and origin, expected one"):
        image_labels(corpus("expw", tmp_path / "expw"), "train")
    write_emotionet(tmp_path / "emotionet")
    picture(tmp_path / "emotionet/faces" / Path(emotionet_name(7)).name, 7)
    settings = corpus("emotionet", tmp_path / "emotionet")
    with pytest.raises(InputError, match=r"faces: holds faces in folders \(N1/\) and beside them \(N_0000000007_00001"):
        list_images(settings, "train")
    (tmp_path / "emotionet/EmotioNet_FACS_2.csv").write_text("")
    with pytest.raises(InputError, match=r"holds EmotioNet_FACS_2\.csv and EmotioNet_FACS_aws_2020_24600\.csv"):
        image_labels(settings, "train")
    assert [path.name for path in image_labels(corpus("emotionet", tmp_path / "emotionet", labels=FACS), "train")] == [
        FACS
    ]


def test_a_split_without_pictures_is_an_error(tmp_path: Path) -> None:
    write_expw(tmp_path / "expw")
    with pytest.raises(InputError, match="none of 48 pictures is to train where validation_share is 1; change it"):
        list_images(corpus("expw", tmp_path / "expw", validation_share=1), "train")
    write_rafdb(tmp_path / "raf", test=0)
    with pytest.raises(InputError, match=r"names no picture test_<number>\.jpg"):
        list_images(corpus("rafdb", tmp_path / "raf"), "validation")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"landmarks": None}, "landmarks is None, expected 68 points [x, y] in pixels"),
        ({"landmarks": {}}, "landmarks is {}, expected 68 points"),
        ({"landmarks": LANDMARKS[:67]}, "landmarks holds 67 points, expected 68 points [x, y] in pixels"),
        ({"landmarks": [*LANDMARKS[:67], [1.0]]}, "landmark 67 is [1.0], expected 68 points"),
        ({"landmarks": [*LANDMARKS[:67], [1, 2, 3]]}, "landmark 67 is [1, 2, 3], expected"),
        ({"landmarks": [7, *LANDMARKS[1:]]}, "landmark 0 is 7, expected"),
        ({"landmarks": [["1", 2], *LANDMARKS[1:]]}, "landmark 0 is ['1', 2], expected"),
        ({"landmarks": [[True, 2], *LANDMARKS[1:]]}, "landmark 0 is [True, 2], expected"),
        ({"landmarks": [[float("nan"), 2], *LANDMARKS[1:]]}, "landmark 0 is [nan, 2], expected"),
        ({"landmarks": [[1, 10**400], *LANDMARKS[1:]]}, "landmark 0 is [1, 1000"),
        ({"valence": 10.5}, "valence is 10.5, expected a number in [-10, 10]"),
        ({"arousal": None}, "arousal is None, expected a number in [-10, 10]"),
    ],
)
def test_a_bad_frame_is_named_by_file_and_frame(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    write_afewva(tmp_path)
    path = tmp_path / "007/007.json"
    change_frame(path, "00001", **values)
    settings = corpus("afewva", tmp_path)
    with pytest.raises(InputError) as error:
        list_images(settings, hashed_split("007", 0.1))
    assert str(error.value).startswith(f"{path}, frame 00001: {message}")


def test_bad_clips_are_all_named(tmp_path: Path) -> None:
    write_afewva(tmp_path)
    change_frame(tmp_path / "003/003.json", "00000", valence=11)
    (tmp_path / "004/004.json").write_text("{")
    (tmp_path / "005/005.json").write_text('{"frames": {"00000": 7}}')
    (tmp_path / "006/006.json").write_text('{"video_id": "007", "frames": {}}')
    with pytest.raises(InputError) as error:
        list_images(corpus("afewva", tmp_path), "train")
    messages = str(error.value).split("\n")
    assert [line.split("/")[-2] for line in messages] == ["003", "004", "005", "006"]
    assert (
        "no JSON" in messages[1] and "frame 00000: valence is None" in messages[2] and "expected '006'" in messages[3]
    )


def test_what_afewva_lacks_is_named(tmp_path: Path) -> None:
    settings = corpus("afewva", tmp_path)
    with pytest.raises(InputError, match="no folder 001 to 600 in it or one folder down"):
        image_labels(settings, "train")
    write_afewva(tmp_path)
    shutil.copytree(tmp_path / "003", tmp_path / "12/003")
    with pytest.raises(InputError, match="12/003: both are clip 003"):
        image_labels(settings, "train")
    shutil.rmtree(tmp_path / "12")
    (tmp_path / "003/003.json").unlink()
    for look in (image_labels, list_images):
        with pytest.raises(InputError, match=r"no labels for 1: .*003/003\.json"):
            look(settings, "train")
    shutil.rmtree(tmp_path / "003")
    with pytest.raises(InputError, match="none of 57 pictures is to train where validation_share is 1; change it"):
        list_images(corpus("afewva", tmp_path, validation_share=1), "train")
