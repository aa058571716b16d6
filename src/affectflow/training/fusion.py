"""Weights of a late fusion: a weighted average of branch scores (paper 000, section 4.1).

Everything here follows from the moments of the branches and the target, so that no candidate costs a pass
over the frames.
"""

from math import comb

import numpy as np
from numpy.typing import NDArray

from affectflow.config.systems import Fusion
from affectflow.errors import InputError
from affectflow.statistics import Moments

MOST_CANDIDATES = 5_000_000
"""Largest grid that is searched: 5 branches with a step of 0.01, or 6 with 0.02."""
TIE = 1e-12
"""Scores that differ by less count as equal: the difference is rounding."""
_BLOCK = 1 << 18

Vector = NDArray[np.float64]


def find_weights(moments: Moments, fusion: Fusion) -> Vector:
    """Weights of the branches, in [0, 1] with sum 1, as the settings say.

    Args:
        moments: of the branches' scores and, as last column, the target, over the annotated validation
            frames.
        fusion: settings.

    Returns:
        Shape (branches,).

    Raises:
        InputError: the search's grid does not fit (see `search_weights`).
    """
    if fusion.weights == "search":
        return search_weights(moments, fusion.step)
    if fusion.weights == "ccc":
        return ccc_weights(moments)
    branches = len(moments.mean) - 1
    return np.full(branches, 1 / branches)


def search_weights(moments: Moments, step: float) -> Vector:
    """The weights with the highest CCC among all multiples of `step` that sum to 1: every one is tried.

    Of several that are equally good (within `TIE`) it takes those nearest to equal weights, and of these the
    ones that give most to the earlier branches.

    Raises:
        InputError: `step` does not divide 1, or the grid has more than `MOST_CANDIDATES` points.
    """
    branches, steps = len(moments.mean) - 1, round(1 / step)
    if abs(steps * step - 1) > 1e-9:
        raise InputError(f"fusion.step: 1 is not a multiple of {step}; set 0.01, 0.02, 0.05 or 1 over a whole number")
    candidates = comb(steps + branches - 1, branches - 1)
    if candidates > MOST_CANDIDATES:
        raise InputError(
            f"fusion.step: {branches} branches with a step of {step} make {candidates} candidates, at most "
            f"{MOST_CANDIDATES} are searched; set a larger step, or fusion.weights: ccc"
        )
    grid = simplex_grid(branches, steps)
    scores = np.concatenate(
        [moments.ccc(grid[start : start + _BLOCK] / steps) for start in range(0, len(grid), _BLOCK)]
    )
    best = grid[scores >= scores.max() - TIE]
    unevenness = ((best * branches - steps) ** 2).sum(axis=1)
    return best[unevenness.argmin()] / steps


def ccc_weights(moments: Moments) -> Vector:
    """Weights proportional to each branch's CCC (paper 001, equation 3).

    The paper does not say what a CCC below 0 gives: here the weight 0, for a negative share would turn a
    branch around. Where no branch has a CCC above 0 all get the same weight.
    """
    scores = np.maximum(moments.ccc(np.eye(len(moments.mean) - 1)), 0.0)
    total = scores.sum()
    return scores / total if total > 0 else np.full(len(scores), 1 / len(scores))


def simplex_grid(parts: int, steps: int) -> NDArray[np.int64]:
    """All ways to share `steps` among `parts`, shape (ways, parts), the largest first share first."""
    rows, left = np.zeros((1, 0), np.int64), np.array([steps])
    for _ in range(parts - 1):
        choices = left + 1
        rows, left, first = (np.repeat(values, choices, axis=0) for values in (rows, left, choices.cumsum() - choices))
        rest = np.arange(len(left)) - first
        rows, left = np.column_stack([rows, left - rest]), rest
    return np.column_stack([rows, left])
