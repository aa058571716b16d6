"""Mel bands in which no frequency of the Fourier transform lies are refused, with what would fit."""

import re
import warnings

import librosa
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from affectflow.config.data.mel_bands import check_spectrogram
from affectflow.config.data.preprocessing import Mel
from affectflow.config.model.feature_sets import DeepSpectrumSet
from affectflow.core.errors import InputError
from affectflow.core.mel_scale import band_edges, bands_that_fit, begin_that_fits, empty_bands, transform_that_fits
from affectflow.preprocessing.audio.filters import mel_filters

RATE = 44100


def librosa_s(bands: int, n_fft: int, rate: float, low: float, high: float) -> int:
    """Bands of librosa's filters in which nothing has a weight."""
    return int((heaviest(bands, n_fft, rate, low, high) <= 1e-7).sum())


def heaviest(bands: int, n_fft: int, rate: float, low: float, high: float) -> NDArray[np.float64]:
    """The largest weight in each of librosa's bands, of at most 1, shape (bands,)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = librosa.filters.mel(
            sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, norm=None, dtype=np.float64
        )
    return weights.max(axis=1)


@settings(max_examples=200, deadline=None)
@given(
    bands=st.integers(8, 256),
    n_fft=st.integers(64, 4096),
    rate=st.sampled_from([8000, 16000, 22050, 44100, 48000, 192000]),
    span=st.tuples(st.floats(0, 0.9), st.floats(0.05, 1)),
)
def test_empty_bands_are_those_of_librosa_s_filters(
    bands: int, n_fft: int, rate: int, span: tuple[float, float]
) -> None:
    low = span[0] * rate / 2
    high = low + span[1] * (rate / 2 - low)
    # A frequency on the edge of a band, but for rounding, may be in it or not.
    assume(not any(1e-9 < weight < 1e-4 for weight in heaviest(bands, n_fft, rate, low, high)))
    assert empty_bands(bands, n_fft, rate, low, high) == librosa_s(bands, n_fft, rate, low, high)


def test_edges_are_librosa_s() -> None:
    expected = librosa.mel_frequencies(66, fmin=50, fmax=8000)
    np.testing.assert_allclose(band_edges(64, 50, 8000), expected, rtol=1e-12)


def test_what_is_said_to_fit_fits_and_no_more_does() -> None:
    arguments = 256, 1024, RATE, 0.0, RATE / 2
    assert empty_bands(*arguments) == librosa_s(*arguments) == 21
    most, longer, begin = bands_that_fit(*arguments), transform_that_fits(*arguments), begin_that_fits(*arguments)
    assert not any(librosa_s(bands, *arguments[1:]) for bands in range(8, most + 1))
    assert librosa_s(most + 1, *arguments[1:])
    assert longer == 2048 and not librosa_s(256, longer, RATE, 0, RATE / 2)
    assert begin and not librosa_s(256, 1024, RATE, begin, RATE / 2)
    assert librosa_s(256, 1024, RATE, begin - 10, RATE / 2)


@pytest.mark.parametrize(
    ("changes", "rate", "message"),
    [
        (
            {"n_mels": 256},
            RATE,
            "mel: 21 of 256 mel bands from 0 to 22050 Hz hold no frequency of a Fourier transform of 1024 samples at "
            "44100 Hz, and would be silent for ever; 184 bands fit. Set mel.n_mels to 184 or fewer, or mel.n_fft to "
            "2048, or mel.f_min to 2090",
        ),
        ({"window": 0.001, "hop": 0.001, "n_fft": 64}, RATE, "10 bands fit. Set mel.n_mels to 10 or fewer"),
        ({"f_max": 100}, RATE, "60 of 64 mel bands from 0 to 100 Hz .*; 3 bands fit. Set mel.n_fft to 16384$"),
        ({"f_min": 4000, "f_max": 4100}, RATE, "; 4 bands fit. Set mel.n_fft to 16384$"),
        (
            {"bands": "linear", "f_max": 1000},
            RATE,
            "19 of 64 linear bands from 0 to 1000 Hz .*; 45 bands fit. Set mel.n_mels to 45 .*, or mel.n_fft to 2048$",
        ),
        ({"f_max": 0.5}, RATE, "0 bands fit. Set fewer bands, a longer transform or a wider range of frequencies"),
        ({"f_min": 300, "f_max": 200}, RATE, "mel.f_min 300 is not below the highest frequency, 200 Hz"),
        ({"f_min": 22050}, RATE, "mel.f_min 22050 is not below the highest frequency, 22050 Hz"),
        ({"n_fft": 4096}, 192000, None),
        ({"n_mels": 231, "n_fft": 4096}, 192000, "1 of 231 mel bands .*; 230 bands fit"),
        ({}, 8000, None),
        ({}, 48000, None),
        ({"preset": "kollias"}, RATE, None),
    ],
)
def test_every_way_to_an_empty_band(changes: dict[str, float], rate: int, message: str | None) -> None:
    mel = Mel.model_validate(changes)
    if message is None:
        check_spectrogram(mel, rate)
        assert (mel_filters(mel, rate).weights.max(axis=1) > 0).all()
        return
    with pytest.raises(ValueError, match=message):
        check_spectrogram(mel, rate)
    with pytest.raises(InputError, match=message):
        mel_filters(mel, rate)


def test_pictures_of_spectrograms_have_no_empty_band_either() -> None:
    with pytest.raises(ValidationError, match=re.escape("Set bands to 95 or fewer, or n_fft to 1024")):
        DeepSpectrumSet.model_validate({"kind": "deep_spectrum", "bands": 300, "n_fft": 256})
    DeepSpectrumSet.model_validate({"kind": "deep_spectrum", "bands": 300, "n_fft": 256, "spectrogram": "linear"})
