"""Videos that are folders of numbered pictures: decoded as videos are, one row a picture, and never shifted."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from corpus_factory import pictures
from media_factory import number

from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.schemas import FRAMES, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.preprocessing import Decode
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Numbering, Video
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.kept import Kept
from affectflow.preprocessing.media.sequence import find_sequence

FROM_ZERO = Numbering(0, 25.0)


def outputs(folder: Path) -> DecodeOutputs:
    return DecodeOutputs(folder / "videos.parquet", folder / "frames.arrow", folder / "sound.arrow")


def decode(folder: Path, out: Path, numbering: Numbering = FROM_ZERO) -> DecodeOutputs:
    decode_shard([Video("v", folder, (), numbering)], Decode(), outputs(out))
    return outputs(out)


@pytest.mark.parametrize(
    ("first", "digits", "suffix", "rate"), [(0, 5, ".png", 25.0), (1, 4, ".jpg", 29.97), (1, 1, ".png", 20.0)]
)
def test_every_picture_is_a_frame_at_its_number_over_the_rate(
    tmp_path: Path, first: int, digits: int, suffix: str, rate: float
) -> None:
    folder = pictures(tmp_path / "100% %05d", 12, first, digits, suffix)
    (folder / "001.json").write_text("{}")
    (folder / "._00003.png").write_bytes(b"")
    out = decode(folder, tmp_path, Numbering(first, rate))
    frames = read_arrow(out.frames, FRAMES)
    numbers = [number(cv2.imdecode(np.frombuffer(j.as_py(), np.uint8), cv2.IMREAD_COLOR)) for j in frames["jpeg"]]
    assert numbers == frames["frame"].to_pylist() == list(range(12))
    assert np.allclose(frames["time"], np.arange(12) / rate, rtol=0, atol=1e-9)
    (row,) = read_parquet(out.videos, VIDEOS).to_pylist()
    assert (row["frames"], row["has_audio"], row["damaged"]) == (12, False, 0)
    assert (row["width"], row["height"], row["digest"]) == (160, 120, path_digest(folder))
    assert row["rate"] == pytest.approx(rate) == row["container_rate"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gone", "00004.png, found 00005.png: a picture is missing"),
        ("first", "expected 00000.png, found 00001.png: the first picture is to have number 0"),
        ("twice", "expected 00004.png, found 0003.png: pictures of one video are of one kind"),
        ("kind", "expected 00010.png, found 00010.jpg: pictures of one video are of one kind"),
        ("named", "thumb.png: expected a picture named by its number alone"),
        ("none", "no picture in it"),
        ("folder", "no such folder"),
    ],
)
def test_what_is_wrong_with_names_is_told(tmp_path: Path, fault: str, message: str) -> None:
    folder = pictures(tmp_path / "v", 10)
    path = folder / "00004.png"
    if fault == "gone":
        path.unlink()
    elif fault == "first":
        (folder / "00000.png").unlink()
    elif fault == "none":
        for picture in folder.iterdir():
            picture.unlink()
    elif fault == "folder":
        folder = tmp_path / "elsewhere"
    else:
        (folder / {"twice": "0003.png", "kind": "00010.jpg", "named": "thumb.png"}[fault]).write_bytes(b"")
    with pytest.raises(InputError) as error:
        find_sequence(folder, Numbering(0, 25.0))
    assert message in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no picture"])
@pytest.mark.parametrize("name", ["00004.png", "00009.png"])
def test_a_picture_that_cannot_be_decoded_is_named_and_shifts_nothing(
    tmp_path: Path, name: str, content: bytes
) -> None:
    folder = pictures(tmp_path / "v", 10)
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: cannot be decoded, so that later frames would move"):
        decode(folder, tmp_path)
    assert not (tmp_path / "frames.arrow").exists()


def test_what_a_failed_shard_decoded_of_a_folder_is_kept_until_a_picture_changes(tmp_path: Path) -> None:
    good, bad = pictures(tmp_path / "good", 5), pictures(tmp_path / "bad", 5)
    original = (bad / "00002.png").read_bytes()
    videos = [Video(folder.name, folder, (), Numbering(0, 25.0)) for folder in (good, bad)]
    (bad / "00002.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"00002\.png"):
        decode_shard(videos, Decode(), outputs(tmp_path), Kept(tmp_path / "kept", "1"))
    (bad / "00002.png").write_bytes(original)
    (good / "00001.png").write_bytes((good / "00003.png").read_bytes())
    decode_shard(videos, Decode(), outputs(tmp_path), Kept(tmp_path / "kept", "1"))
    numbers = [
        number(cv2.imdecode(np.frombuffer(row.as_py(), np.uint8), cv2.IMREAD_COLOR))
        for row in read_arrow(tmp_path / "frames.arrow", FRAMES)["jpeg"]
    ]
    assert numbers == [0, 3, 2, 3, 4, 0, 1, 2, 3, 4]


def test_a_folder_without_a_numbering_is_no_video(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "v", 3)
    with pytest.raises(InputError, match="a folder; expected a video file"):
        decode_shard([Video("v", folder)], Decode(), outputs(tmp_path))


def test_the_numbering_is_told_to_the_job_that_reads_the_video_alone() -> None:
    video = Video("v", Path("a/v"), (), Numbering(1, 20.0))
    assert "numbering" not in video.to_json()
    assert Video.from_json([video.to_json(source=True)]) == (video,)
