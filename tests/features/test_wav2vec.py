"""wav2vec 2.0: what transformers says of a whole track, in pieces of bounded length."""

import subprocess
import sys

import numpy as np
import pytest
import soxr
import torch
from numpy.typing import NDArray
from repository import HELPERS
from sound_lab import CPU, cut, extract, voice
from torch import Tensor
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from affectflow.config.model.feature_sets import Wav2vecSet
from affectflow.core.errors import InputError
from affectflow.features.extractor import SoundExtractor
from affectflow.features.wav2vec import extractor

SET = Wav2vecSet(kind="wav2vec2", layer=1, seconds=1, context=0.5)


@pytest.fixture(scope="module")
def published() -> Wav2Vec2ForCTC:
    """Speech recognition as it is published, with all that a checkpoint of it holds; random weights."""
    torch.manual_seed(3)
    return Wav2Vec2ForCTC(Wav2Vec2Config()).eval()


@pytest.fixture(scope="module")
def short(published: Wav2Vec2ForCTC) -> SoundExtractor:
    return extractor(SET, published.state_dict(), CPU)


def at_once(published: Wav2Vec2ForCTC, sound: NDArray[np.float32], layer: int) -> NDArray[np.float32]:
    """What transformers says of a whole track at 16 kHz."""
    prepare = Wav2Vec2FeatureExtractor(
        feature_size=1, sampling_rate=16000, padding_value=0.0, do_normalize=True, return_attention_mask=False
    )
    values = prepare(sound, sampling_rate=16000, return_tensors="pt").input_values
    with torch.inference_mode():
        return published.wav2vec2(values, output_hidden_states=True).hidden_states[layer][0].numpy()


@pytest.mark.parametrize("layer", [1, 12])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_track_of_one_piece_is_as_transformers_sees_it(published: Wav2Vec2ForCTC, layer: int, rate: int):
    sound = voice(2.2, rate)
    feature_set = Wav2vecSet(kind="wav2vec2", layer=layer)
    times, vectors = extract(extractor(feature_set, published.state_dict(), CPU), sound, rate, length=7000)
    expected = at_once(published, soxr.resample(sound.astype(np.float32) / 32768, rate, 16000), layer)
    assert vectors.shape == expected.shape == (109, 768)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(times, 0.0125 + 0.02 * np.arange(109), atol=1e-12)


@pytest.mark.parametrize("names", ["weight_g and weight_v", "no prefix"])
def test_weights_under_other_names(published: Wav2Vec2ForCTC, short: SoundExtractor, names: str):
    if names == "no prefix":
        state = published.wav2vec2.state_dict()
        assert "encoder.layers.11.attention.q_proj.weight" in state and "masked_spec_embed" in state
    else:
        new = "parametrizations.weight.original"
        state = {
            key.replace(f"{new}0", "weight_g").replace(f"{new}1", "weight_v"): tensor
            for key, tensor in published.state_dict().items()
        }
        assert "wav2vec2.encoder.pos_conv_embed.conv.weight_g" in state and "lm_head.weight" in state
    sound = voice(0.4)
    assert np.array_equal(extract(extractor(SET, state, CPU), sound)[1], extract(short, sound)[1])


@pytest.mark.parametrize("samples", [16000, 16400, 40_000, 53_919, 53_920])
def test_a_long_track_has_the_vectors_of_one_pass(published: Wav2Vec2ForCTC, short: SoundExtractor, samples: int):
    sound = voice(4)[:samples]
    times, vectors = extract(short, sound)
    whole = at_once(published, sound.astype(np.float32) / 32768, 1)
    assert vectors.shape == whole.shape
    np.testing.assert_allclose(times, (320 * np.arange(len(whole)) + 200) / 16000, atol=1e-12)
    # Vectors say what they say of the whole, but for what attention and normalisation see beyond a piece.
    far = np.linalg.norm(vectors - whole, axis=1) / np.linalg.norm(whole, axis=1)
    assert far.max() < 0.25


