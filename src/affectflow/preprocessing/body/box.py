"""The box of a person (Antoniadis et al., equation 1)."""

import numpy as np
from numpy.typing import NDArray


def agent_box(
    joints: NDArray[np.floating],
    extent: tuple[float, float],
    lambda_x: float,
    lambda_y: float,
    min_confidence: float,
) -> NDArray[np.float32] | None:
    """The joints' bounding box, widened on each side by a share of its width and height, within the picture.

    Antoniadis et al., section 3.2.2, equation 1. Joints with a confidence below `min_confidence` are dropped, and
    missing ones (confidence 0) always.

    Args:
        joints: x, y in pixels and confidence in [0, 1], shape (joints, 3).
        extent: width and height of the picture in pixels.
        lambda_x, lambda_y: margins on each side, as shares of the box's width and height.
        min_confidence: in [0, 1], compared in the precision of `joints`.

    Returns:
        Left, top, right, bottom in pixels, shape (4,); None where no joint is left, or so few (one) that the box has no
        area.
    """
    confident = joints[(joints[:, 2] >= min_confidence) & (joints[:, 2] > 0), :2].astype(np.float64)
    if not len(confident):
        return None
    low, high = confident.min(0), confident.max(0)
    margin = np.array([lambda_x, lambda_y]) * (high - low)
    box = np.concatenate([np.maximum(0, low - margin), np.minimum(high + margin, extent)])
    return box.astype(np.float32) if (box[2:] > box[:2]).all() else None


def touched(box: NDArray[np.floating]) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches: what equation 2 sets to zero, and the body's crop."""
    left, top = np.floor(box[:2]).astype(int)
    right, bottom = np.ceil(box[2:]).astype(int)
    return slice(top, bottom), slice(left, right)
