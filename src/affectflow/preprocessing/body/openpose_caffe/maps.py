"""The network's maps in the pixels of its largest input, averaged over scales.

Cubic interpolation is linear in the maps, and the same for each row and each column: two matrices do it.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.preprocessing.body.openpose_caffe.inputs import NetInput
from affectflow.preprocessing.body.openpose_caffe.network import STRIDE

_A = -0.75
"""Of the cubic kernel, as OpenCV has it."""


def merge(maps: Sequence[Tensor], inputs: Sequence[NetInput]) -> Tensor:
    """The mean of several scales' maps, each enlarged to the pixels of the first input.

    Args:
        maps: of each scale, shape (channels, height / 8, width / 8) of its input.
        inputs: the scales.

    Returns:
        Shape (channels, height, width) of the first input.
    """
    largest = inputs[0]
    total = torch.zeros((), device=maps[0].device)
    for cells, net_input in zip(maps, inputs, strict=True):
        ratio = net_input.scale / largest.scale
        rows = _on(cubic(largest.height, cells.shape[1], ratio), cells)
        columns = _on(cubic(largest.width, cells.shape[2], ratio), cells)
        total = total + rows @ cells @ columns.T
    return total / len(maps)


@cache
def cubic(pixels: int, cells: int, ratio: float) -> NDArray[np.float32]:
    """What each pixel takes from each cell in a row of cells, shape (pixels, cells); beyond the ends cells go on.

    Args:
        pixels: of the first input.
        cells: of a map, each of 8 pixels of its own input.
        ratio: pixels of the map's own input per pixel of the first.
    """
    places = (np.arange(pixels) * ratio + 0.5) / STRIDE - 0.5
    first = np.floor(places).astype(int)
    weights = np.zeros((pixels, cells))
    for step in (-1, 0, 1, 2):
        distance = np.abs(places - first - step)
        near = ((_A + 2) * distance - (_A + 3)) * distance**2 + 1
        far = _A * (((distance - 5) * distance + 8) * distance - 4)
        np.add.at(weights, (np.arange(pixels), (first + step).clip(0, cells - 1)), np.where(distance <= 1, near, far))
    return weights.astype(np.float32)


def _on(weights: NDArray[np.float32], like: Tensor) -> Tensor:
    return torch.from_numpy(weights).to(like.device)
