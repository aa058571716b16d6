"""Features brought to mean 0 and deviation 1 before a network reads them."""

import torch
from torch import Tensor, nn


class Standardised(nn.Module):
    """Subtracts the mean of each feature and divides by its deviation. Both are buffers, so that they go with the
    parameters; until `take` they change nothing.

    Args:
        size: how many features.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    def take(self, mean: Tensor, deviation: Tensor) -> None:
        """Keep the moments of features, each of shape (features,)."""
        self.get_buffer("mean").copy_(mean)
        self.get_buffer("scale").copy_(deviation)

    def forward(self, features: Tensor) -> Tensor:
        """(…, features) to the same."""
        return (features - self.get_buffer("mean")) / self.get_buffer("scale")
