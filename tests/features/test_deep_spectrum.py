"""DeepSpectrum: pictures along a track, seen by torchvision's DenseNet121."""

import re

import numpy as np
import pytest
import torch

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from encoders_lab import randomise
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_lab import CPU, extract, voice
from torch import Tensor

from affectflow.config.model.feature_sets import DeepSpectrumSet, note_of
from affectflow.core.errors import InputError
from affectflow.features.deep_spectrum import extractor
from affectflow.features.extractor import SoundExtractor
from affectflow.features.registry import build_extractor
from affectflow.features.spectrogram_picture import Drawing

RATE = 16000
SET = DeepSpectrumSet(kind="deep_spectrum", side=32, seconds=0.5, hop=0.25)


@pytest.fixture(scope="module")
def random_network() -> SoundExtractor:
    return extractor(SET, None, CPU)


@pytest.fixture(scope="module")
def published() -> torchvision.models.DenseNet:
    return randomise(torchvision.models.densenet121())


def with_published_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As they are in the published file."""
    return {re.sub(r"(denselayer\d+\.(norm|conv))([12])", r"\1.\3", key): tensor for key, tensor in state.items()}


def test_published_weights_give_what_torchvision_gives_of_the_pictures(
    published: torchvision.models.DenseNet,
) -> None:
    sound = voice(1.1)
    times, vectors = extract(build_extractor(SET, with_published_names(published.state_dict()), CPU), sound)
    assert times.tolist() == [0.25, 0.5, 0.75, 1.0] and vectors.shape == (4, 1024)
    padded = np.concatenate([sound, np.zeros(RATE, np.int16)]).astype(np.float32) / 32768
    drawing = Drawing(SET)
    pictures = np.stack([drawing.picture(padded[first : first + 8000]) for first in (0, 4000, 8000, 12000)])
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    inputs = torch.from_numpy(((pictures / 255 - mean) / deviation).astype(np.float32)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = published.features(inputs).relu().mean(dim=(2, 3))
    np.testing.assert_allclose(vectors, expected, rtol=1e-3, atol=1e-4 * float(expected.max()))


@pytest.mark.parametrize(
    ("samples", "count"),
    [(0, 0), (1, 1), (8000, 1), (8001, 2), (12000, 2), (12001, 3), (16000, 3)],
)
def test_pictures_cover_the_track(random_network: SoundExtractor, samples: int, count: int) -> None:
    times, vectors = extract(random_network, voice(2)[:samples])
    assert vectors.shape == (count, 1024)
    np.testing.assert_allclose(times, 0.25 * np.arange(count) + 0.25, atol=1e-12)


def test_as_by_default_a_picture_shows_a_second_each_half() -> None:
    feature_set = DeepSpectrumSet(kind="deep_spectrum", weights="random_init", side=32)
    times, vectors = extract(build_extractor(feature_set, None, CPU), voice(3.4))
    assert times.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0] and vectors.shape == (6, feature_set.size)
    assert note_of(feature_set) == "random_init, no published weights"
    assert note_of(DeepSpectrumSet(kind="deep_spectrum")) == ""


def test_the_last_picture_has_silence_behind_the_track(random_network: SoundExtractor) -> None:
    sound = voice(1.3)
    padded = np.concatenate([sound, np.zeros(24000 - len(sound), np.int16)])
    for short, long in zip(extract(random_network, sound), extract(random_network, padded), strict=True):
        assert np.array_equal(short, long)


@settings(max_examples=12, deadline=None)
@given(st.integers(50, 30_000), st.sampled_from([16000, 22050, 44100]))
def test_blocks_change_nothing(random_network: SoundExtractor, length: int, rate: int) -> None:
    sound = voice(2.9, rate)
    for array, expected in zip(
        extract(random_network, sound, rate, length), extract(random_network, sound, rate, 10**9), strict=True
    ):
        assert np.array_equal(array, expected)


def test_silence_is_seen_alike_everywhere_and_unlike_speech(random_network: SoundExtractor) -> None:
    _, silence = extract(random_network, np.zeros(3 * RATE, np.int16))
    assert np.isfinite(silence).all() and (silence[:8] == silence[0]).all()
    _, speech = extract(random_network, voice(1))
    assert np.abs(speech - silence[0]).max(axis=1).min() > 0.1 * np.abs(silence).max()


def test_the_random_network_is_the_same_each_time_and_hears(random_network: SoundExtractor) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    rebuilt = extractor(SET, None, CPU)
    assert torch.equal(torch.random.get_rng_state(), before)
    one, other = voice(0.5), voice(0.5, seed=1)
    assert np.array_equal(extract(rebuilt, one)[1], extract(random_network, one)[1])
    one, other = (extract(rebuilt, sound)[1] for sound in (one, other))
    assert np.abs(one - other).max() > 0.05 * np.abs(one).max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features.norm5.bias": None}, r"lack 1 tensor\(s\), the first is features\.norm5\.bias"),
        ({"features.norm6.bias": torch.zeros(2)}, r"also hold 1 tensor\(s\), the first is features\.norm6\.bias"),
        ({"features.conv0.weight": torch.zeros(64, 1, 7, 7)}, r"another shape of 1 tensor\(s\), .*conv0\.weight"),
    ],
)
def test_other_weights_are_refused(
    published: torchvision.models.DenseNet, change: dict[str, Tensor | None], words: str
) -> None:
    state = with_published_names(published.state_dict()) | change
    wrong = {key: tensor for key, tensor in state.items() if tensor is not None}
    with pytest.raises(InputError, match=rf"weights imagenet_densenet121 .*{words}.*random_init"):
        extractor(SET, wrong, CPU)
