"""What training and prediction ask of every network."""

from abc import abstractmethod
from collections.abc import Callable, Mapping

from torch import Tensor, nn


def scatter_frames(features: Tensor, mask: Tensor) -> Tensor:
    """Put features of the real frames, (frames, features), in their places in the sequences, (batch, time, features);
    zero at padding."""
    whole = features.new_zeros((*mask.shape, features.shape[1]))
    whole[mask] = features
    return whole


class Network(nn.Module):
    """Maps sequences of streams to outputs for every frame."""

    joined: int
    """Numbers of a frame's joined features."""
    carries: bool = False
    """Whether a sequence goes on from the state that the one before it in the same video has left (`temporal_from`)."""

    def prepare(self, moments: Callable[[], tuple[Tensor, Tensor]]) -> None:
        """Take what the network needs to know of the training frames, before it starts from any weights. Most need
        nothing.

        Args:
            moments: gives mean and deviation of every feature of stream `features`, of shape (features,), in float64;
                the deviation of one that never varies is 1. Reads all training frames.
        """

    def forward(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """{stream: (batch, time, …)} and the mask of real frames (batch, time) to (batch, time, outputs)."""
        return self.temporal(self.encode(inputs, mask), mask)

    @abstractmethod
    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Features of every frame by itself: {stream: (batch, time, …)} to (batch, time, joined)."""

    @abstractmethod
    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """Joined features along time to (batch, time, outputs)."""

    def temporal_from(self, features: Tensor, mask: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """As of `temporal`, of sequences that go on from others. A network that carries nothing has empty states.

        Args:
            features: joined, (batch, time, joined).
            mask: of real frames, (batch, time).
            state: what each sequence begins with, (batch, …), as another call has given it; zeros where None.

        Returns:
            Outputs (batch, time, outputs), and the state after each sequence's last real frame, through which gradients
            flow.
        """
        return self.temporal(features, mask), features.new_empty(len(features), 0)

    def features(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """What other branches read of every frame: (batch, time, features); zero at padding. Joined features, unless a
        network has later ones."""
        return self.encode(inputs, mask)

    @abstractmethod
    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start a part of the network, as its settings' `parts` name them, from weights; InputError, with their `name`,
        where they do not fit."""
