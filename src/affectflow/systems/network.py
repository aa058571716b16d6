"""What training and prediction ask of every network."""

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn


class Network(nn.Module):
    """Maps sequences of streams to outputs for every frame."""

    @abstractmethod
    def forward(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """{stream: (batch, time, …)} and the mask of real frames (batch, time) to (batch, time, outputs)."""

    @abstractmethod
    def load_initial(self, stream: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start a stream from published weights; InputError, with their `name`, where they do not fit."""
