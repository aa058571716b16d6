"""A clipboard that its owner sometimes holds before the face."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.synthetic.portrait import ZOOM

LOWERED = 460.0
"""Portrait pixels that the lowered clipboard lies below its raised place."""

_SHIFT = 4
_SKIN, _SKIN_SHADE = (214, 160, 132), (176, 118, 94)


def clipboard(sleeve: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The raised clipboard, the hand that holds it and a sleeve of colour `sleeve`.

    An RGBA layer of the portrait's size; the board covers the whole face and leaves shoulders and body.
    """
    layer = np.zeros((512 * ZOOM, 512 * ZOOM, 4), np.uint8)
    dark = tuple(int(0.8 * c) for c in sleeve)
    _shape(layer, [(262, 192), (288, 186), (356, 300), (372, 512), (304, 512), (300, 306)], dark)
    _shape(layer, [(264, 194), (284, 190), (348, 302), (362, 512), (310, 512), (307, 304)], sleeve)
    _shape(layer, [(250, 186), (284, 178), (294, 200), (264, 212)], _SKIN)
    _shape(layer, [(164, 62), (286, 59), (290, 195), (168, 198)], (121, 82, 48))
    _shape(layer, [(171, 75), (280, 72), (284, 188), (175, 191)], (236, 236, 228))
    for row in range(9):
        y = 90 + 11 * row
        end = 266 - (37 * row) % 50
        _line(layer, (184, y), (end, y - 2), (150, 152, 165), 2)
    _shape(layer, [(206, 55), (244, 54), (248, 73), (203, 74)], (158, 162, 170))
    _line(layer, (209, 64), (241, 63), (110, 112, 120), 3)
    for x, y in ((256, 182), (266, 178), (276, 176), (284, 172)):
        _line(layer, (x, y), (x - 4, y + 20), _SKIN_SHADE, 11)
        _line(layer, (x, y), (x - 4, y + 20), _SKIN, 9)
    return layer


def drops(time: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """How far the clipboard lies below its raised place at `time` (n,), in portrait pixels.

    It hides the face from `start` to `end` (s), where this is within a few pixels of 0, and takes a quarter of
    a second to come and to go.
    """
    away = np.maximum(start - time, time - end)
    part = np.clip(away / 0.25, 0, 1)
    return LOWERED * part * part * (3 - 2 * part)


def _shape(layer: NDArray[np.uint8], points: list[tuple[float, float]], colour: tuple[int, ...]) -> None:
    polygon = np.round(np.array(points) * ZOOM * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(layer, [polygon], (*colour, 255), cv2.LINE_AA, shift=_SHIFT)


def _line(
    layer: NDArray[np.uint8],
    start: tuple[int, int],
    end: tuple[int, int],
    colour: tuple[int, ...],
    width: int,
) -> None:
    a, b = ((x * ZOOM, y * ZOOM) for x, y in (start, end))
    cv2.line(layer, a, b, (*colour, 255), width * ZOOM, cv2.LINE_AA)
