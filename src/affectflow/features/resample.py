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
    known: Times = np.empty(0)
    held: Vectors | None = None
    done = 0
    for moments, vectors in pieces:
        known = np.concatenate([known, moments])
        held = vectors if held is None else np.concatenate([held, vectors])
        # What comes later is later than the last vector, so that it cannot be nearer to a frame before that.
        sure = known[-1] + earliest - reach - 2 * _HAIR if len(known) else -np.inf
        ready = int(np.searchsorted(times, sure, side="left"))
        if ready > done:
            yield _laid_out(known, held, times[done:ready], at, reach, middles)
            done = ready
        if done < len(times):
            # The vector before the next frame's time is still its neighbour.
            first = max(0, int(np.searchsorted(known, times[done] - latest - reach - _HAIR, side="left")) - 1)
            known, held = known[first:], held[first:]
    if held is not None and len(held) and done < len(times):
        yield _laid_out(known, held, times[done:], at, reach, middles)


def _laid_out(known: Times, vectors: Vectors, times: Times, at: At, reach: float, middles: Middles) -> Vectors:
    """Numbers of one time together."""
    out: Vectors = np.empty((len(times), vectors.shape[1]), np.float32)
    own = np.broadcast_to(middles, vectors.shape[1:])
    for middle in np.unique(own):
        these = own == middle
        out[:, these] = _laid(known + middle, vectors[:, these], times, at, reach)
    return out


def _laid(known: Times, vectors: Vectors, times: Times, at: At, reach: float) -> Vectors:
    after = np.searchsorted(known, times, side="left").clip(0, len(known) - 1)
    before = (after - (known[after] > times)).clip(0)
    left, right = np.abs(times - known[before]), np.abs(known[after] - times)
    nearest: Vectors = vectors[np.where(left <= right + _HAIR, before, after)]
    if at == "nearest":
        return nearest
    if at == "linear":
        # Beyond the ends, and on a vector's own time, both neighbours are the same.
        apart = known[after] - known[before]
        share = np.where(apart > 0, left / np.where(apart > 0, apart, 1), 0)[:, None]
        return ((1 - share) * vectors[before] + share * vectors[after]).astype(np.float32)
    begins = np.searchsorted(known, times - reach - _HAIR, side="left")
    ends = np.searchsorted(known, times + reach + _HAIR, side="right")
    rows = zip(begins.tolist(), ends.tolist(), nearest, strict=True)
    return np.stack([vectors[b:e].mean(axis=0, dtype=np.float64) if e > b else one for b, e, one in rows]).astype(
        np.float32
    )
