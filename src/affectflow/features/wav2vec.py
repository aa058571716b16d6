"""wav2vec 2.0, base (Baevski et al. 2020): 768 numbers each 20 ms of sound (Meng et al., section 3.2.2).

The network is that of the package transformers, built here and filled with published weights: nothing is looked up.
A long track is seen in pieces, so that memory stays flat. The network's attention, and the normalisation behind its
first convolution, reach over all that it sees at once; what it says in pieces is therefore near to what it would say
of the whole track at once, but not the same.
"""

import affectflow.compute.torch_pair  # noqa: F401  transformers imports torchvision

# isort: split
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from affectflow.config.model.feature_sets import Wav2vecSet
from affectflow.config.system.execution import Device
from affectflow.features.extractor import SoundExtractor
from affectflow.features.frozen import Frozen, load_all, random_weights
from affectflow.features.rate import RATE, Stretches, to_16k

HOP, RECEPTIVE_FIELD = 320, 400
"""Samples from one vector to the next, and of which each is computed by the convolutions."""

_EPSILON = 1e-7

# A checkpoint for speech recognition holds more than what is used here: its output layer, and what stands for masked
# pieces in training. The weights of one convolution are kept as length and direction, under two pairs of names.
_PREFIX, _UNUSED = "wav2vec2.", ("lm_head.", "masked_spec_embed")
_RENAMED = {
    "encoder.pos_conv_embed.conv.weight_g": "encoder.pos_conv_embed.conv.parametrizations.weight.original0",
    "encoder.pos_conv_embed.conv.weight_v": "encoder.pos_conv_embed.conv.parametrizations.weight.original1",
}


def extractor(settings: Wav2vecSet, state: dict[str, Tensor] | None, device: Device) -> SoundExtractor:
    """wav2vec 2.0 with published weights, up to the layer that is wanted.

    Args:
        settings: layer, length of pieces, and the weights' name for errors.
        state: the weights, as facebook/wav2vec2-base-960h names them; none for `random_init`.
        device: where it runs.

    Raises:
        InputError: `state` is of another network.
    """
    with random_weights():
        network = Wav2vec(settings.layer, state, settings.weights)
    return _Extractor(settings, Frozen(network, device))


class Wav2vec(nn.Module):
    """The output of one layer, (batch, count, 768), of normalised sound at 16 kHz, (batch, samples)."""

    def __init__(self, layer: int, state: Mapping[str, Tensor] | None, name: str) -> None:
        super().__init__()
        # Its defaults are those of the base model; masking, which only training needs, brings a weight with it.
        self.whole = Wav2Vec2Model(Wav2Vec2Config(apply_spec_augment=False, mask_time_prob=0.0))
        if state is not None:
            load_all(self.whole, _own_names(state), name, "wav2vec 2.0 (base)")
        # Layers that nobody reads are not computed.
        self.whole.encoder.layers = self.whole.encoder.layers[:layer]

    def forward(self, sound: Tensor) -> Tensor:
        vectors: Tensor = self.whole(sound).last_hidden_state
        return vectors


def _own_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    unprefixed = {key.removeprefix(_PREFIX): tensor for key, tensor in state.items()}
    return {_RENAMED.get(key, key): tensor for key, tensor in unprefixed.items() if not key.startswith(_UNUSED)}


class _Extractor:
    def __init__(self, settings: Wav2vecSet, network: Frozen) -> None:
        self.size, self.middles = settings.size, 0.0
        self._piece, self._context = (round(seconds * RATE / HOP) for seconds in (settings.seconds, settings.context))
        self._network = network

    def stream(
        self, blocks: Callable[[], Iterable[NDArray[np.int16]]], rate: int
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
        """A vector each 20 ms, as many as one pass over the whole track gives; see `SoundExtractor`. A track shorter
        than what one vector is computed from (25 ms) has one, with silence behind its end."""
        samples, mean, deviation = _moments(to_16k(blocks(), rate))
        count = max(min(1, samples), (samples - RECEPTIVE_FIELD) // HOP + 1)
        track = Stretches(to_16k(blocks(), rate))
        for first in range(0, count, self._piece):
            last = min(first + self._piece, count)
            # The last piece, however short, is seen with as much around it as the others.
            begin = max(0, min(first - self._context, count - self._piece - 2 * self._context))
            end = min(last + self._context, count)
            sound = track.read(HOP * begin, samples if end == count else HOP * (end - 1) + RECEPTIVE_FIELD)
            normal = np.pad((sound - mean) / deviation, (0, max(0, RECEPTIVE_FIELD - len(sound))))
            times = (HOP * np.arange(first, last) + RECEPTIVE_FIELD / 2) / RATE
            yield times, self._network(normal[None])[0, first - begin : last - begin]


def _moments(blocks: Iterable[NDArray[np.float32]]) -> tuple[int, np.float32, np.float32]:
    """Number of samples of a track, their mean, and their deviation plus what keeps silence from being divided by 0."""
    track, samples, total, squares = Stretches(blocks), 0, 0.0, 0.0
    # Equal parts whatever the blocks, so that sums are rounded alike.
    while len(part := track.read(samples, samples + RATE).astype(np.float64)):
        samples, total, squares = samples + len(part), total + float(part.sum()), squares + float(part @ part)
    mean = total / max(1, samples)
    variance = max(0.0, squares / max(1, samples) - mean**2)
    return samples, np.float32(mean), np.float32(np.sqrt(variance + _EPSILON))
