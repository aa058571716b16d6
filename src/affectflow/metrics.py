"""Scores of predictions, as the ABAW challenges define them."""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Number = TypeVar("Number", float, NDArray[np.float64])


def ccc(prediction: ArrayLike, target: ArrayLike) -> float:
    """Concordance correlation coefficient (paper 000, equation 3), with population (1/N) moments.

    Args:
        prediction: numbers of shape (n,).
        target: numbers of shape (n,), none missing.

    Returns:
        A number in [-1, 1]; 0 where both are constant and differ, 1 where both are constant and equal.

    Raises:
        ValueError: the shapes differ, nothing is given, or a value is not finite.
    """
    x, y = np.asarray(prediction, np.float64), np.asarray(target, np.float64)
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise ValueError(f"ccc needs two vectors of one length above 0, found shapes {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("ccc needs finite numbers: drop what is not annotated first")
    return float(ccc_of_moments(x.mean(), y.mean(), x.var(), y.var(), float(((x - x.mean()) * (y - y.mean())).mean())))


def ccc_of_moments(mean_x: Number, mean_y: float | Number, var_x: Number, var_y: float | Number, cov: Number) -> Number:
    """CCC from population moments, for one pair of prediction and target or elementwise for many; see `ccc`."""
    spread = np.asarray(var_x + var_y + (mean_x - mean_y) ** 2)
    scores = np.divide(2 * cov, spread, out=np.ones_like(spread), where=spread > 0)
    return np.clip(scores, -1.0, 1.0)[()]  # rounding can leave the range by an ulp
