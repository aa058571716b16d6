"""Weights of a late fusion of probabilities: of classes, or of one action unit.

Every weighting on the grid is tried. A frame on which all branches decide alike is decided so by every weighted average
of them: it is counted once for all candidates, and the frames in doubt alone are looked at for each.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.predictions import Scores
from affectflow.fusion.weighted import TIE, best_of, grid_of

Floats = NDArray[np.float64]

_NUMBERS = 1 << 22
"""Of the largest array that is made at a time."""
THRESHOLDS = np.arange(1, 100) / 100
"""Those that are tried for an action unit."""


def search_classes(
    branches: Scores, classes: NDArray[np.int64], step: float, score: Callable[[Floats], Floats]
) -> Floats:
    """The weights whose averaged probabilities, by their largest, score best.

    Args:
        branches: probabilities of the annotated frames, shape (branches, frames, classes).
        classes: annotated, shape (frames,).
        step: of the grid.
        score: of confusion matrices, annotated class by predicted, shape (candidates, classes x classes).

    Returns:
        Shape (branches,), of sum 1; of several that are equally good the one nearest to equal weights.
    """
    grid, steps = grid_of(len(branches), step)
    size = branches.shape[2]
    decided = branches.argmax(axis=2)
    sure = (decided == decided[0]).all(axis=0)
    fixed = confusions(decided[:1, sure], classes[sure], size)
    doubt, truth = np.ascontiguousarray(branches[:, ~sure].transpose(0, 2, 1)), classes[~sure]
    counts = np.empty((len(grid), size * size))
    block = max(1, _NUMBERS // max(1, doubt[0].size))
    for start in range(0, len(grid), block):
        weights = (grid[start : start + block] / steps).astype(np.float32)
        averages = np.tensordot(weights, doubt, axes=1)
        best, chosen = averages[:, 0].copy(), np.zeros((len(weights), len(truth)), np.int64)
        for other in range(1, size):
            better = averages[:, other] > best
            chosen[better] = other
            np.maximum(best, averages[:, other], out=best)
        counts[start : start + len(weights)] = confusions(chosen, truth, size) + fixed
    return best_of(grid, steps, score(counts))


def search_unit(branches: Scores, present: NDArray[np.bool_], step: float, score: Callable[[Floats], Floats]) -> Floats:
    """The weights whose averaged probability, above or below 0.5, scores best for one action unit.

    Args:
        branches: probabilities of the annotated frames, shape (branches, frames).
        present: annotated, shape (frames,).
        step: of the grid.
        score: of true positives, false positives, false negatives and true negatives, shape (candidates, 4).

    Returns:
        As `search_classes`.
    """
    grid, steps = grid_of(len(branches), step)
    decided = branches >= np.float32(0.5)
    sure = (decided == decided[0]).all(axis=0)
    fixed = outcomes(decided[:1, sure], present[sure])[0]
    doubt, truth = branches[:, ~sure], present[~sure]
    counts = np.empty((len(grid), 4))
    block = max(1, _NUMBERS // max(1, len(truth)))
    for start in range(0, len(grid), block):
        weights = (grid[start : start + block] / steps).astype(np.float32)
        counts[start : start + len(weights)] = outcomes(weights @ doubt >= np.float32(0.5), truth) + fixed
    return best_of(grid, steps, score(counts))


def fit_threshold(fused: Scores, present: NDArray[np.bool_], score: Callable[[Floats], Floats]) -> float:
    """The threshold on a unit's fused probability that scores best, the one nearest to 0.5 of several.

    Args:
        fused: probabilities of the annotated frames, shape (frames,).
        present: annotated, shape (frames,).
        score: as of `search_unit`.
    """
    limits = THRESHOLDS.astype(np.float32)
    values = score(np.concatenate([outcomes(fused[None] >= limit, present) for limit in limits]))
    best = THRESHOLDS[values >= values.max() - TIE]
    return float(best[np.abs(best - 0.5).argmin()])


def confusions(predicted: NDArray[np.int64], classes: NDArray[np.int64], size: int) -> Floats:
    """Confusion matrices, annotated class by predicted, of candidates (candidates, frames) against the annotated
    classes (frames,), of which there are `size`; shape (candidates, size x size)."""
    places = (np.arange(len(predicted))[:, None] * size + classes) * size + predicted
    counts = np.bincount(places.ravel(), minlength=len(predicted) * size * size)
    return counts.reshape(len(predicted), -1).astype(np.float64)


def outcomes(predicted: NDArray[np.bool_], present: NDArray[np.bool_]) -> Floats:
    """True positives, false positives, false negatives and true negatives of candidates (candidates, frames) against
    what is present (frames,); shape (candidates, 4)."""
    hits = (predicted & present).sum(axis=1)
    positives, occurrences = predicted.sum(axis=1), present.sum()
    return np.stack(
        [hits, positives - hits, occurrences - hits, len(present) - positives - occurrences + hits], axis=1
    ).astype(np.float64)
