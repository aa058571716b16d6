"""Scores of predictions: the CCC, and those of papers that no ABAW challenge has."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectflow.core.tracks import AbsentUnits

Floats = NDArray[np.float64]
Number = TypeVar("Number", float, NDArray[np.float64])


def ccc(prediction: ArrayLike, target: ArrayLike) -> float:
    """Concordance correlation coefficient (Antoniadis et al., equation 3), with population (1/N) moments.

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


def pearson_of_moments(var_x: Number, var_y: float | Number, cov: Number) -> Number:
    """Pearson's correlation coefficient from population moments, for one pair of prediction and target or elementwise
    for many; in [-1, 1], 0 where either is constant."""
    spread = np.sqrt(np.asarray(var_x * var_y))
    scores = np.divide(cov, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(scores, -1.0, 1.0)[()]  # rounding can leave the range by an ulp


def unweighted_average_recall(counts: ArrayLike) -> Floats:
    """Mean recall of the classes (UAR): the mean diagonal of the confusion matrix with rows as shares of the annotated
    class (Kollias and Zafeiriou, `Diag.` and `UAR` of table VI). A class that is never annotated is left out of the
    mean.

    Args:
        counts: confusion matrices, annotated class by predicted class, as `tally` of track expr gives, shape
            (…, classes x classes).

    Returns:
        Shape (…), in [0, 1]; NaN where nothing is annotated.

    Raises:
        ValueError: the last axis is not that of a square matrix.
    """
    pooled = np.asarray(counts, np.float64)
    classes = math.isqrt(pooled.shape[-1])
    if classes**2 != pooled.shape[-1]:
        raise ValueError(f"a confusion matrix has classes x classes counts, found {pooled.shape[-1]}")
    annotated = pooled.reshape(*pooled.shape[:-1], classes, classes).sum(axis=-1)
    return _mean(ratio(pooled[..., :: classes + 1], annotated))


def average_f1_accuracy(counts: ArrayLike, absent: AbsentUnits = "zero") -> Floats:
    """Average of the mean F1 and the mean accuracy of the action units (Kollias and Zafeiriou, `AFA` of table VI).

    Each unit's accuracy counts the same, however many frames it is annotated in, unlike in `tally.scores`; one without
    an annotated frame is left out of both means.

    Args:
        counts: true positives, false positives, false negatives and true negatives of each unit, as `tally` of track au
            gives, shape (…, units x 4).
        absent: as of `unit_outcomes`.

    Returns:
        Shape (…), in [0, 1]; NaN where nothing is annotated or no unit counts.

    Raises:
        ValueError: the last axis does not hold four counts a unit.
    """
    pooled = np.asarray(counts, np.float64)
    if pooled.shape[-1] % 4:
        raise ValueError(f"action units have 4 counts each, found {pooled.shape[-1]}")
    f1, right, decisions = unit_outcomes(pooled, absent)
    return np.asarray((_mean(f1) + _mean(ratio(right, decisions))) / 2)


def unit_outcomes(counts: Floats, absent: AbsentUnits) -> tuple[Floats, Floats, Floats]:
    """F1 of each action unit, NaN where it does not count; its right decisions, and all: each of shape (…, units).

    Args:
        counts: sums of tallies of track au, shape (…, units x 4).
        absent: what a unit counts that is annotated, and neither present nor predicted.
    """
    hits, false, missed, rest = np.moveaxis(counts.reshape(*counts.shape[:-1], -1, 4), -1, 0)
    occurrences, decisions = 2 * hits + false + missed, hits + false + missed + rest
    f1 = ratio(2 * hits, occurrences)
    if absent == "zero":
        f1 = np.where((occurrences == 0) & (decisions > 0), 0.0, f1)
    return f1, hits + rest, decisions


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """`part / whole`, NaN where `whole` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _mean(values: Floats) -> Floats:
    """Over the last axis, of what is not NaN; NaN where nothing is."""
    return ratio(np.nan_to_num(values).sum(axis=-1), (~np.isnan(values)).sum(axis=-1))
