"""VGGish: its front end as published, its network with the released layout, and examples along a track."""

import math

import numpy as np
import pytest
import torch
from sound_lab import CPU, cut, extract, voice
from torch import Tensor
from torch.nn.functional import pad

from affectflow.config.model.feature_sets import VggishSet
from affectflow.core.errors import InputError
from affectflow.features.extractor import SoundExtractor
from affectflow.features.vggish import EXAMPLE, Vggish, extractor, log_mel, mel_bands

SET = VggishSet(kind="vggish")


@pytest.fixture(scope="module")
def random_network() -> SoundExtractor:
    return extractor(SET, None, CPU)


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    torch.manual_seed(1)
    state = Vggish().state_dict()
    return {key: tensor if tensor.dim() > 1 else torch.randn(tensor.shape) for key, tensor in state.items()}


def triangle(band: int, hertz: float) -> float:
    """The published definition: between the edges of a band the lesser of two slopes, in mel."""
    mel = [1127 * math.log(1 + f / 700) for f in (125, 7500, hertz)]
    step = (mel[1] - mel[0]) / 65
    lower, centre, upper = (mel[0] + (band + k) * step for k in range(3))
    return max(0.0, min((mel[2] - lower) / (centre - lower), (upper - mel[2]) / (upper - centre)))


def test_mel_bands_are_triangles_in_mel():
    bands = mel_bands()
    expected = [[triangle(band, k * 31.25) for band in range(64)] for k in range(257)]
    np.testing.assert_allclose(bands, expected, atol=1e-12)
    assert not bands[0].any()  # what is constant is not heard
    # Neighbours share what is between their centres.
    frequencies = np.arange(257) * 31.25
    np.testing.assert_allclose(bands.sum(axis=1)[(frequencies > 150) & (frequencies < 7200)], 1, atol=1e-9)


def test_columns_are_logarithms_of_magnitudes_in_bands():
    sound = (voice(1)[:EXAMPLE] / 32768).astype(np.float32)
    columns = log_mel(sound[None])
    assert columns.shape == (1, 96, 64) and columns.dtype == np.float32
    for column in (0, 41, 95):  # the transform as its sum, not by a library
        window = [0.5 - 0.5 * math.cos(2 * math.pi * n / 400) for n in range(400)]
        frame = sound[160 * column : 160 * column + 400] * np.array(window)
        waves = np.exp(-2j * np.pi * np.outer(np.arange(257), np.arange(400)) / 512)
        magnitudes = np.abs(waves @ frame)
        expected = [
            math.log(sum(magnitudes[k] * triangle(band, k * 31.25) for k in range(257)) + 0.01) for band in range(64)
        ]
        np.testing.assert_allclose(columns[0, column], expected, atol=1e-5)


def test_silence_is_the_logarithm_of_the_offset():
    np.testing.assert_allclose(log_mel(np.zeros((2, EXAMPLE), np.float32)), math.log(0.01), atol=1e-6)


