"""Files that programs have failed on, each by its right values."""

from pathlib import Path

import numpy as np
import pytest
from media_factory import Decoded

SILENT = "the video counts as silent"


def test_sound_of_overlapping_times(cases: Path, tmp_path: Path) -> None:
    found = Decoded(cases / "sound_dropped.avi", tmp_path)
    assert found.row["audio_seconds"] == pytest.approx(4.0, abs=0.05)
    assert found.row["notes"] == ["the times of the sound contradict its length: its samples follow each other"]


def test_times_that_start_again(cases: Path, tmp_path: Path) -> None:
    found = Decoded(cases / "times_restart.flv", tmp_path)
    assert found.row["frames"] == 200
    assert found.times[-1] == pytest.approx(8.0, abs=0.05)
    assert np.diff(found.times).max() < 0.1
    assert found.row["audio_seconds"] == pytest.approx(8.06, abs=0.05)
    by_second = np.abs(found.samples()[: 8 * 44100].astype(int)).reshape(8, -1).max(axis=1)
    assert (by_second > 500).all()
    assert found.row["notes"] == ["its clock starts again at 4.04 s, and goes on there"]


@pytest.mark.parametrize(
    ("name", "fault", "lost"),
    [
        ("sound_unknown_codec.mkv", "is of an unknown codec", 4.0),
        ("sound_no_packets.ts", "has no packet", 0.0),
        ("sound_damaged.mp4", "cannot be decoded", 4.0),
    ],
)
def test_sound_that_cannot_be_had(cases: Path, tmp_path: Path, name: str, fault: str, lost: float) -> None:
    found = Decoded(cases / name, tmp_path)
    assert (found.row["frames"], found.row["damaged"], found.row["has_audio"]) == (100, 0, False)
    assert found.row["sound_damaged"] == pytest.approx(lost, abs=0.03)
    assert found.row["notes"] == [f"sound track 1 of 1 {fault}", SILENT]


def test_damaged_pictures(cases: Path, tmp_path: Path) -> None:
    found = Decoded(cases / "picture_damaged.mp4", tmp_path)
    assert (found.row["frames"], found.row["expected"], found.row["damaged"]) == (38, 100, 62)
    assert found.row["sound_damaged"] == 0
