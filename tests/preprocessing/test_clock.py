"""One timeline for pictures and sound: recordings that are appended go on, and no decoder's delay stays in."""

from pathlib import Path

import numpy as np
import pytest
from broken_media import film, flash_and_beep, flv_time, join_recordings
from media_factory import Decoded, clip, ffmpeg

from affectflow.artifacts.schemas import SOUND
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.preprocessing import Mel
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.audio.window import MelTrack
from affectflow.preprocessing.media.overlay import write_overlay
from affectflow.preprocessing.media.sounds import Sounds


@pytest.mark.parametrize("suffix", ["flv", "mkv", "ts", "mpg"])
def test_a_clock_that_starts_again_goes_on(tmp_path: Path, suffix: str) -> None:
    options = ["-enc_time_base", "1:25"] if suffix == "mpg" else ["-bf", 2]
    kinds = {"flv": ["-c:a", "aac"], "mkv": ["-c:a", "aac"], "ts": ["-c:a", "aac"], "mpg": ["-c:v", "mpeg2video"]}
    decoded = Decoded(join_recordings(tmp_path, suffix, *options, *kinds[suffix]), tmp_path / "out")
    assert decoded.numbers() == [*range(100), *range(100)]
    assert decoded.times[-1] - decoded.times[0] == pytest.approx(8, abs=0.15)
    steps = np.diff(decoded.times)
    assert np.delete(steps, 99) == pytest.approx(0.04, abs=0.002)
    assert 0.03 < steps[99] < 0.15
    assert decoded.sound_interval() == pytest.approx((0, 8), abs=0.15)
    by_second = np.abs(decoded.samples()[: 7 * 44100].astype(int)).reshape(7, -1).max(axis=1)
    assert (by_second > 1000).all()
    (note,) = [note for note in decoded.row["notes"] if "its clock starts again at" in note]
    assert float(note.split(" s, and")[0].split("at ")[1]) == pytest.approx(4, abs=0.15)


def test_picture_and_sound_go_on_together(tmp_path: Path) -> None:
    one = flash_and_beep(tmp_path / "one.flv", "-c:v", "libx264", "-bf", 2, "-c:a", "aac")
    (tmp_path / "three.flv").write_bytes(one.read_bytes() + one.read_bytes()[13:] * 2)
    decoded = Decoded(tmp_path / "three.flv", tmp_path / "out")
    bright = np.array([picture.mean() > 100 for picture in decoded.pictures()])
    flashes = decoded.times[np.flatnonzero(np.diff(bright.astype(int)) == 1) + 1]
    loud = np.abs(decoded.samples().astype(int)) > 5000
    moments = np.flatnonzero(loud) / 44100
    beeps = moments[np.concatenate([[True], np.diff(moments) > 1])]
    assert len(flashes) == len(beeps) == 3
    assert flashes == pytest.approx(beeps, abs=0.003)
    assert len(decoded.row["notes"]) == 2


@pytest.mark.parametrize("kind", [8, 9])
@pytest.mark.parametrize("milliseconds", [0, 3_600_000])
def test_a_single_wrong_time_is_no_new_start(tmp_path: Path, kind: int, milliseconds: int) -> None:
    path = film(tmp_path / "a.flv", "-bf", 0, "-c:a", "aac")
    whole = Decoded(path, tmp_path / "whole")
    decoded = Decoded(flv_time(path, kind, 60, milliseconds), tmp_path / "out")
    assert decoded.numbers() == list(range(100))
    assert decoded.row["notes"] == []
    assert decoded.samples().tolist() == whole.samples().tolist()
    if kind == 8 or not milliseconds:
        assert np.delete(decoded.times, 58) == pytest.approx(np.delete(whole.times, 58))


