"""What training and prediction ask of every network."""

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn


def laid(features: Tensor, mask: Tensor) -> Tensor:
    """Features of the real frames (frames, features) in the places of their sequences, (batch, time, features); zero at
    padding."""
    whole = features.new_zeros((*mask.shape, features.shape[1]))
    whole[mask] = features
    return whole


class Network(nn.Module):
    """Maps sequences of streams to outputs for every frame."""

    joined: int
    """Numbers of a frame's joined features."""

    def forward(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """{stream: (batch, time, …)} and the mask of real frames (batch, time) to (batch, time, outputs)."""
        return self.follow(self.join(inputs, mask), mask)

    @abstractmethod
    def join(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Features of every frame by itself: {stream: (batch, time, …)} to (batch, time, joined)."""

    @abstractmethod
    def follow(self, features: Tensor, mask: Tensor) -> Tensor:
        """Joined features along time to (batch, time, outputs)."""

    def features(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """What other branches read of every frame: (batch, time, features); zero at padding. Joined features, unless a
        network has later ones."""
        return self.join(inputs, mask)

    @abstractmethod
    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start a part of the network, as its settings' `parts` name them, from weights; InputError, with their `name`,
        where they do not fit."""
