"""Weights of a late fusion: a weighted average of branch scores (Antoniadis et al., section 4.1).

Scores follow from the moments of the branches and the target, so that no candidate costs a pass over the frames.
"""

from collections.abc import Callable
from math import comb

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError

MOST_CANDIDATES = 5_000_000
"""Largest grid that is searched: 5 branches with a step of 0.01, or 6 with 0.02."""
TIE = 1e-12
"""Scores that differ by less count as equal: the difference is rounding."""
_BLOCK = 1 << 18

Vector = NDArray[np.float64]


def search_weights(score: Callable[[Vector], Vector], branches: int, step: float) -> Vector:
    """The weights with the highest score among all multiples of `step` that sum to 1: every one is tried.

    Of several that are equally good (within `TIE`) it takes those nearest to equal weights, and of these the
    ones that give most to the earlier branches.

    Args:
        score: of weightings of shape (candidates, branches), such as `metrics.moments.Moments.ccc`.
        branches: how many.
        step: of the grid.

    Raises:
        InputError: `step` does not divide 1, or the grid has more than `MOST_CANDIDATES` points.
    """
    grid, steps = grid_of(branches, step)
    scores = np.concatenate([score(grid[start : start + _BLOCK] / steps) for start in range(0, len(grid), _BLOCK)])
    return best_of(grid, steps, scores)


def best_of(grid: NDArray[np.int64], steps: int, scores: Vector) -> Vector:
    """The weights of the best score, shape (branches,); of several those nearest to equal ones."""
    best = grid[scores >= scores.max() - TIE]
    unevenness = ((best * grid.shape[1] - steps) ** 2).sum(axis=1)
    return best[unevenness.argmin()] / steps


def grid_of(branches: int, step: float) -> tuple[NDArray[np.int64], int]:
    """Every weighting on a grid as shares (candidates, branches) of so many steps.

    Raises:
        InputError: `step` does not divide 1, or the grid has more than `MOST_CANDIDATES` points.
    """
    steps = round(1 / step)
    if abs(steps * step - 1) > 1e-9:
        raise InputError(f"fusion.step: 1 is not a multiple of {step}; set 0.01, 0.02, 0.05 or 1 over a whole number")
    candidates = comb(steps + branches - 1, branches - 1)
    if candidates > MOST_CANDIDATES:
        raise InputError(
            f"fusion.step: {branches} branches with a step of {step} make {candidates} candidates, at most "
            f"{MOST_CANDIDATES} are searched; set a larger step, or fusion.weights: score"
        )
    return simplex_grid(branches, steps), steps


def score_weights(scores: Vector) -> Vector:
    """Weights proportional to each branch's score (Kollias and Zafeiriou, equation 3), shape (branches,).

    The paper does not say what a score below 0 gives: here the weight 0, for a negative share would turn a
    branch around. Where no branch has a score above 0 all get the same weight.
    """
    shares = np.maximum(scores, 0.0)
    total = shares.sum()
    return shares / total if total > 0 else np.full(len(shares), 1 / len(shares))


def simplex_grid(parts: int, steps: int) -> NDArray[np.int64]:
    """All ways to share `steps` among `parts`, shape (ways, parts), the largest first share first."""
    rows, remaining = np.zeros((1, 0), np.int64), np.array([steps])
    for _ in range(parts - 1):
        choices = remaining + 1
        rows, remaining, first = (
            np.repeat(values, choices, axis=0) for values in (rows, remaining, choices.cumsum() - choices)
        )
        rest = np.arange(len(remaining)) - first
        rows, remaining = np.column_stack([rows, remaining - rest]), rest
    return np.column_stack([rows, remaining])
