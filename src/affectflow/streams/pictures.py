"""JPEG bytes to small square pictures, and equation 2 of paper 000."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}


def decode(
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


def mask_boxes(pictures: Tensor, boxes: Tensor, found: Tensor) -> Tensor:
    """Set the person's box to zero (paper 000, equation 2); where nobody was found a picture stays as it is.

    A pixel is zero where the box touches it, so that nothing of the person is left in pictures that were made
    smaller by averaging.

    Args:
        pictures: shape (…, height, width, channels).
        boxes: left, top, right, bottom as shares of width and height, shape (…, 4).
        found: whether there is a box, shape (…).

    Returns:
        Masked copies, of the shape and type of `pictures`.
    """
    height, width = pictures.shape[-3:-1]
    left, top, right, bottom = (boxes[..., edge, None] for edge in range(4))
    # Half a thousandth of a pixel absorbs rounding of boxes that end at a pixel's edge.
    slack = 5e-4
    x = torch.arange(width, device=pictures.device)
    y = torch.arange(height, device=pictures.device)
    beside = (x + 1 <= left * width + slack) | (x >= right * width - slack) | ~found[..., None]
    above = (y + 1 <= top * height + slack) | (y >= bottom * height - slack)
    # Products of bytes, in rows of width x channels: torch takes many times longer to fill by a mask, and where the
    # innermost axis is only the colours.
    columns = beside.repeat_interleave(pictures.shape[-1], -1).to(torch.uint8)
    kept = above.to(torch.uint8)[..., :, None] | columns[..., None, :]
    return (pictures.flatten(-2) * kept).unflatten(-1, pictures.shape[-2:])
