"""The spectrogram in blocks is the spectrogram of the whole; windows are centred at their times."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import librosa
import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Decoded, clip
from numpy.typing import NDArray
from repository import ROOT

from affectflow.artifacts.schemas import MEL, SOUND
from affectflow.artifacts.tables import arrow_writer, read_arrow
from affectflow.config.data.preprocessing import Mel
from affectflow.core.errors import InputError
from affectflow.preprocessing.audio.filters import mel_filters, read_filters, stored_or_made, write_filters
from affectflow.preprocessing.audio.mel import LogMel, silence, spectrogram_shard
from affectflow.preprocessing.audio.window import MelForm, MelTrack

SCRIPT = ROOT / "workflow" / "scripts" / "spectrogram.py"
PRESETS = [Mel(), Mel(preset="kollias")]


def _noise(count: int, seed: int = 0) -> NDArray[np.int16]:
    """Noise whose loudness swells and falls, with stretches of silence."""
    draws = np.random.default_rng(seed).normal(size=count)
    swell = np.maximum(0, np.sin(np.arange(count) / 3000))
    return (draws * swell * 6000).clip(-32768, 32767).astype(np.int16)


def _tone(hertz: float, begin: float, end: float, seconds: float, rate: int) -> NDArray[np.int16]:
    time = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * time) * ((time >= begin) & (time < end)) * 32767).astype(np.int16)


def _write_sound(path: Path, tracks: dict[str, NDArray[np.int16]], rate: int = 44100, block: int = 441000) -> None:
    with arrow_writer(path, SOUND) as writer:
        for video, samples in tracks.items():
            for offset in range(0, len(samples), block):
                part = samples[offset : offset + block]
                row = {"video": video, "sample_rate": rate, "start": 0.0, "offset": offset, "samples": part}
                writer.append(row)


def _whole(samples: NDArray[np.int16], mel: Mel, rate: int) -> NDArray[np.float32]:
    """dB of one librosa call on the whole track, shape (columns, bands)."""
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float32) / 32768,
        sr=rate,
        n_fft=mel.n_fft,
        hop_length=round(mel.hop * rate),
        win_length=round(mel.window * rate),
        center=True,
        pad_mode="constant",
        n_mels=mel.n_mels,
        fmin=mel.f_min,
        fmax=mel.f_max,
    )
    return librosa.power_to_db(power, ref=1.0, amin=1e-30, top_db=None).T


@pytest.mark.parametrize("mel", PRESETS, ids=lambda mel: mel.preset)
def test_blocks_give_what_one_call_gives(tmp_path: Path, mel: Mel) -> None:
    samples = _noise(44100 * 25 + 123)
    _write_sound(tmp_path / "sound.arrow", {"clip": samples})
    spectrogram_shard(tmp_path / "sound.arrow", mel, mel_filters(mel, 44100), tmp_path / "mel.arrow")
    rows = read_arrow(tmp_path / "mel.arrow", MEL)
    columns = np.concatenate([row.values.to_numpy() for row in rows["values"]]).reshape(-1, mel.n_mels)
    level = _whole(samples, mel, 44100)
    if mel.scale == "standard":
        expected = (np.maximum(level, -80) + 14.8) / 19.895
    else:
        bands = librosa.filters.mel(sr=44100, n_fft=mel.n_fft, n_mels=mel.n_mels)
        peak = np.hanning(round(mel.window * 44100) + 1)[:-1].sum() / 2
        expected = np.clip(level - 10 * np.log10(peak**2 * bands.max()), -80, 0) / 40 + 1
    assert len(rows) > 1
    assert columns.shape == expected.shape
    assert np.abs(columns - expected).max() < 1e-5
    lengths = [len(row.values) // mel.n_mels for row in rows["values"]]
    assert rows["column"].to_pylist() == [0, *np.cumsum(lengths)[:-1]]
    assert set(rows["hop"].to_pylist()) == {round(mel.hop * 44100) / 44100}


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 9000), max_size=8), hop=st.sampled_from([0.003, 0.01, 0.0123]))
def test_any_cut_into_blocks_gives_the_same(cuts: list[int], hop: float) -> None:
    mel = Mel(preset="custom", hop=hop, n_fft=512, n_mels=16)
    samples = _noise(9000, seed=1)
    places = [0, *sorted(cuts), 9000]
    blocks = [samples[a:b] for a, b in pairwise(places)]
    columns = np.concatenate(list(LogMel(mel, mel_filters(mel, 16000)).stream(blocks)))
    expected = (np.maximum(_whole(samples, mel, 16000), -80) + 14.8) / 19.895
    assert columns.shape == (1 + 9000 // round(hop * 16000), 16)
    assert np.abs(columns - expected).max() < 1e-5


@pytest.mark.parametrize("mel", PRESETS, ids=lambda mel: mel.preset)
def test_a_column_stands_for_the_time_of_its_centre(mel: Mel) -> None:
    click = np.zeros(44100, np.int16)
    click[22050] = 32767
    columns = np.concatenate(list(LogMel(mel, mel_filters(mel, 44100)).stream([click])))
    centre = 22050 / round(mel.hop * 44100)
    loud_columns = np.flatnonzero(columns.max(axis=1) > silence(mel))
    half = mel.window / 2 / mel.hop
    assert abs((loud_columns[0] + loud_columns[-1]) / 2 - centre) <= 0.5
    assert loud_columns[0] >= centre - half and loud_columns[-1] <= centre + half


def test_bands_of_a_plain_spectrogram_lie_equally_far_apart_in_hz() -> None:
    mel = Mel(preset="kollias", bands="linear", n_mels=100)
    filters = mel_filters(mel, 44100)
    spacing = 22050 / 101
    frequencies = np.fft.rfftfreq(mel.n_fft, 1 / 44100)
    assert frequencies[filters.weights.argmax(axis=1)] == pytest.approx(np.arange(1, 101) * spacing, abs=22050 / 1024)
    area = filters.weights.sum(axis=1) * (frequencies[1] - frequencies[0])
    assert area == pytest.approx(np.ones(100), abs=0.02)
    for band in (5, 60):
        tone = _tone((band + 1) * spacing, 0, 1, 1, 44100)
        column = np.concatenate(list(LogMel(mel, filters).stream([tone])))[20]
        assert column.argmax() == band
    assert (mel_filters(Mel(preset="kollias", n_mels=100), 44100).weights != filters.weights).any()


def test_full_scale_sine_reaches_the_top_of_unit() -> None:
    mel = Mel(preset="kollias")
    bands = librosa.filters.mel(sr=44100, n_fft=mel.n_fft, n_mels=mel.n_mels)
    band, bin_ = np.unravel_index(bands.argmax(), bands.shape)
    tone = _tone(bin_ * 44100 / mel.n_fft, 0, 1, 1, 44100)
    middle = np.concatenate(list(LogMel(mel, mel_filters(mel, 44100)).stream([tone])))[20]
    assert middle[band] == pytest.approx(1, abs=0.05)
    assert middle.argmax() == band
    assert middle.max() <= 1


@pytest.mark.parametrize("mel", [*PRESETS, Mel(floor=-60)], ids=str)
def test_digital_silence_is_the_value_of_silence(mel: Mel) -> None:
    columns = np.concatenate(list(LogMel(mel, mel_filters(mel, 44100)).stream([np.zeros(20000, np.int16)])))
    assert np.unique(columns).tolist() == [np.float32(silence(mel))]


def test_louder_stays_louder() -> None:
    tone = _tone(1000, 0, 1, 1, 44100)
    loud, soft = (next(LogMel(Mel(), mel_filters(Mel(), 44100)).stream([tone // part])) for part in (1, 10))
    band = loud[50].argmax()
    assert (loud[50] - soft[50])[band] == pytest.approx(20 / 19.895, abs=0.01)


def test_windows_are_centred_at_their_times(tmp_path: Path) -> None:
    _write_sound(tmp_path / "sound.arrow", {"clip": _tone(1000, 2.0, 2.2, 25, 44100)})
    spectrogram_shard(tmp_path / "sound.arrow", Mel(), mel_filters(Mel(), 44100), tmp_path / "mel.arrow")
    track = MelTrack.open(tmp_path / "mel.arrow", "clip")
    windows = track.window([2.1, 1.8, 2.5, 20.0], 1.0)
    assert windows.shape == (4, 64, 100) and windows.dtype == np.float32
    loud = windows.max(axis=1) > 0.5
    for window, place in zip(loud, (50, 80, 10), strict=False):
        assert np.flatnonzero(window).mean() == pytest.approx(place - 0.5, abs=1)
        assert window.sum() == pytest.approx(20, abs=2)
    assert not loud[3].any()


def test_windows_beyond_the_sound_are_silent(tmp_path: Path) -> None:
    _write_sound(tmp_path / "sound.arrow", {"clip": _tone(1000, 0, 1, 1, 44100)})
    spectrogram_shard(tmp_path / "sound.arrow", Mel(), mel_filters(Mel(), 44100), tmp_path / "mel.arrow")
    track = MelTrack.open(tmp_path / "mel.arrow", "clip")
    before, start, after = track.window([-5.0, 0.0, 60.0], 0.5)
    assert (before == np.float32(silence(Mel()))).all() and (after == before).all()
    assert (start[:, :24] == before[:, :24]).all()
    assert (start[:, 26:] > before[:, 26:]).any(axis=0).all()


def test_video_without_sound_is_silent(tmp_path: Path) -> None:
    mel = Mel(preset="kollias")
    _write_sound(tmp_path / "sound.arrow", {"other": _noise(44100)})
    spectrogram_shard(tmp_path / "sound.arrow", mel, mel_filters(mel, 44100), tmp_path / "mel.arrow")
    assert set(read_arrow(tmp_path / "mel.arrow", MEL)["video"].to_pylist()) == {"other"}
    quiet = MelTrack.open(tmp_path / "mel.arrow", "mute").window([0.0, 1.0], 10.0)
    other = MelTrack.open(tmp_path / "mel.arrow", "other").window([0.0, 1.0], 10.0)
    assert quiet.shape == other.shape == (2, 64, 455)
    assert (quiet == -1).all()


def test_shard_without_any_sound(tmp_path: Path) -> None:
    _write_sound(tmp_path / "sound.arrow", {})
    spectrogram_shard(
        tmp_path / "sound.arrow", Mel(n_mels=32), mel_filters(Mel(n_mels=32), 44100), tmp_path / "mel.arrow"
    )
    windows = MelTrack.open(tmp_path / "mel.arrow", "mute").window(np.arange(3.0), 2.0)
    assert windows.shape == (3, 32, 200)
    assert windows == pytest.approx((-80 + 14.8) / 19.895)
    assert MelTrack.open(tmp_path / "mel.arrow", "mute").window([], 2.0).shape == (0, 32, 200)


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.floats(-2, 12), min_size=1, max_size=6),
    seconds=st.floats(0.05, 3),
    cuts=st.lists(st.integers(0, 400), max_size=4),
)
def test_windows_are_cut_from_the_padded_track(times: list[float], seconds: float, cuts: list[int]) -> None:
    hop, start, bands = 0.025, 0.3, 3
    values = np.random.default_rng(0).normal(size=(400, bands)).astype(np.float32)
    blocks = [values[a:b] for a, b in pairwise([0, *sorted(cuts), 400])]
    track = MelTrack(MelForm(bands, hop, -9.0), blocks, start, hop)
    windows = track.window(times, seconds)
    columns = max(1, round(seconds / hop))
    assert windows.shape == (len(times), bands, columns)
    padded = np.vstack([np.full((200, bands), -9.0), values, np.full((300, bands), -9.0)])
    for window, time in zip(windows, times, strict=True):
        centres = start + hop * (np.arange(-200, 700 - columns + 1) + (columns - 1) / 2)
        nearest = np.abs(centres - time)
        fits = np.flatnonzero(nearest <= nearest.min() + 1e-9)  # two, halfway between columns
        assert any((window == padded[first : first + columns].T.astype(np.float32)).all() for first in fits)


def test_real_sound_through_decode(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", sound="sine=frequency=1000:duration=0.5", sound_offset=1)
    decoded = Decoded(path, tmp_path)
    settings, filters = json.dumps({"n_mels": 40}), tmp_path / "filters.npz"
    filters_command = [warm.python(), SCRIPT.with_name("mel_filters.py"), "--mel", settings, "--rate", "44100"]
    subprocess.run([*filters_command, "--out", filters], check=True)
    command = [warm.python(), SCRIPT, "--sound", decoded.out.sound, "--filters", filters, "--mel", settings]
    subprocess.run([*command, "--out", tmp_path / "mel.arrow"], check=True)
    track = MelTrack.open(tmp_path / "mel.arrow", "clip")
    levels = track.window(decoded.times, 0.04).mean(axis=(1, 2))
    loud_times = decoded.times[levels > silence(Mel()) + 0.5]
    assert loud_times[0] == pytest.approx(1, abs=0.05) and loud_times[-1] == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize(
    ("mel", "message"),
    [
        (Mel(n_fft=512), r"mel.n_fft is 512, shorter than the window of 0.02 s \(882 samples at 44100 Hz\)"),
        (Mel(f_max=30000), "above half the sample rate"),
    ],
)
def test_settings_that_do_not_fit_the_sound(tmp_path: Path, mel: Mel, message: str) -> None:
    _write_sound(tmp_path / "sound.arrow", {"clip": _noise(44100)})
    with pytest.raises(InputError, match=message):
        spectrogram_shard(tmp_path / "sound.arrow", mel, mel_filters(mel, 44100), tmp_path / "mel.arrow")
    assert not (tmp_path / "mel.arrow").exists()


def test_file_that_is_no_spectrogram(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        MelTrack.open(tmp_path / "mel.arrow", "clip")
    with arrow_writer(tmp_path / "mel.arrow", MEL):
        pass
    with pytest.raises(InputError, match="does not say bands"):
        MelTrack.open(tmp_path / "mel.arrow", "clip")


def test_filters_that_do_not_belong_to_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "filters.npz"
    with pytest.raises(InputError, match="no such file"):
        read_filters(path, Mel())
    write_filters(Mel(), 44100, path)
    stored_filters, filters = read_filters(path, Mel()), mel_filters(Mel(), 44100)
    assert stored_filters.rate == filters.rate == 44100 and np.array_equal(stored_filters.weights, filters.weights)
    with pytest.raises(InputError, match=r"filters of shape \(64, 513\), expected \(32, 513\)"):
        read_filters(path, Mel(n_mels=32))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="not a whole NumPy file"):
        read_filters(path, Mel())


def test_stored_filters_serve_predictions_where_they_are_those_that_would_be_made(tmp_path: Path) -> None:
    path = tmp_path / "filters.npz"
    mel, rate = Mel(n_mels=20, n_fft=512), 16000
    expected = mel_filters(mel, rate)
    assert np.array_equal(stored_or_made(path, mel, rate).weights, expected.weights)  # no file: made
    write_filters(mel, rate, path)
    with np.load(path) as file:
        contents = dict(file)
    # What is stored is told from what would be made by another number in it.
    np.savez(path, **contents | {"weights": expected.weights + 1})
    assert np.array_equal(stored_or_made(path, mel, rate).weights, expected.weights + 1)
    for other, other_rate in ((mel, 22050), (Mel(n_mels=20, n_fft=512, f_min=50), rate)):
        made = stored_or_made(path, other, other_rate)
        assert made.rate == other_rate and np.array_equal(made.weights, mel_filters(other, other_rate).weights)
    assert "librosa" in str(contents["origin"])
    np.savez(path, **contents | {"origin": np.array(str(contents["origin"]).replace('"librosa": "', '"librosa": "0.'))})
    assert np.array_equal(stored_or_made(path, mel, rate).weights, expected.weights)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="not a whole NumPy file"):
        stored_or_made(path, mel, rate)


def test_filters_of_another_rate(tmp_path: Path) -> None:
    _write_sound(tmp_path / "sound.arrow", {"clip": _noise(16000)}, rate=16000)
    with pytest.raises(InputError, match="the sound of 'clip' has 16000 Hz, the mel filters are for 44100 Hz"):
        spectrogram_shard(tmp_path / "sound.arrow", Mel(), mel_filters(Mel(), 44100), tmp_path / "mel.arrow")


def test_a_job_of_sound_imports_no_librosa() -> None:
    loaded = "{'librosa', 'scipy', 'numba', 'torch', 'pandas'} & set(sys.modules)"
    code = f"import sys, affectflow.preprocessing.audio.mel; print({loaded})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
