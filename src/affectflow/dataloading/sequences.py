"""Cut a subject's frames into sequences of one length."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affectflow.config.model.samples import Cut


def starts(frames: int, length: int, stride: int, cut: Cut = "covering") -> NDArray[np.int64]:
    """First frames of the sequences that together hold every frame of a subject.

    Sequences begin at 0, `stride`, 2 `stride`, …. `covering`: the last one is the first that reaches the last frame.
    `strides`: it is the last that has a frame, so that of n frames there are floor(n / stride) + 1, less the one
    without a frame where the stride divides n (Meng et al., section 3.3). It is padded where it reaches further.

    Returns:
        Frame numbers, shape (sequences,); empty where `frames` is 0.

    Raises:
        ValueError: `stride` is below 1 or above `length`: frames would be skipped.
    """
    if not 1 <= stride <= length:
        raise ValueError(f"stride {stride} must be between 1 and length {length}: frames would be skipped")
    if frames <= 0:
        return np.empty(0, np.int64)
    if cut == "strides":
        return np.arange(0, frames, stride, dtype=np.int64)
    count = 1 + max(0, -(-(frames - length) // stride))
    return np.arange(count, dtype=np.int64) * stride


def runs(detected: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Begin, end and value of each stretch of equal values, in order: where sequences that span no gap may lie.

    Args:
        detected: whether a face is, shape (frames,), at least one frame.
    """
    edges = [0, *(np.flatnonzero(np.diff(detected)) + 1).tolist(), len(detected)]
    return [(begin, end, bool(detected[begin])) for begin, end in pairwise(edges)]


def sequences_of(
    frame: int, begin: int, end: int, length: int, stride: int, cut: Cut = "covering"
) -> list[tuple[int, int]]:
    """First frame and end of every sequence in which a frame of a stretch is, as `starts` cuts it, in order."""
    first = begin + starts(end - begin, length, stride, cut)
    own = first[(first <= frame) & (frame < first + length)]
    return [(start, min(start + length, end)) for start in own.tolist()]


def lead(length: int, stride: int) -> int:
    """Frames by which the first of overlapping sequences begins before a stretch, so that its first frame is in as many
    as any other."""
    return (length - 1) // stride * stride


def overlapping_of(frame: int, begin: int, end: int, length: int, stride: int) -> list[tuple[int, int]]:
    """First frame and end, within the stretch, of every overlapping sequence in which a frame of it is, in order: they
    begin at every stride from `lead` frames before the stretch on."""
    first = np.arange(begin - lead(length, stride), end, stride)
    own = first[(first <= frame) & (frame < first + length)]
    return [(max(start, begin), min(start + length, end)) for start in own.tolist()]


def padded(start: int, frames: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Frames of the sequence that begins at `start`, the last frame repeated where the subject ends before it.

    Returns:
        Frame numbers and which of them are real, both of shape (length,); the real ones come first.
    """
    numbers = start + np.arange(length, dtype=np.int64)
    return np.minimum(numbers, frames - 1), numbers < frames
