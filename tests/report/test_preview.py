"""The contact sheet."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import warm
from people import scene, write_frames

from affectflow.artifacts.schemas import BODY, FACES, SOUND
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.data.preprocessing import Mel, Preview
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.report.drawing.preview import preview_shard

FRAMES_IN_VIDEO = 10


def shard(folder: Path, name: str, subjects: int = 1, detected: bool = True) -> tuple[Video, ...]:
    """The artifacts of one video without sound."""

    write_frames(folder / "frames.arrow", {name: [scene([(120, 20)])] * FRAMES_IN_VIDEO})
    with arrow_writer(folder / "sound.arrow", SOUND) as writer:
        block = {"video": name, "sample_rate": 16000, "start": 0.0, "offset": 0}
        tone = np.sin(np.arange(8000) * 0.3 * np.linspace(0.1, 1, 8000)) * 8000
        writer.append(block | {"samples": tone.astype(np.int16)})
    spectrogram_shard(folder / "sound.arrow", Mel(), mel_filters(Mel(), 16000), folder / "mel.arrow")
    names = [name] if subjects == 1 else [f"{name}_{n}" for n in range(subjects)]
    picture = cv2.imencode(".jpg", np.full((112, 112, 3), (0, 0, 255), np.uint8))[1].tobytes()
    joints, box = np.zeros((25, 3), np.float32), np.array([150, 40, 310, 240], np.float32)
    joints[0], joints[1] = (215, 70, 0.9), (215, 120, 0.9)
    bodies = []
    with arrow_writer(folder / "faces.arrow", FACES) as writer:
        for subject in names:
            for n in range(FRAMES_IN_VIDEO):
                row = {"subject": subject, "frame": n, "found": detected}
                face = {
                    "shot": 0,
                    "score": 0.9,
                    "box": np.array([195, 44, 235, 97], np.float32),
                    "landmarks": np.tile(np.array([215, 70], np.float32), 68),
                    "anchors": np.tile(np.array([215, 70], np.float32), 5),
                    "face": picture,
                }
                writer.append(row | (face if detected else dict.fromkeys(face)))
                bodies.append(row | {"joints": joints.ravel(), "box": box if detected else None})
    write_parquet(folder / "body.parquet", bodies, BODY)
    return (Video(name, Path("v.mp4"), tuple(Subject(s) for s in names)),)


def draw(folder: Path, videos: tuple[Video, ...], out: str = "sheet.jpg", **settings) -> np.ndarray:
    paths = (folder / "frames.arrow", folder / "faces.arrow", folder / "body.parquet", folder / "mel.arrow")
    preview_shard(*paths, videos, Preview(**settings), 1.0, folder / out)
    return cv2.imread(str(folder / out))


def share(sheet: np.ndarray, colour: tuple[int, int, int], slack: int = 30) -> float:
    return float((np.abs(sheet.astype(int) - colour).max(-1) < slack).mean())


def test_columns_and_height_decide_the_size(tmp_path):
    videos = shard(tmp_path, "v")
    three, five = draw(tmp_path, videos, columns=3), draw(tmp_path, videos, columns=5)
    assert five.shape[0] == three.shape[0] and five.shape[1] > 1.5 * three.shape[1]
    assert draw(tmp_path, videos, columns=3, height=240).shape[0] > 1.3 * three.shape[0]


def test_what_was_found_is_shown(tmp_path):
    """The (red) aligned face, and the black of the masked body."""
    sheet = draw(tmp_path, shard(tmp_path, "v"), columns=3)
    assert share(sheet, (0, 0, 254)) > 0.05
    context = share(sheet, (0, 0, 0), 8)
    assert context > 0.05
    (tmp_path / "other").mkdir()
    nothing = draw(tmp_path / "other", shard(tmp_path / "other", "v", detected=False), columns=3)
    assert nothing.shape == sheet.shape
    assert share(nothing, (0, 0, 254)) == 0
    # What is left is the silence around the sound.
    assert share(nothing, (0, 0, 0), 8) < context - 0.05


def test_one_block_a_subject(tmp_path):
    one = draw(tmp_path, shard(tmp_path, "v"), columns=2)
    two = draw(tmp_path, shard(tmp_path, "v", subjects=2), columns=2)
    assert two.shape[0] == 2 * one.shape[0]


def test_a_large_shard_has_a_bounded_sheet(tmp_path):
    sheet = draw(tmp_path, shard(tmp_path, "v", subjects=45), columns=1, height=60)
    one = draw(tmp_path, shard(tmp_path, "v"), columns=1, height=60)
    assert 40 * one.shape[0] < sheet.shape[0] < 41 * one.shape[0]


def test_the_same_input_gives_the_same_bytes_for_any_name(tmp_path):
    videos = shard(tmp_path, "- \"ünï\" видео 'x'")
    draw(tmp_path, videos, "a.jpg")
    draw(tmp_path, videos, "b.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_faces_of_another_video(tmp_path):
    shard(tmp_path, "v")
    other = (Video("v", Path("v.mp4"), (Subject("w"),)),)
    with pytest.raises(InputError, match=r"subject 'w': 0 rows, expected 10"):
        draw(tmp_path, other)


def test_the_script(root, tmp_path):
    videos = shard(tmp_path, "v")
    draw(tmp_path, videos, columns=2)
    command = [warm.python(), root / "workflow/scripts/preview.py", "--shard", json.dumps([videos[0].to_json()])]
    for name, file in (("frames", "frames.arrow"), ("faces", "faces.arrow"), ("body", "body.parquet")):
        command += [f"--{name}", tmp_path / file]
    command += ["--mel", tmp_path / "mel.arrow", "--preview", '{"columns": 2}', "--mel-window", "1"]
    subprocess.run([*command, "--out", tmp_path / "by_script.jpg"], check=True)
    assert (tmp_path / "by_script.jpg").read_bytes() == (tmp_path / "sheet.jpg").read_bytes()
