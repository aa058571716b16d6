"""Spectrograms drawn as pictures: levels as librosa has them, colours as matplotlib has them, and what lights up."""

from typing import Any, get_args

import librosa
import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from pydantic import ValidationError
from sound_lab import voice

from affectflow.config.model.feature_sets import Colours, DeepSpectrumSet
from affectflow.features.spectrogram_picture import Drawing, mel_bands

RATE = 16000


def settings_with(**changes: Any) -> DeepSpectrumSet:
    return DeepSpectrumSet.model_validate({"kind": "deep_spectrum"} | changes)


def speech(seconds: float = 1.0) -> np.ndarray:
    """Something like speech, in [-1, 1)."""
    return (voice(seconds) / 32768).astype(np.float32)


def tone(hertz: float | np.ndarray, seconds: float = 1.0) -> np.ndarray:
    """A tone of one frequency, or of one at every sample."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hertz, round(seconds * RATE))) / RATE
    return (0.3 * np.sin(phase)).astype(np.float32)


@pytest.mark.parametrize(("bands", "n_fft"), [(128, 512), (40, 256), (64, 2048)])
def test_mel_bands_are_librosa_s(bands: int, n_fft: int) -> None:
    expected = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=bands, dtype=np.float64)
    np.testing.assert_allclose(mel_bands(bands, n_fft), expected.T, atol=1e-12)


@pytest.mark.parametrize("n_fft", [512, 400])
def test_levels_are_librosa_s(n_fft: int) -> None:
    sound = speech()
    spectrum = np.abs(librosa.stft(sound.astype(float), n_fft=n_fft, hop_length=n_fft // 2, center=False)) ** 2
    linear = Drawing(settings_with(spectrogram="linear", n_fft=n_fft)).decibels(sound)
    np.testing.assert_allclose(linear, librosa.power_to_db(spectrum, top_db=None), atol=1e-6)
    assert n_fft != 512 or linear.shape == (257, 61)
    bands = librosa.feature.melspectrogram(S=spectrum, sr=RATE, n_mels=60)
    mel = Drawing(settings_with(n_fft=n_fft, bands=60)).decibels(sound)
    np.testing.assert_allclose(mel, librosa.power_to_db(bands, top_db=None), atol=1e-4)


@pytest.mark.parametrize("colours", get_args(Colours))
@pytest.mark.parametrize("decibels", [None, 40.0])
def test_colours_are_matplotlib_s(colours: str, decibels: float | None) -> None:
    """Each number is a rectangle, the first frequency at the bottom."""
    drawing = Drawing(settings_with(colours=colours, decibels=decibels, bands=32, side=96))
    levels = drawing.decibels(speech())
    lowest = levels.min() if decibels is None else levels.max() - decibels
    map_of = ScalarMappable(Normalize(lowest, levels.max(), clip=True), matplotlib.colormaps[colours])
    expected = np.kron(map_of.to_rgba(levels, bytes=True)[::-1, :, :3], np.ones((3, 1, 1), np.uint8))
    picture = drawing.picture(speech())
    assert picture.shape == (96, 96, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture, expected[:, np.arange(96) * 61 // 96])


@pytest.mark.parametrize("hertz", [250.0, 1000.0, 3000.0, 7000.0])
def test_a_tone_lights_its_row(hertz: float) -> None:
    for spectrogram, share in (("linear", hertz / 8000), ("mel", None)):
        settings = settings_with(spectrogram=spectrogram, colours="gray", side=128, bands=64)
        brightest = Drawing(settings).picture(tone(hertz))[..., 0].sum(axis=1).argmax()
        if share is None:
            share = float(np.searchsorted(librosa.mel_frequencies(66, fmin=0, fmax=8000)[1:-1], hertz)) / 64
        assert abs((127.5 - brightest) / 128 - share) < 2 / 64


def test_a_rising_tone_climbs_from_left_to_right() -> None:
    sound = tone(np.linspace(500, 7500, RATE))
    brightest = Drawing(settings_with(spectrogram="linear", colours="gray")).picture(sound)[..., 0].argmax(axis=0)
    middles = (np.arange(224) * 61 // 224 + 1) * 256  # of a column; within it the tone passes seven frequencies
    expected = 223.5 - (500 + 7000 * middles / RATE) / 8000 * 224
    assert np.abs(brightest - expected).max() < 4 and (np.diff(brightest) <= 0).all()


@pytest.mark.parametrize("decibels", [None, 80.0])
def test_silence_is_the_first_colour(decibels: float | None) -> None:
    picture = Drawing(settings_with(decibels=decibels)).picture(np.zeros(RATE, np.float32))
    assert (picture == (68, 1, 84)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(-6, 3), st.sampled_from([None, 30.0, 120.0]), st.sampled_from(["mel", "linear"]))
def test_loudness_changes_nothing(power: int, decibels: float | None, spectrogram: str) -> None:
    drawing = Drawing(settings_with(decibels=decibels, spectrogram=spectrogram, side=64, n_fft=1024, bands=20))
    one, other = (drawing.picture(speech(0.3) * factor).astype(int) for factor in (1.0, 2.0**power))
    assert np.abs(one - other).max() <= 6  # a number at the border of two colours


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colours": "virid"}, "'viridis', 'plasma'"),
        ({"n_fft": 511}, "multiple of 2"),
        ({"seconds": 0.1, "n_fft": 2048}, "seconds is 0.1, 1600 samples, fewer than the 2048 of n_fft"),
        ({"spectrogram": "log"}, "'mel' or 'linear'"),
        ({"bands": 300, "n_fft": 256}, r"\d+ of 300 mel bands .* of 256 samples at 16000 Hz"),
    ],
)
def test_settings_that_draw_nothing_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings_with(**changes)
