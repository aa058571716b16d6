"""Body motion: where the portrait stands in the picture and how it sways, tilts, leans in and straightens."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.synthetic.portrait import ZOOM

# In pixels of the 512x512 portrait: the point that it turns around, the top of the hair, the bottom edge, how far
# to the side anything lies from that point, and the height range over which the neck stretches.
PIVOT = (235.0, 300.0)
TOP, BOTTOM = 15.0, 511.0
_REACH = 330.0
_NECK = (165.0, 240.0)


@dataclass(frozen=True)
class Posture:
    """A body at one moment; lengths in pixels of the 512x512 portrait."""

    x: float
    y: float
    """Where the pivot lies in the picture, in its pixels."""
    scale: float
    """Pixels of the picture to a pixel of the portrait."""
    tilt: float
    """Rotation in radians, clockwise."""
    rise: float
    """How far the head is carried above its photographed height."""
    breadth: float
    """Widening of the shoulders, as a fraction."""
    nod: float
    """How far the head leans to the side at its top."""
    mirror: bool


def place_points(points: NDArray[np.float64], posture: Posture) -> NDArray[np.float64]:
    """Where points of the portrait, (n, 2) from its pivot, lie in a picture, in its pixels.

    The posture is rigid: without `rise`, `breadth` and `nod`.
    """
    x, y = points.T * [[-1 if posture.mirror else 1], [1]]
    cos, sin = np.cos(posture.tilt) * posture.scale, np.sin(posture.tilt) * posture.scale
    return np.stack([posture.x + x * cos - y * sin, posture.y + x * sin + y * cos], axis=1)


class Stage:
    """Pixel grid of a picture, on which people are put."""

    def __init__(self, width: int, height: int) -> None:
        self._y, self._x = np.mgrid[:height, :width].astype(np.float32)

    def put(self, picture: NDArray[np.uint8], person: NDArray[np.uint8], posture: Posture) -> None:
        """Draw the RGBA portrait `person` into the RGB `picture`, in place."""
        part = self._part(posture)
        x, y = self._portrait_grid(posture, part)
        head = np.clip((np.float32(_NECK[1]) - y) / np.float32(_NECK[1] - _NECK[0]), 0, 1)
        head *= head * (3 - 2 * head)
        y += np.float32(posture.rise) * head
        x *= 1 - np.float32(posture.breadth) * (1 - head)
        x -= np.float32(posture.nod / 150) * np.maximum(np.float32(_NECK[1]) - y, 0)
        _blend(picture[:, part], person, x, y)

    def put_rigid(self, picture: NDArray[np.uint8], layer: NDArray[np.uint8], posture: Posture, drop: float) -> None:
        """Draw an RGBA layer of the portrait's size, lowered by `drop` portrait pixels, moving with the body."""
        part = self._part(posture)
        x, y = self._portrait_grid(posture, part)
        _blend(picture[:, part], layer, x, y - np.float32(drop))

    def _part(self, posture: Posture) -> slice:
        """The columns of the picture that a person can reach."""
        reach = _REACH * posture.scale
        return slice(max(0, int(posture.x - reach)), max(0, int(posture.x + reach)))

    def _portrait_grid(self, posture: Posture, part: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each pixel of the picture its place in the portrait: x from the pivot, y from the top."""
        cos, sin = np.cos(posture.tilt) / posture.scale, np.sin(posture.tilt) / posture.scale
        dx = self._x[:, part] - np.float32(posture.x)
        dy = self._y[:, part] - np.float32(posture.y)
        x = dx * np.float32(cos) + dy * np.float32(sin)
        y = dy * np.float32(cos) - dx * np.float32(sin) + np.float32(PIVOT[1])
        return (-x if posture.mirror else x), y


def _blend(
    picture: NDArray[np.uint8], layer: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> None:
    """Put `layer`, sampled at portrait coordinates `x` (from the pivot) and `y`, over `picture`."""
    x, y = (x + np.float32(PIVOT[0])) * ZOOM, y * ZOOM
    warped = cv2.remap(layer, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    opacity = cv2.extractChannel(warped, 3).astype(np.float32) / 255
    picture[:] = cv2.blendLinear(cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB), picture, opacity, 1 - opacity)
