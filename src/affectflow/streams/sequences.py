"""Cut a subject's frames into sequences of one length."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def starts(frames: int, length: int, stride: int) -> NDArray[np.int64]:
    """First frames of the sequences that together hold every frame of a subject.

    Sequences begin at 0, `stride`, 2 `stride`, …; the last one is the first that reaches the last frame, and
    is padded where it reaches further.

    Returns:
        Frame numbers, shape (sequences,); empty where `frames` is 0.

    Raises:
        ValueError: `stride` is below 1 or above `length`: frames would be skipped.
    """
    if not 1 <= stride <= length:
        raise ValueError(f"stride {stride} must be between 1 and length {length}: frames would be skipped")
    if frames <= 0:
        return np.empty(0, np.int64)
    count = 1 + max(0, -(-(frames - length) // stride))
    return np.arange(count, dtype=np.int64) * stride


def runs(found: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Begin, end and value of each stretch of equal values, in order: where sequences that span no gap may lie.

    Args:
        found: whether a face is, shape (frames,), at least one frame.
    """
    edges = [0, *(np.flatnonzero(np.diff(found)) + 1).tolist(), len(found)]
    return [(begin, end, bool(found[begin])) for begin, end in pairwise(edges)]


def sequence_of(frame: int, begin: int, end: int, length: int) -> tuple[int, int]:
    """First frame and end of the sequence in which a frame is predicted, of a stretch that is cut without overlap."""
    first = begin + (frame - begin) // length * length
    return first, min(first + length, end)


def padded(start: int, frames: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Frames of the sequence that begins at `start`, the last frame repeated where the subject ends before it.

    Returns:
        Frame numbers and which of them are real, both of shape (length,); the real ones come first.
    """
    wanted = start + np.arange(length, dtype=np.int64)
    return np.minimum(wanted, frames - 1), wanted < frames
