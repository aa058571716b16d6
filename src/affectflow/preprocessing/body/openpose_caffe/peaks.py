"""Joints that may be there: the peaks of the heat maps."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

Peaks = NDArray[np.float64]
"""x and y in pixels of the network's input and score, shape (peaks, 3)."""

# OpenPose's defaults (poseParameters.cpp; POSE_MAX_PEOPLE).
_MIN_SCORE = 0.05
_MOST = 127
_REACH = 3
"""Pixels to each side of a peak that its exact place is computed from."""


def find_peaks(heat: Tensor, offset: float = 0.0) -> list[Peaks]:
    """The peaks of each joint's heat map, from top to bottom.

    A peak is higher than the eight pixels around it and than .05; of two that are equal the first counts (OpenPose
    drops both). The outermost pixels hold none. Its place is the centre of gravity of the positive values up to three
    pixels away, its score the highest value.

    Args:
        heat: shape (joints, height, width).
        offset: added to x and y.
    """
    inner = heat[:, 1:-1, 1:-1]
    is_peak = inner > _MIN_SCORE
    height, width = inner.shape[1:]
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            neighbour = heat[:, down : down + height, right : right + width]
            if (down, right) < (1, 1):
                is_peak &= inner > neighbour
            elif (down, right) > (1, 1):
                is_peak &= inner >= neighbour
    joints, rows, columns = _first(is_peak.nonzero(), len(heat)).T
    rows, columns = rows + 1, columns + 1
    steps = torch.arange(2 * _REACH + 1, device=heat.device)
    window = (
        pad(heat, (_REACH,) * 4)
        .clamp(min=0)
        .double()[joints[:, None, None], rows[:, None, None] + steps[:, None], columns[:, None, None] + steps]
    )
    weight = window.sum((1, 2))
    x = columns - _REACH + (window.sum(1) @ steps.double()) / weight + offset
    y = rows - _REACH + (window.sum(2) @ steps.double()) / weight + offset
    peaks = torch.stack([x, y, heat[joints, rows, columns].double()], 1).cpu().numpy()
    return np.split(peaks, np.searchsorted(joints.cpu().numpy(), np.arange(1, len(heat))))


def _first(found: Tensor, joints: int) -> Tensor:
    """Of places (joint, row, column), in order, the first of each joint."""
    starts = torch.searchsorted(found[:, 0].contiguous(), torch.arange(joints, device=found.device))
    rank = torch.arange(len(found), device=found.device) - starts[found[:, 0]]
    return found[rank < _MOST]