def channels_last(examples: Tensor, state: dict[str, Tensor]) -> Tensor:
    """The network as TensorFlow computes it: (batch, height, width, channels) throughout, flattened in that order."""
    activations = examples[..., None]
    for layer, pooled in ((0, True), (3, True), (6, False), (8, True), (11, False), (13, True)):
        kernel, bias = state[f"features.{layer}.weight"], state[f"features.{layer}.bias"]
        padded = pad(activations, (0, 0, 1, 1, 1, 1))
        height, width = activations.shape[1:3]
        activations = torch.zeros(len(activations), height, width, len(bias)) + bias
        for y in range(3):
            for x in range(3):
                activations = activations + padded[:, y : y + height, x : x + width] @ kernel[:, :, y, x].T
        activations = activations.clamp(min=0)
        if pooled:
            activations = activations.reshape(len(activations), height // 2, 2, width // 2, 2, -1).amax(dim=(2, 4))
    flat = activations.reshape(len(activations), -1)
    for layer in (0, 2, 4):
        flat = (flat @ state[f"embeddings.{layer}.weight"].T + state[f"embeddings.{layer}.bias"]).clamp(min=0)
    return flat


def test_published_weights_give_what_the_released_layout_gives(state: dict[str, Tensor]):
    assert sum(tensor.numel() for tensor in state.values()) == 72_141_184
    sound = voice(2.5)
    whole_release = state | {"pproc.pca_eigen_vectors": torch.zeros(128, 128), "pproc.pca_means": torch.zeros(128, 1)}
    times, vectors = extract(extractor(SET, whole_release, CPU), sound)
    assert times.tolist() == [0.4875, 1.4475, 2.4075]
    examples = np.zeros((3, EXAMPLE), np.float32)
    for k, example in enumerate(examples):
        part = sound[15360 * k :][:EXAMPLE]
        example[: len(part)] = part / 32768
    expected = channels_last(torch.from_numpy(log_mel(examples)), state)
    assert vectors.shape == (3, 128)
    np.testing.assert_allclose(vectors, expected, rtol=1e-4, atol=1e-4 * float(expected.max()))


@pytest.mark.parametrize(
    ("hop", "samples", "count"),
    [
        (0.96, 0, 0),
        (0.96, 1, 1),
        (0.96, EXAMPLE, 1),
        (0.96, EXAMPLE + 1, 2),
        (0.96, 15360 + EXAMPLE, 2),
        (0.96, 15361 + EXAMPLE, 3),
        (0.1, EXAMPLE - 1, 1),
        (0.1, EXAMPLE + 1600, 2),
        (0.1, EXAMPLE + 1601, 3),
        (0.004 + 0.1, EXAMPLE + 1601, 3),  # columns of 10 ms
        (2.0, EXAMPLE + 1, 1),  # what is left is in no example that begins within the track
        (2.0, 32001, 2),
    ],
)
def test_examples_cover_the_track(hop: float, samples: int, count: int):
    times, vectors = extract(extractor(SET.model_copy(update={"hop": hop}), None, CPU), voice(3)[:samples])
    assert vectors.shape == (count, 128)
    np.testing.assert_allclose(times, round(hop, 2) * np.arange(count) + 0.4875, atol=1e-12)


def test_the_last_example_has_silence_behind_the_track(random_network: SoundExtractor):
    sound = voice(1.3)
    silent = np.concatenate([sound, np.zeros(15360 + EXAMPLE - len(sound), np.int16)])
    for short, long in zip(extract(random_network, sound), extract(random_network, silent), strict=True):
        assert np.array_equal(short, long)


@pytest.mark.parametrize("length", [997, 44_100, 10**9])
def test_blocks_change_nothing(random_network: SoundExtractor, length: int):
    sound = voice(4, rate=44100)
    for array, expected in zip(
        extract(random_network, sound, 44100, length), extract(random_network, sound, 44100), strict=True
    ):
        assert np.array_equal(array, expected)


def test_a_track_comes_in_pieces(random_network: SoundExtractor):
    sound = voice(0.96 * 17)
    assert [len(times) for times, _ in random_network.stream(cut(sound, 10_000), 16000)] == [16, 1]


def test_the_random_network_is_the_same_each_time_and_hears(random_network: SoundExtractor):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    rebuilt = extractor(SET, None, CPU)
    assert torch.equal(torch.random.get_rng_state(), before)
    one, other = voice(0.9), voice(0.9, seed=1)
    assert np.array_equal(extract(rebuilt, one)[1], extract(random_network, one)[1])
    one, other = (extract(rebuilt, sound)[1] for sound in (one, other))
    assert np.abs(one - other).max() > 0.05 * np.abs(one).max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"embeddings.4.bias": None}, r"embeddings\.4\.bias is missing"),
        ({"embeddings.6.bias": torch.zeros(2)}, r"embeddings\.6\.bias is not of this network"),
        ({"features.0.weight": torch.zeros(64, 3, 3, 3)}, r"shape \(64, 3, 3, 3\), expected \(64, 1, 3, 3\)"),
    ],
)
def test_other_weights_are_refused(state: dict[str, Tensor], change: dict[str, Tensor | None], words: str):
    wrong = {key: tensor for key, tensor in (state | change).items() if tensor is not None}
    with pytest.raises(InputError, match=rf"weights vggish: 1 tensor.*{words}.*random_init"):
        extractor(SET, wrong, CPU)
