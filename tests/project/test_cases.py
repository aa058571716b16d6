"""Files that programs have failed on, each by its right values."""

from pathlib import Path

import numpy as np
import pytest
from media_factory import Decoded

SILENT = "the video counts as silent"


def test_sound_of_overlapping_times(cases: Path, tmp_path: Path) -> None:
    decoded = Decoded(cases / "sound_dropped.avi", tmp_path)
    assert decoded.row["audio_seconds"] == pytest.approx(4.0, abs=0.05)
    assert decoded.row["notes"] == ["the times of the sound contradict its length: its samples follow each other"]


def test_times_that_start_again(cases: Path, tmp_path: Path) -> None:
    decoded = Decoded(cases / "times_restart.flv", tmp_path)
    assert decoded.row["frames"] == 200
    assert decoded.times[-1] == pytest.approx(8.0, abs=0.05)
    assert np.diff(decoded.times).max() < 0.1
    assert decoded.row["audio_seconds"] == pytest.approx(8.06, abs=0.05)
    by_second = np.abs(decoded.samples()[: 8 * 44100].astype(int)).reshape(8, -1).max(axis=1)
    assert (by_second > 500).all()
    assert decoded.row["notes"] == ["its clock starts again at 4.04 s, and goes on there"]


@pytest.mark.parametrize(
    ("name", "fault", "lost"),
    [
        ("sound_unknown_codec.mkv", "is of an unknown codec", 4.0),
        ("sound_no_packets.ts", "has no packet", 0.0),
        ("sound_damaged.mp4", "cannot be decoded", 4.0),
    ],
)
def test_sound_that_cannot_be_had(cases: Path, tmp_path: Path, name: str, fault: str, lost: float) -> None:
    decoded = Decoded(cases / name, tmp_path)
    assert (decoded.row["frames"], decoded.row["damaged"], decoded.row["has_audio"]) == (100, 0, False)
    assert decoded.row["sound_damaged"] == pytest.approx(lost, abs=0.03)
    assert decoded.row["notes"] == [f"sound track 1 of 1 {fault}", SILENT]


def test_damaged_pictures(cases: Path, tmp_path: Path) -> None:
    decoded = Decoded(cases / "picture_damaged.mp4", tmp_path)
    assert (decoded.row["frames"], decoded.row["expected"], decoded.row["damaged"]) == (38, 100, 62)
    assert decoded.row["sound_damaged"] == 0
