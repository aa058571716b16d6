"""The overlay shows each frame at its own time, with the sound of the source."""

import os
import re
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from media_factory import Decoded, clip
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary
from affectflow.preprocessing.media.overlay import write_overlay

LATE = {"sound": "sine=frequency=440:duration=0.5", "sound_offset": 1}
VARIABLE = ["-vf", "settb=1/1000,setpts=(N*N*3+N*20+0.25)/1000/TB", "-bf", 0]


def _same(_: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture


def _describe(path: Path) -> str:
    command = [ffmpeg_binary(), "-hide_banner", "-i", path]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment()).stderr


@pytest.mark.parametrize(
    ("name", "options"), [("a.mp4", []), ("a.mkv", VARIABLE), ("a.ts", []), ("a.avi", ["-enc_time_base", "1:25"])]
)
def test_times_and_pictures_stay(tmp_path: Path, name: str, options: list[object]) -> None:
    codec = "mpeg4" if name == "a.avi" else "libx264"
    decoded = Decoded(clip(tmp_path / name, *options, codec=codec), tmp_path / "stored")
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    overlay = Decoded(tmp_path / "out.mp4", tmp_path / "shown")
    assert overlay.times == pytest.approx(decoded.times - (decoded.times[0] - overlay.times[0]), abs=2e-5)
    assert overlay.numbers() == list(range(50))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_stays_with_the_picture(tmp_path: Path, name: str) -> None:
    decoded = Decoded(clip(tmp_path / name, **LATE), tmp_path / "stored")
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    overlay = Decoded(tmp_path / "out.mp4", tmp_path / "shown")
    assert overlay.times == pytest.approx(decoded.times, abs=2e-5)
    assert overlay.sound_interval() == pytest.approx(decoded.sound_interval(), abs=0.03)


def test_picture_that_starts_after_the_sound(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", "-vf", "setpts=PTS+0.6/TB", sound="sine=frequency=440:duration=2")
    decoded = Decoded(path, tmp_path / "stored")
    assert decoded.times[0] == pytest.approx(0.6, abs=0.005)
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    overlay = Decoded(tmp_path / "out.mp4", tmp_path / "shown")
    assert overlay.times == pytest.approx(decoded.times, abs=2e-5)


def test_every_frame_is_drawn_on(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4", count=20), tmp_path / "stored")
    frames = []

    def draw(frame: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        frames.append(frame)
        canvas = cv2.copyMakeBorder(picture, 0, 41, 0, 21, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        canvas[:, 160:] = (0, 0, 255) if frame % 2 else (255, 0, 0)
        return canvas

    write_overlay(decoded.out.frames, decoded.out.sound, "clip", draw, tmp_path / "out.mp4")
    assert frames == list(range(20))
    pictures = Decoded(tmp_path / "out.mp4", tmp_path / "shown").pictures()
    assert {picture.shape for picture in pictures} == {(162, 182, 3)}  # odd sizes are padded to even ones
    blue_and_red = np.array([picture[80, 170, [0, 2]] for picture in pictures]) > 128
    assert (blue_and_red == [[True, False], [False, True]] * 10).all()


def test_browsers_can_play_it(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mkv", "-pix_fmt", "yuv444p", **LATE), tmp_path / "stored")
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    output = _describe(tmp_path / "out.mp4")
    assert re.search(r"Video: h264 .*yuv420p\(", output) and re.search(r"Audio: aac .* 44100 Hz, mono", output)
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_source_without_sound(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4"), tmp_path / "stored")
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    assert "Audio:" not in _describe(tmp_path / "out.mp4")


def test_real_variable_rate_clip(clips: Path, tmp_path: Path) -> None:
    source = clips / "pyfeat_face_noface.mov"
    decoded = Decoded(source, tmp_path / "stored")
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    overlay = Decoded(tmp_path / "out.mp4", tmp_path / "shown")
    assert overlay.times == pytest.approx(decoded.times, abs=2e-5)
    assert overlay.sound_interval() == pytest.approx(decoded.sound_interval(), abs=0.03)


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    decoded = Decoded(path, tmp_path / "stored")

    def draw(frame: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if frame == 30:
            raise RuntimeError("pen is empty")
        return picture

    with pytest.raises(RuntimeError, match="pen is empty"):
        write_overlay(decoded.out.frames, decoded.out.sound, "clip", draw, tmp_path / "out" / "out.mp4")
    assert not any((tmp_path / "out").iterdir())
    with pytest.raises(InputError, match="holds no frames of video 'other'"):
        write_overlay(decoded.out.frames, decoded.out.sound, "other", _same, tmp_path / "out" / "out.mp4")
    with pytest.raises(InputError, match=r"gone\.arrow: no such file"):
        write_overlay(decoded.out.frames, tmp_path / "gone.arrow", "clip", _same, tmp_path / "out" / "out.mp4")
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_full_disk(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    decoded = Decoded(path, tmp_path / "stored")
    (tmp_path / f".out.{os.getpid()}.tmp.mp4").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"out\.mp4: the disk is full"):
        write_overlay(decoded.out.frames, decoded.out.sound, "clip", _same, tmp_path / "out.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "stored"]
