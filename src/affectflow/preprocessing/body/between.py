"""Bodies between two frames in which they were looked for: joints interpolated, where both sides agree."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.boxes import overlaps

# Two frames agree where a body's boxes in them overlap by so much (intersection over union).
_AGREE = 0.5


def key_frames(shots: NDArray[np.int64], every: int) -> list[int]:
    """Every n-th frame of each shot, and its last one.

    Args:
        shots: the shot of each frame, ascending, shape (frames,).
        every: n.
    """
    starts = [0, *(np.flatnonzero(np.diff(shots)) + 1).tolist()]
    keys = set[int]()
    for start, end in pairwise([*starts, len(shots)]):
        keys |= {*range(start, end, every), end - 1}
    return sorted(keys)


def agree(before: NDArray[np.float32], after: NDArray[np.float32], min_confidence: float) -> bool:
    """Whether one body may have gone from one pose to the other. Args: joints, shape (25, 3), not all 0."""
    boxes = [_extent(joints, min_confidence) for joints in (before, after)]
    return bool(overlaps(*boxes)[0, 0] >= _AGREE)


def interpolated(before: NDArray[np.float32], after: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Joints between two frames that lie `steps` apart, shape (steps - 1, 25, 3).

    A joint that only one of both frames has stays where it is in the half that is nearer to that frame.
    """
    shares = (np.arange(1, steps, dtype=np.float32) / steps)[:, None, None]
    mixed = (1 - shares) * before + shares * after
    nearer = np.where(shares < 0.5, before, after)
    both = (before[:, 2:] > 0) & (after[:, 2:] > 0)
    return np.where(both, mixed, nearer).astype(np.float32)


def _extent(joints: NDArray[np.float32], min_confidence: float) -> NDArray[np.float64]:
    """The box of the joints that are seen."""
    seen = joints[(joints[:, 2] >= min_confidence) & (joints[:, 2] > 0), :2].astype(np.float64)
    return np.concatenate([seen.min(0), seen.max(0)]) if len(seen) else np.zeros(4)