@pytest.mark.parametrize(
    ("video", "sound"),
    [
        (["libx264", "-bf", 2], "pcm_s16le"),
        (["libx264", "-bf", 3], "libmp3lame"),
        (["mpeg4", "-bf", 2], "pcm_s16le"),
        (["mpeg4", "-bf", 2], "libmp3lame"),
        (["mpeg4", "-bf", 0], "pcm_s16le"),
        (["mpeg4", "-bf", 0], "ac3"),
    ],
)
def test_flash_and_beep_of_an_avi_meet(tmp_path: Path, video: list[object], sound: str) -> None:
    decoded = Decoded(flash_and_beep(tmp_path / "a.avi", "-c:v", *video, "-c:a", sound), tmp_path / "out")
    assert decoded.times == pytest.approx(np.arange(100) / 25, abs=1e-9)  # frame k is at k/rate
    assert decoded.flash_time() == 2.0
    assert decoded.sound_interval()[0] == pytest.approx(2, abs=0.007)
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", lambda _, picture: picture, tmp_path / "shown.mp4")
    overlay = Decoded(tmp_path / "shown.mp4", tmp_path / "shown")
    assert overlay.flash_time() == pytest.approx(overlay.sound_interval()[0], abs=0.01)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.flv"])
def test_flash_and_beep_of_others_meet(tmp_path: Path, name: str) -> None:
    path = flash_and_beep(tmp_path / name, "-c:v", "libx264", "-bf", 2, "-c:a", "aac")
    decoded = Decoded(path, tmp_path / "out")
    assert decoded.flash_time() == pytest.approx(decoded.sound_interval()[0], abs=0.003)


def test_sound_copied_from_avi_to_avi_is_whole(tmp_path: Path) -> None:
    film(tmp_path / "one.avi", "-enc_time_base", "1:25", "-c:a", "aac")
    ffmpeg("-i", tmp_path / "one.avi", "-c", "copy", tmp_path / "two.avi")
    decoded = Decoded(tmp_path / "two.avi", tmp_path / "out")
    assert decoded.sound_interval() == pytest.approx((0, 4), abs=0.05)
    assert decoded.row["notes"] == ["the times of the sound contradict its length: its samples follow each other"]
    assert decoded.samples().tolist() == Decoded(tmp_path / "one.avi", tmp_path / "once").samples().tolist()


def test_sound_that_begins_very_late_stores_no_silence(tmp_path: Path) -> None:
    """Begin and end of the tone stay where they are, for every reader."""
    path = clip(tmp_path / "a.mkv", "-c:a", "pcm_s16le", sound="sine=duration=2", sound_offset=1000)
    decoded = Decoded(path, tmp_path / "out")
    assert decoded.row["audio_seconds"] == pytest.approx(2, abs=0.001)
    assert decoded.sound_interval() == pytest.approx((1000, 1002), abs=0.03)
    assert decoded.row["notes"] == ["the sound begins at 1000.00 s; the silence before it is not stored"]
    assert read_arrow(decoded.out.sound, SOUND)["start"].to_pylist() == [1000.0]
    spectrogram_shard(decoded.out.sound, Mel(), mel_filters(Mel(), 44100), tmp_path / "mel.arrow")
    track = MelTrack.open(tmp_path / "mel.arrow", "clip")
    silent, loud = track.window([998.0, 1001.0], 0.5)
    assert (silent == track.form.silence).all() and (loud > track.form.silence).any()
    sounds = Sounds(decoded.out.sound)
    assert sounds.inside("clip", np.array([999.9, 1001.0, 1002.1])).tolist() == [False, True, False]
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", lambda _, picture: picture, tmp_path / "shown.mp4")
    overlay = Decoded(tmp_path / "shown.mp4", tmp_path / "shown")
    assert overlay.sound_interval() == pytest.approx((1000, 1002), abs=0.05)


def test_sound_that_begins_a_little_late_is_said(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", "-c:a", "pcm_s16le", sound="sine=duration=2", sound_offset=5)
    decoded = Decoded(path, tmp_path / "out")
    assert decoded.row["audio_seconds"] == pytest.approx(7, abs=0.001)
    assert decoded.row["notes"] == ["the sound begins at 5.00 s"]
