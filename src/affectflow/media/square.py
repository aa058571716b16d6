"""JPEG bytes to small square pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}


def square(
    jpeg: memoryview, size: int, extent: tuple[float, float], box: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """Decode a JPEG picture, or a part of it, and resize it to a square.

    The decoder itself reduces the picture by 2, 4 or 8 where what is left still has `size` pixels a side:
    a few times faster than decoding it whole.

    Args:
        jpeg: a JPEG file's bytes.
        size: side of the result in pixels.
        extent: width and height of the picture in pixels.
        box: left, top, right, bottom in its pixels; the whole picture when not given.

    Returns:
        RGB, shape (size, size, 3).

    Raises:
        ValueError: the bytes are not a whole JPEG picture.
    """
    left, top, right, bottom = (0.0, 0.0, *extent) if box is None else (float(edge) for edge in box)
    shorter = min(right - left, bottom - top)
    factor = next((n for n in _REDUCED if shorter >= n * size), 1)
    picture: NDArray[np.uint8] | None = cv2.imdecode(
        np.frombuffer(jpeg, np.uint8), _REDUCED[factor] | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if picture is None:
        raise ValueError("not a JPEG picture")
    if box is not None:
        picture = _crop(picture, (left / factor, top / factor, right / factor, bottom / factor))
    smaller = picture.shape[0] > size or picture.shape[1] > size
    resized = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    swapped: NDArray[np.uint8] = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB)
    return swapped


def _crop(picture: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The pixels that `box` touches; at least one."""
    height, width = picture.shape[:2]
    left, top = min(int(box[0]), width - 1), min(int(box[1]), height - 1)
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]