def test_pieces_are_seen_with_their_context(published: Wav2Vec2ForCTC, short: SoundExtractor):
    sound = voice(3.4)
    values = sound.astype(np.float64) / 32768
    normal = ((values - values.mean()) / np.sqrt(values.var() + 1e-7)).astype(np.float32)

    def see_alone(first: int, last: int, places: slice) -> NDArray[np.float32]:
        """Vectors first to last of the track, seen without any other."""
        end = len(sound) if last == 169 else 320 * (last - 1) + 400
        with torch.inference_mode():
            states = published.wav2vec2(torch.from_numpy(normal[None, 320 * first : end]), output_hidden_states=True)
        return states.hidden_states[1][0, places].numpy()

    vectors = extract(short, sound)[1]
    assert len(vectors) == 169
    np.testing.assert_allclose(vectors[:50], see_alone(0, 75, slice(0, 50)), atol=1e-5)
    np.testing.assert_allclose(vectors[50:100], see_alone(25, 125, slice(25, 75)), atol=1e-5)
    # The last one, of 19 vectors, is seen with as many as the others, as is the one before.
    np.testing.assert_allclose(vectors[100:150], see_alone(69, 169, slice(31, 81)), atol=1e-5)
    np.testing.assert_allclose(vectors[150:], see_alone(69, 169, slice(81, 100)), atol=1e-5)


@pytest.mark.parametrize("length", [997, 65_537, 10**9])
def test_blocks_change_nothing(short: SoundExtractor, length: int):
    sound = voice(2.5, rate=44100)
    for array, expected in zip(extract(short, sound, 44100, length), extract(short, sound, 44100), strict=True):
        assert np.array_equal(array, expected)


def test_memory_is_asked_for_in_pieces(short: SoundExtractor):
    pieces = [len(times) for times, _ in short.stream(cut(voice(3.4), 10_000), 16000)]
    assert pieces == [50, 50, 50, 19]


@pytest.mark.parametrize(("samples", "count"), [(0, 0), (1, 1), (399, 1), (400, 1), (719, 1), (720, 2)])
def test_very_short_tracks(short: SoundExtractor, samples: int, count: int):
    times, vectors = extract(short, voice(1)[:samples])
    assert vectors.shape == (count, 768) and np.isfinite(vectors).all()
    np.testing.assert_allclose(times, 0.0125 + 0.02 * np.arange(count), atol=1e-12)


def test_silence_has_numbers_too(short: SoundExtractor):
    assert np.isfinite(extract(short, np.zeros(16000, np.int16))[1]).all()


def test_loudness_and_offset_are_taken_out(short: SoundExtractor):
    sound = voice(0.5) // 4
    np.testing.assert_allclose(extract(short, sound)[1], extract(short, 3 * sound + 5000)[1], atol=2e-3)


def test_a_random_network_is_the_same_each_time():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    sound = voice(0.4)
    one, other = (extract(extractor(SET, None, CPU), sound)[1] for _ in range(2))
    assert np.array_equal(one, other)
    assert torch.equal(torch.random.get_rng_state(), before)
    deep = SET.model_copy(update={"layer": 2})
    assert not np.allclose(extract(extractor(deep, None, CPU), sound)[1], one, atol=0.1)
    assert np.abs(one - extract(extractor(SET, None, CPU), voice(0.4, seed=1))[1]).max() > 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wav2vec2.encoder.layer_norm.bias": None}, r"encoder\.layer_norm\.bias is missing"),
        ({"wav2vec2.adapter.bias": torch.zeros(2)}, r"adapter\.bias is not of this network"),
        ({"wav2vec2.encoder.layer_norm.bias": torch.zeros(1024)}, r"shape \(1024,\), expected \(768,\)"),
    ],
)
def test_other_weights_are_refused(published: Wav2Vec2ForCTC, change: dict[str, Tensor | None], words: str):
    wrong = {key: tensor for key, tensor in (published.state_dict() | change).items() if tensor is not None}
    with pytest.raises(InputError, match=rf"weights wav2vec2_base_960h: 1 tensor.*{words}.*random_init"):
        extractor(SET, wrong, CPU)


def test_no_connection_is_made_and_nothing_is_said():
    code = (
        "import socket\n"
        "def refuse(*_, **__): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from sound_lab import CPU, extract, voice\n"
        "from affectflow.config.model.feature_sets import Wav2vecSet\n"
        "from affectflow.features.wav2vec import extractor\n"
        "its = Wav2vecSet(kind='wav2vec2', layer=1)\n"
        "print(extract(extractor(its, None, CPU), voice(0.4))[1].shape)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HELPERS, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "(19, 768)\n", "")
