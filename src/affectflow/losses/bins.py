"""Valence and arousal as probabilities of bins (Vu and Beurton-Aimar, section 2.2): pure functions on tensors."""

import torch
from torch import Tensor

from affectflow.config.model.bins import Bins, Grid


def bin_values(bins: Bins, like: Tensor | None = None) -> Tensor:
    """The value that each bin stands for in an expectation, ascending in [-1, 1], shape (count,); of the type and on
    the device of `like`."""
    kind, device = (torch.float32, None) if like is None else (like.dtype, like.device)
    numbers = torch.arange(bins.count, dtype=torch.float64)
    steps = numbers * 2 + 1 if bins.grid == "centres" else numbers * 2
    return (steps / (bins.count - (bins.grid != "centres")) - 1).to(device, kind)


def bin_numbers(values: Tensor, bins: Bins) -> Tensor:
    """The number of the bin, from 0, of each value in [-1, 1], as int64; a value beyond an end is of the
    outermost bin there."""
    grid: Grid = "centres" if bins.grid == "public" else bins.grid
    place = (values.double() + 1) / 2
    number = (place * bins.count).floor() if grid == "centres" else (place * (bins.count - 1) + 0.5).floor()
    return number.clamp(0, bins.count - 1).long()


def expectation(logits: Tensor, bins: Bins) -> Tensor:
    """The mean value of bins with the probabilities of a softmax, in [-1, 1]: (…, count) to (…)."""
    return (logits.softmax(-1) * bin_values(bins, logits)).sum(-1)
