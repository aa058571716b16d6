"""The temporal encoders of Meng et al. (sections 3.2.3 to 3.4 and 4.2) on frozen features."""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from affectflow.config.model.temporal import SegmentLstm, SegmentTransformer
from affectflow.networks.initial import copy_whole
from affectflow.networks.layers.recurrent import along_time_from
from affectflow.networks.layers.standardised import Standardised
from affectflow.networks.layers.transformer import EncoderLayer, sinusoids
from affectflow.networks.network import Network


class _OnFeatures(Network):
    """Features joined by a linear layer (equation 1), a temporal encoder, and a regressor of fully connected layers
    with ReLU and dropout before a linear output (equation 4).

    Args:
        settings: sizes.
        inputs: how many features a frame has.
        outputs: numbers predicted for each frame, by track.
        encoded: numbers of a frame after the encoder.
    """

    def __init__(
        self,
        settings: SegmentLstm | SegmentTransformer,
        inputs: Mapping[str, tuple[int, ...]],
        outputs: Mapping[str, int],
        encoded: int,
    ) -> None:
        super().__init__()
        ((size,),) = inputs.values()
        self.joined = settings.joined
        self.standardised = Standardised(size) if settings.standardise else None
        self.fusion = nn.Linear(size, settings.joined)
        self.regressor = _regressor(encoded, settings.regressor, settings.dropout, sum(outputs.values()))

    def prepare(self, moments: Callable[[], tuple[Tensor, Tensor]]) -> None:
        """As of `Network`; the moments go with the parameters."""
        if self.standardised is not None:
            self.standardised.take(*moments())

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Equation 1 on standardised features: (batch, time, features) of the stream to (batch, time, joined)."""
        features = inputs["features"]
        if self.standardised is not None:
            features = self.standardised(features)
        joined: Tensor = self.fusion(features)
        return joined

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start all of it, the moments of the features too, from a branch of the same network and features."""
        copy_whole(self, state, f"{name} (branch init of {part})")


class SegmentLstmNetwork(_OnFeatures):
    """An LSTM along segments, from each of which the next one of its video goes on (section 3.3.1, equation 2).

    Its layers are modules of their own, each with dropout on what it gives, so that several processes can share that
    (`affectflow.training.global_batch`).
    """

    def __init__(
        self, settings: SegmentLstm, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]
    ) -> None:
        super().__init__(settings, inputs, outputs, settings.hidden)
        self.carries = settings.carry
        sizes = [settings.joined, *[settings.hidden] * settings.layers]
        self.encoder = nn.ModuleList(nn.LSTM(before, after, batch_first=True) for before, after in pairwise(sizes))
        self.dropout = nn.Dropout(settings.dropout)

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `Network`: every sequence from zeros."""
        return self.temporal_from(features, mask, None)[0]

    def temporal_from(self, features: Tensor, mask: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """As of `Network`. A state is of shape (batch, layers, 2, units): hidden state and cell of each layer."""
        ends = []
        for number, layer in enumerate(self.encoder):
            assert isinstance(layer, nn.LSTM)
            begin = None if state is None else state[:, number]
            features, end = along_time_from(layer, features, mask, begin)
            features = self.dropout(features)
            ends.append(end)
        return self.regressor(features), torch.stack(ends, dim=1)


class SegmentTransformerNetwork(_OnFeatures):
    """A transformer encoder on each segment by itself (section 3.3.2, equation 3).

    Dropout stands where "Attention is all you need" (section 5.4) has it: on what the positions are added to, and on
    what each sublayer gives; and, as torch has it, within the feed-forward layers.
    """

    def __init__(
        self, settings: SegmentTransformer, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]
    ) -> None:
        super().__init__(settings, inputs, outputs, settings.joined)
        dropped = settings.dropout if settings.encoder_dropout is None else settings.encoder_dropout
        self._positions = settings.positions == "sinusoidal"
        self.dropout = nn.Dropout(dropped)
        self.encoder = nn.ModuleList(
            EncoderLayer(settings.joined, settings.heads, settings.feedforward, dropped) for _ in range(settings.layers)
        )

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `Network`; nothing attends to padding, and what stands at it means nothing."""
        if self._positions:
            features = features + sinusoids(features.shape[1], features.shape[2]).to(features)
        features = self.dropout(features)
        for layer in self.encoder:
            features = layer(features, mask)
        outputs: Tensor = self.regressor(features)
        return outputs


def _regressor(inputs: int, hidden: Iterable[int], dropped: float, outputs: int) -> nn.Sequential:
    """Fully connected layers, each but the last with ReLU and dropout."""
    layers: list[nn.Module] = []
    for units in hidden:
        layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(dropped)]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))
