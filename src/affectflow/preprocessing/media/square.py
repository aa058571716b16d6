"""JPEG bytes to small square pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.media.pictures import REDUCED


def square(
    jpeg: memoryview, size: int, extent: tuple[float, float], box: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """Decode a JPEG picture, or a part of it, and resize it to a square.

    The decoder itself reduces the picture by 2, 4 or 8 where what is left still has `size` pixels a side: a few times
    faster than decoding it whole, and of the same region, which may then begin and end within reduced pixels.

    Args:
        jpeg: a JPEG file's bytes.
        size: side of the result in pixels.
        extent: width and height of the picture in pixels; (0, 0) of an unknown one, which is decoded whole.
        box: left, top, right, bottom in its pixels, of which those that it touches are taken; the whole picture when
            not given.

    Returns:
        RGB, shape (size, size, 3).

    Raises:
        ValueError: the bytes are not a whole JPEG picture.
    """
    region = (0, 0, int(extent[0]), int(extent[1])) if box is None else _touched(box, extent)
    shorter = min(region[2] - region[0], region[3] - region[1])
    factor = next((n for n in REDUCED if shorter >= n * size), 1)
    picture: NDArray[np.uint8] | None = cv2.imdecode(
        np.frombuffer(jpeg, np.uint8), REDUCED[factor] | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if picture is None:
        raise ValueError("not a JPEG picture")
    if any(edge % factor for edge in region):
        small = _averaged(picture, size, (np.array(region) / factor).tolist())
    else:
        if box is not None or factor > 1:
            left, top, right, bottom = (edge // factor for edge in region)
            picture = picture[top:bottom, left:right]
        smaller = picture.shape[0] > size or picture.shape[1] > size
        interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(picture, (size, size), interpolation=interpolation), np.uint8)
    swapped: NDArray[np.uint8] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    return swapped


def _touched(box: NDArray[np.float32], extent: tuple[float, float]) -> tuple[int, int, int, int]:
    """The pixels that `box` touches, at least one: left, top, right, bottom."""
    width, height = int(extent[0]), int(extent[1])
    left, top = (min(max(int(edge), 0), end - 1) for edge, end in zip(box[:2], (width, height), strict=True))
    right, bottom = (min(int(np.ceil(edge)), end) for edge, end in zip(box[2:], (width, height), strict=True))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _averaged(picture: NDArray[np.uint8], size: int, region: list[float]) -> NDArray[np.uint8]:
    """Means over size x size equal parts of a region that begins or ends within pixels."""
    edges = (region[1], region[3]), (region[0], region[2])
    for axis, (begin, end) in enumerate(edges):
        # One more on each side, from which the region's own are told apart; at the picture's edge the last one again.
        touched = np.arange(int(begin) - 1, int(np.ceil(end)) + 1).clip(0, picture.shape[axis] - 1)
        picture = picture.take(touched, axis)
    sums = cv2.integral(picture, sdepth=cv2.CV_64F)
    for axis, (begin, end) in enumerate(edges):
        sums = _between(sums, np.linspace(begin, end, size + 1) - (int(begin) - 1), axis)
    area = (region[2] - region[0]) * (region[3] - region[1]) / size**2
    means = np.diff(np.diff(sums, axis=0), axis=1) / area
    return np.asarray(np.rint(means).clip(0, 255), np.uint8)


def _between(sums: NDArray[np.float64], positions: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Sums up to places within pixels, along an axis: by the cubic of Catmull and Rom (1974) through four neighbours,
    which is exact where grey levels rise evenly from pixel to pixel."""
    below = np.minimum(positions.astype(np.intp), sums.shape[axis] - 3)
    t = positions - below
    weights = np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    weights = weights.reshape(4, *(-1 if dimension == axis else 1 for dimension in range(sums.ndim)))
    total = sums.take(below - 1, axis) * weights[0]
    for offset in (1, 2, 3):
        total += sums.take(below - 1 + offset, axis) * weights[offset]
    return total
