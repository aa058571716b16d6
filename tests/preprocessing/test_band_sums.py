"""Sums in bands: right, and rounded alike however many threads a process has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from affectflow.config.data.preprocessing import Mel
from affectflow.config.model.feature_sets import DeepSpectrumSet
from affectflow.features import vggish
from affectflow.features.spectrogram_picture import Drawing
from affectflow.preprocessing.audio.band_sums import BandSums
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import LogMel

# Not so small that products of two leave the range of float32.
NUMBERS = st.just(0.0) | st.floats(2**-20, 2**20, width=32)
SHARES = st.just(0.0) | st.floats(2**-20, 1, width=32)


def test_bands_of_one_of_several_and_of_no_frequencies() -> None:
    sums = BandSums(np.array([[0, 1, 0, 0], [0.5, 0, 2, 0], [0, 0, 0, 0]]))
    assert sums(np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])).tolist() == [[2, 6.5, 0], [6, 16.5, 0]]


@given(arrays(np.float32, (3, 20), elements=NUMBERS), arrays(np.float32, (4, 20), elements=SHARES))
def test_sums_are_a_product_of_matrices(power: np.ndarray, weights: np.ndarray) -> None:
    sums = BandSums(weights)(power)
    assert sums.dtype == np.float32
    np.testing.assert_allclose(sums, power.astype(float) @ weights.T.astype(float), rtol=1e-5)


def _mel(samples: np.ndarray) -> np.ndarray:
    return np.concatenate(list(LogMel(Mel(), mel_filters(Mel(), 44100)).stream([samples])))


def _vggish(samples: np.ndarray) -> np.ndarray:
    return vggish.log_mel((samples[: 16 * vggish.EXAMPLE] / 32768).astype(np.float32).reshape(16, -1))


def _drawing(samples: np.ndarray) -> np.ndarray:
    settings = DeepSpectrumSet.model_validate({"kind": "deep_spectrum", "spectrogram": "mel"})
    return Drawing(settings).decibels((samples[:16000] / 32768).astype(np.float32))


@pytest.mark.parametrize("spectrogram", [_mel, _vggish, _drawing])
def test_a_spectrogram_does_not_depend_on_threads(spectrogram) -> None:
    samples = np.random.default_rng(4).normal(0, 3000, 441000).astype(np.int16)
    results = []
    for threads in (1, 2, 3, 4):
        with threadpool_limits(threads, "blas"):
            results.append(spectrogram(samples).tobytes())
    assert len(set(results)) == 1
