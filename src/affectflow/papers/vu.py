"""The networks of Vu and Beurton-Aimar (sections 2.2 to 2.4, figure 2): a head for each track."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.config.model.networks import HeadCnn, HeadGru
from affectflow.core.errors import InputError
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.initial import below, copy_shared, load_backbone
from affectflow.networks.layers.recurrent import along_time
from affectflow.networks.network import Network, scatter_frames


class HeadCnnNetwork(Network):
    """A ResNet on one picture, and for each track normalisation, a hidden layer with ReLU, normalisation, dropout and a
    linear output layer.

    With the published sizes the ResNet-50 gives 2048 numbers a frame, each head 128.

    Args:
        settings: sizes.
        inputs: shape of one frame of the stream, channels first.
        outputs: numbers predicted for each frame, by track.
    """

    def __init__(self, settings: HeadCnn, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]) -> None:
        super().__init__()
        ((self.stream, shape),) = inputs.items()
        self.cnn = ResNet(settings.backbone, settings.width, channels=shape[0])
        self.joined = self.cnn.features
        self.heads = nn.ModuleDict(
            {track: _Head(self.joined, settings.hidden, settings.dropout, size) for track, size in outputs.items()}
        )
        self._of_heads = settings.features == "heads"

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """The CNN's features of every frame; zero at padding, which no CNN sees.

        Args:
            inputs: (batch, time, channels, height, width) of the stream.
            mask: (batch, time), true for real frames, which come first in every sequence.

        Returns:
            (batch, time, features).
        """
        return scatter_frames(self.cnn(inputs[self.stream][mask]), mask)

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `Network`; padding is left out of the statistics of the heads' normalisation, and what stands at it
        means nothing."""
        return torch.cat([head(features, mask) for head in self.heads.values()], dim=-1)

    def features(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Those of the heads, one after the other in the order of the tracks, or the CNN's."""
        joined = self.encode(inputs, mask)
        if not self._of_heads:
            return joined
        heads = [head.hidden(joined[mask]) for head in self.heads.values() if isinstance(head, _Head)]
        return scatter_frames(torch.cat(heads, dim=1), mask)

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start the CNN from published weights or from that of a branch of this kind; or the heads from those of such a
        branch, which must have learnt the same tracks."""
        title = f"{name} (branch init of {part})"
        if part == "heads":
            copy_shared(self.heads, below(state, "heads."), title)
            return
        is_branch = any(key.startswith("cnn.") for key in state)
        load_backbone(self.cnn, below(state, "cnn.") if is_branch else state, title)


class HeadGruNetwork(Network):
    """For each track a GRU along the features of the frames, ReLU and a linear output layer (section 2.4).

    With the published sizes a head reads the 128 numbers that the CNN's head has learnt for its track.

    Args:
        settings: sizes, and what each head reads.
        inputs: how many features a frame has.
        outputs: numbers predicted for each frame, by track.

    Raises:
        InputError: the features cannot be those of the tracks' heads.
    """

    def __init__(self, settings: HeadGru, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]) -> None:
        super().__init__()
        ((self.joined,),) = inputs.values()
        parts = len(outputs) if settings.reads == "own" else 1
        if self.joined % parts:
            raise InputError(
                f"network head_gru: {self.joined} features are not those of {parts} heads alike; set reads: all"
            )
        self._sizes_read = [self.joined // parts] * parts
        self.heads = nn.ModuleDict(
            {track: _RecurrentHead(settings, self._sizes_read[0], size) for track, size in outputs.items()}
        )

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """The features as they are."""
        return inputs["features"]

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `Network`; padding reaches no GRU."""
        parts = features.split(self._sizes_read, dim=-1)
        inputs = parts if len(parts) == len(self.heads) else parts * len(self.heads)
        return torch.cat([head(part, mask) for head, part in zip(self.heads.values(), inputs, strict=True)], dim=-1)

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start the heads from those of a branch of this kind."""
        copy_shared(self.heads, below(state, "heads."), f"{name} (branch init of {part})")


class _Head(nn.Module):
    """From the CNN's features to a track's numbers."""

    def __init__(self, inputs: int, units: int, dropped: float, outputs: int) -> None:
        super().__init__()
        self.bn1, self.fc1 = nn.BatchNorm1d(inputs), nn.Linear(inputs, units)
        self.bn2, self.dropout = nn.BatchNorm1d(units), nn.Dropout(dropped)
        self.fc2 = nn.Linear(units, outputs)

    def hidden(self, x: Tensor) -> Tensor:
        """(frames, inputs) to (frames, units)."""
        features: Tensor = self.bn2(self.fc1(self.bn1(x)).relu())
        return features

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, inputs) and the mask of real frames to (batch, time, outputs)."""
        # Dropout is of whole samples, whose rows several processes share (`affectflow.training.global_batch`).
        outputs: Tensor = self.fc2(self.dropout(scatter_frames(self.hidden(features[mask]), mask)))
        return outputs


class _RecurrentHead(nn.Module):
    """From features along time to a track's numbers."""

    def __init__(self, settings: HeadGru, inputs: int, outputs: int) -> None:
        super().__init__()
        self.gru = nn.GRU(
            inputs, settings.hidden, settings.layers, batch_first=True, bidirectional=settings.bidirectional
        )
        self.fc = nn.Linear(settings.hidden * (1 + settings.bidirectional), outputs)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, inputs) and the mask of real frames to (batch, time, outputs)."""
        outputs: Tensor = self.fc(along_time(self.gru, features, mask).relu())
        return outputs
