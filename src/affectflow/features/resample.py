"""From the times of a set's own frames to those of a video's."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectflow.features.extractor import Middles, Pieces

At = Literal["nearest", "linear", "mean"]
Times = NDArray[np.float64]
Vectors = NDArray[np.float32]

_HAIR = 1e-9
"""Seconds that are no difference, so that neither a tie nor a window's edge hangs on how times are rounded."""


def at_times(pieces: Pieces, times: Times, at: At, window: float, middles: Middles = 0.0) -> Iterator[Vectors]:
    """What a video's frames have of vectors with times of their own.

    `nearest`: the vector whose time is nearest to the frame's, of two the earlier; `linear`: both neighbours of the
    frame's time, weighted by how near they are, and before the first and after the last time that one alone; `mean`:
    the mean of the vectors at most half of `window` away, the nearest one where there is none. Where numbers of one
    vector have times of their own, the rule holds for each: a frame has them of different vectors. What comes does not
    depend on how the vectors are cut into pieces; of these only those around one frame's time are held.

    Args:
        pieces: times (count,), ascending, and vectors (count, size).
        times: of the video's frames, shape (frames,), ascending, on the same timeline.
        at: the rule.
        window: seconds, for `mean`.
        middles: seconds from a vector's time to its own, or to that of each of its numbers, shape (size,).

    Yields:
        Vectors of shape (some frames, size), together those of all frames; nothing where there is no vector.
    """
    reach = window / 2 if at == "mean" else 0.0
    earliest, latest = np.min(middles), np.max(middles)
    vector_times: Times = np.empty(0)
    buffer: Vectors | None = None
    frames_done = 0
    for moments, vectors in pieces:
        vector_times = np.concatenate([vector_times, moments])
        buffer = vectors if buffer is None else np.concatenate([buffer, vectors])
        # What comes later is later than the last vector, so that it cannot be nearer to a frame before that.
        sure = vector_times[-1] + earliest - reach - 2 * _HAIR if len(vector_times) else -np.inf
        ready = int(np.searchsorted(times, sure, side="left"))
        if ready > frames_done:
            yield _resample_by_middle(vector_times, buffer, times[frames_done:ready], at, reach, middles)
            frames_done = ready
        if frames_done < len(times):
            # The vector before the next frame's time is still its neighbour.
            first = max(
                0, int(np.searchsorted(vector_times, times[frames_done] - latest - reach - _HAIR, side="left")) - 1
            )
            vector_times, buffer = vector_times[first:], buffer[first:]
    if buffer is not None and len(buffer) and frames_done < len(times):
        yield _resample_by_middle(vector_times, buffer, times[frames_done:], at, reach, middles)


def _resample_by_middle(
    vector_times: Times, vectors: Vectors, times: Times, at: At, reach: float, middles: Middles
) -> Vectors:
    """Numbers of one time together."""
    out: Vectors = np.empty((len(times), vectors.shape[1]), np.float32)
    own = np.broadcast_to(middles, vectors.shape[1:])
    for middle in np.unique(own):
        columns = own == middle
        out[:, columns] = _resample(vector_times + middle, vectors[:, columns], times, at, reach)
    return out


def _resample(vector_times: Times, vectors: Vectors, times: Times, at: At, reach: float) -> Vectors:
    after = np.searchsorted(vector_times, times, side="left").clip(0, len(vector_times) - 1)
    before = (after - (vector_times[after] > times)).clip(0)
    to_before, to_after = np.abs(times - vector_times[before]), np.abs(vector_times[after] - times)
    nearest: Vectors = vectors[np.where(to_before <= to_after + _HAIR, before, after)]
    if at == "nearest":
        return nearest
    if at == "linear":
        # Beyond the ends, and on a vector's own time, both neighbours are the same.
        apart = vector_times[after] - vector_times[before]
        share = np.where(apart > 0, to_before / np.where(apart > 0, apart, 1), 0)[:, None]
        return ((1 - share) * vectors[before] + share * vectors[after]).astype(np.float32)
    begins = np.searchsorted(vector_times, times - reach - _HAIR, side="left")
    ends = np.searchsorted(vector_times, times + reach + _HAIR, side="right")
    rows = zip(begins.tolist(), ends.tolist(), nearest, strict=True)
    return np.stack(
        [vectors[b:e].mean(axis=0, dtype=np.float64) if e > b else fallback for b, e, fallback in rows]
    ).astype(np.float32)
