"""An encoder of pictures that learns nothing: what it is given, and random weights in place of published ones."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from affectflow.dataloading.inputs import normalise
from affectflow.features.frozen import random_weights

_SEED = 3
"""Of the random weights that stand in for published ones."""
_PICTURES = 16
"""Random pictures whose moments a random network's normalising layers take."""


class Seeing(nn.Module):
    """An encoder of pictures as they are stored: RGB in [0, 255], (batch, size, size, 3).

    Args:
        encoder: sees them as (batch, 3, size, size).
        how: as `picture.normalise`.
    """

    def __init__(self, encoder: nn.Module, how: str) -> None:
        super().__init__()
        self.encoder, self._how = encoder, how

    def forward(self, pictures: Tensor) -> Tensor:
        features: Tensor = self.encoder(normalise(pictures, self._how))
        return features


def random_init(build: Callable[[], nn.Module], size: int) -> nn.Module:
    """An encoder with random weights, the same each time, ready to see: torch's generator starts from `_SEED`.

    Its normalising layers take the moments of random pictures; untrained ones would let what passes grow from layer to
    layer, in a hundred of them beyond what a float holds.

    Args:
        build: makes the encoder.
        size: side of the random pictures in pixels.
    """
    with random_weights(_SEED), torch.no_grad():
        encoder = build()
        norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = None  # the mean over all that is seen: of this one batch
        if norms:
            encoder.train()(torch.randn(_PICTURES, 3, size, size))
    return encoder.eval()
