"""A picture as the network sees it, at one or several scales.

The settings are OpenPose's options net_resolution, scale_number and scale_gap. As in OpenPose, the first pixel stays
where it is: pixel x of the picture is pixel x * scale of the input. What the input has beyond the picture is black.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.media.pictures import Picture

_MULTIPLE = 16


@dataclass(frozen=True)
class NetInput:
    """One scale: the input's size in pixels, and its pixels per pixel of the picture."""

    width: int
    height: int
    scale: float


def net_inputs(width: int, height: int, resolution: str, number: int, gap: float) -> list[NetInput]:
    """The scales at which a picture is looked at, the largest first.

    Args:
        width, height: of the picture, in pixels.
        resolution: width x height of the largest input in pixels, multiples of 16; -1 for the one that follows from the
            picture's shape, rounded to a multiple of 16.
        number: of scales, at least 1.
        gap: between scales: scale n is 1 - n * gap of the largest, rounded down to multiples of 16.
    """
    across, down = (int(size) for size in resolution.split("x"))
    if across < 0:
        across = _rounded(down * width / height)
    elif down < 0:
        down = _rounded(across * height / width)
    sizes = [(_cut(across * (1 - n * gap)), _cut(down * (1 - n * gap))) for n in range(number)]
    return [NetInput(*size, fit((width, height), size)) for size in sizes]


def fit(size: tuple[int, int], within: tuple[int, int]) -> float:
    """By how much pixels of a picture are moved apart so that its first and last ones lie within another size."""
    return min((inner - 1) / max(outer - 1, 1) for outer, inner in zip(size, within, strict=True))


def as_input(picture: Picture, net_input: NetInput) -> NDArray[np.float32]:
    """BGR, value / 256 - 0.5, shape (3, height, width); cubic where the picture is enlarged, else linear."""
    matrix = np.array([[net_input.scale, 0, 0], [0, net_input.scale, 0]])
    how = cv2.INTER_CUBIC if net_input.scale > 1 else cv2.INTER_LINEAR
    resized = cv2.warpAffine(picture, matrix, (net_input.width, net_input.height), flags=how)
    seen: NDArray[np.float32] = np.ascontiguousarray(resized.transpose(2, 0, 1), np.float32)
    return seen / np.float32(256) - np.float32(0.5)


def _rounded(size: float) -> int:
    return max(_MULTIPLE, _MULTIPLE * int(size / _MULTIPLE + 0.5))


def _cut(size: float) -> int:
    # To whole pixels first: 1 - 2 * .1 of 160 must not be cut to 112.
    return max(_MULTIPLE, int(size + 0.5) // _MULTIPLE * _MULTIPLE)
