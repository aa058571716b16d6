"""Scores of every track from sufficient statistics by subject: what must be known of many frames to score them."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectflow.core.tracks import Track
from affectflow.metrics.measures import ccc_of_moments, pearson_of_moments, ratio, unit_outcomes

Floats = NDArray[np.float64]

_BLOCK = 1 << 16
_SUMS = 7
"""Statistics of a target that is a number."""
_ROUNDING = 1e-12
"""A variance below this share of the mean square is rounding of the sums: the column is constant."""


class Details(TypedDict):
    """What a report shows beside the scores."""

    annotated: dict[str, int]
    """Annotated frames by target."""
    f1: NotRequired[dict[str, float]]
    """By output, in [0, 1]; NaN where a class or unit does not count in the mean. Not where targets are numbers."""
    confusion: NotRequired[NDArray[np.int64]]
    """Frames by annotated and predicted class: (classes, classes), or of units (units, 2, 2) with absent before
    present. Not where targets are numbers."""


def tally(
    track: Track,
    values: NDArray[np.float32],
    targets: NDArray[np.float32],
    starts: ArrayLike,
    thresholds: ArrayLike | None = None,
) -> Floats:
    """Sufficient statistics of each subject. Those of subjects, of one call, add to those of their union.

    Numbers: for each target the count and the sums of x - y, x', y', x'², y'² and x'y' of prediction x and
    annotation y, over frames in which all are annotated; x' and y' are x and y less their means over all frames given,
    so that what varies little about a large mean keeps its digits. Only tallies of one call can be added therefore.
    Classes: the confusion matrix, annotated class by predicted class, which is the most probable one, the first of
    equals. Units: for each the true positives, false positives, false negatives and true negatives over its
    annotated frames.

    Args:
        track: what is predicted.
        values: predictions, shape (frames, outputs).
        targets: annotations, shape (frames, targets); NaN is "not annotated".
        starts: first row of each subject and, last, the number of rows; shape (subjects + 1,).
        thresholds: probability from which on each unit counts as present, shape (units,); 0.5 where none are given.

    Returns:
        Shape (subjects, statistics).

    Raises:
        ValueError: shapes do not fit, a prediction of an annotated frame is not finite, or an annotation is not one of
            the track's.
    """
    starts = np.asarray(starts, np.int64)
    rows = int(starts[-1])
    if values.shape != (rows, len(track.outputs)) or targets.shape != (rows, len(track.targets)):
        raise ValueError(
            f"{rows} rows of track {track.name} need {len(track.outputs)} outputs and {len(track.targets)} targets, "
            f"found the shapes {values.shape} and {targets.shape}"
        )
    limits = np.full(len(track.outputs), 0.5) if thresholds is None else np.asarray(thresholds)
    count = _counting(track, values, targets, limits)
    tallies = []
    for first, last in pairwise(starts.tolist()):
        edges = [*range(first, last, _BLOCK), last]
        tallies.append(sum((count(values[a:b], targets[a:b]) for a, b in pairwise(edges)), np.zeros(_size(track))))
    return np.array(tallies).reshape(-1, _size(track))


def _counting(
    track: Track, values: NDArray[np.float32], targets: NDArray[np.float32], limits: Floats
) -> Callable[[NDArray[np.float32], NDArray[np.float32]], Floats]:
    if track.continuous:
        return partial(_sums, centres=_centres(values, targets))
    return _matrix if track.kind == "classes" else partial(_decisions, limits=limits.astype(np.float32))


def scores(track: Track, pooled: Floats) -> dict[str, Floats]:
    """The scores that `track.scores` names, from sums of tallies.

    Numbers: CCC, as `metrics.ccc`, or Pearson's correlation. Classes: their mean F1, and the share of right frames.
    Units: the mean F1 of the units, and the share of right decisions among those on all units together. A class
    that is neither annotated nor predicted is left out of the mean, as scikit-learn does; a unit that is neither
    present nor predicted counts as `track.absent_units` says, one that is annotated in no frame not at all. `total`
    weights them as `track` says.

    Args:
        track: what is predicted.
        pooled: shape (…, statistics).

    Returns:
        Arrays of shape (…), NaN where no frame is annotated.
    """
    single = _correlations(track, pooled) if track.continuous else _f1_and_accuracy(track, pooled)
    total = sum(weight * score for weight, score in zip(track.total, single, strict=True))
    return dict(zip(track.scores, [*single, np.asarray(total)], strict=True))


def measures(track: Track, pooled: Floats) -> dict[str, Floats]:
    """What `track.measures` names, from sums of tallies: `scores`, and the mean squared errors of numbers.

    Args, Returns: as of `scores`.
    """
    values = scores(track, pooled)
    if not track.errors:
        return values
    count, apart, var_x, var_y, cov = _moments(track, pooled)
    each = np.where(count > 0, np.maximum(var_x - 2 * cov + var_y, 0.0) + apart**2, np.nan)  # rounding can pass 0
    return values | dict(zip(track.errors, [*np.moveaxis(each, -1, 0), each.mean(axis=-1)], strict=True))


def details(track: Track, pooled: Floats) -> Details:
    """Annotated frames, F1 by class or unit, and the confusion matrix, from a sum of tallies, shape (statistics,)."""
    if track.continuous:
        return {
            "annotated": dict(zip(track.targets, pooled.reshape(-1, _SUMS)[:, 0].astype(int).tolist(), strict=True))
        }
    if track.kind == "classes":
        matrix: Floats = pooled.reshape(len(track.outputs), -1)
        annotated = matrix.sum(keepdims=True)[0]
    else:
        matrix = pooled.reshape(-1, 4)[:, [3, 1, 2, 0]].reshape(-1, 2, 2)
        annotated = matrix.sum(axis=(1, 2))
    return {
        "annotated": dict(zip(track.targets, annotated.astype(int).tolist(), strict=True)),
        "f1": dict(zip(track.outputs, _outcomes(track, pooled)[0].tolist(), strict=True)),
        "confusion": matrix.astype(np.int64),
    }


def _size(track: Track) -> int:
    if track.continuous:
        return _SUMS * len(track.targets)
    return len(track.outputs) ** 2 if track.kind == "classes" else 4 * len(track.outputs)


def _centres(values: NDArray[np.float32], targets: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Means of predictions and annotations, each of shape (targets, 1); 0 where nothing is annotated."""
    annotated = ~np.isnan(targets).any(axis=1, keepdims=True)
    if not annotated.any():
        return np.zeros((values.shape[1], 1)), np.zeros((targets.shape[1], 1))
    x, y = (part.mean(axis=0, dtype=np.float64, where=annotated, keepdims=True).T for part in (values, targets))
    return x, y


def _sums(values: NDArray[np.float32], targets: NDArray[np.float32], centres: tuple[Floats, Floats]) -> Floats:
    annotated = ~np.isnan(targets).any(axis=1)
    x, y = (np.ascontiguousarray(part[annotated].T, np.float64) for part in (values, targets))
    if not np.isfinite(x).all():
        raise ValueError("a prediction of an annotated frame is not a finite number")
    counts, apart = np.full(len(x), float(x.shape[1])), (x - y).sum(axis=1)
    x -= centres[0]
    y -= centres[1]
    return np.stack([counts, apart, *(part.sum(axis=1) for part in (x, y, x * x, y * y, x * y))], axis=1).ravel()


def _matrix(values: NDArray[np.float32], targets: NDArray[np.float32]) -> Floats:
    annotated = ~np.isnan(targets[:, 0])
    x, y, classes = values[annotated], targets[annotated, 0], values.shape[1]
    if not np.isfinite(x).all():
        raise ValueError("a prediction of an annotated frame is not a finite number")
    if ((y < 0) | (y >= classes) | (y != np.floor(y))).any():
        raise ValueError(f"an annotated expression is not one of 0 to {classes - 1}")
    return np.bincount(y.astype(np.int64) * classes + x.argmax(axis=1), minlength=classes**2).astype(np.float64)


def _decisions(values: NDArray[np.float32], targets: NDArray[np.float32], limits: NDArray[np.float32]) -> Floats:
    annotated = ~np.isnan(targets)
    if not (np.isfinite(values) | ~annotated).all():
        raise ValueError("a prediction of an annotated frame is not a finite number")
    present = targets == 1
    if (annotated & ~present & (targets != 0)).any():
        raise ValueError("an annotated action unit is neither 0 nor 1")
    predicted = (values >= limits) & annotated
    hits, predictions, presences = (a.sum(axis=0) for a in (predicted & present, predicted, present))
    rest = annotated.sum(axis=0) - predictions - presences + hits
    return np.stack([hits, predictions - hits, presences - hits, rest], axis=1).ravel().astype(np.float64)


def _moments(track: Track, pooled: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Count, mean of x less mean of y, variances of x and y and their covariance, each of shape (…, targets)."""
    parts = np.moveaxis(np.asarray(pooled, np.float64).reshape(*pooled.shape[:-1], len(track.targets), _SUMS), -1, 0)
    count = parts[0]
    apart, mean_x, mean_y, square_x, square_y, product = (ratio(part, count) for part in parts[1:])
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    cov = product - mean_x * mean_y
    for square, variance in ((square_x, var_x), (square_y, var_y)):
        constant = variance <= _ROUNDING * square
        variance[constant] = cov[constant] = 0.0
    return count, apart, var_x, var_y, cov


def _correlations(track: Track, pooled: Floats) -> list[Floats]:
    """The CCC of each target, or Pearson's correlation."""
    count, apart, var_x, var_y, cov = _moments(track, pooled)
    if track.agreement == "pearson":
        each = pearson_of_moments(var_x, var_y, cov)
    else:
        each = ccc_of_moments(apart, 0.0, var_x, var_y, cov)
    return list(np.moveaxis(np.where(count > 0, each, np.nan), -1, 0))


def _f1_and_accuracy(track: Track, pooled: Floats) -> list[Floats]:
    each, right, decisions = _outcomes(track, pooled)
    mean = ratio(np.nan_to_num(each).sum(axis=-1), (~np.isnan(each)).sum(axis=-1))
    return [mean, ratio(right, decisions)]


def _outcomes(track: Track, pooled: Floats) -> tuple[Floats, Floats, Floats]:
    """F1 of each class or unit, shape (…, outputs), NaN for those that do not count; the number of right decisions and
    of all, (…)."""
    pooled = np.asarray(pooled, np.float64)
    if track.kind == "classes":
        each, every = np.eye(len(track.outputs)), np.ones((len(track.outputs), 1))
        hits = pooled[..., :: len(track.outputs) + 1]
        # Sums of rows and of columns as a product, several times faster than sums over short axes.
        occurrences = pooled @ (np.kron(each, every) + np.kron(every, each))
        return ratio(2 * hits, occurrences), hits.sum(axis=-1), occurrences.sum(axis=-1) / 2
    f1, right, decisions = unit_outcomes(pooled, track.absent_units)
    return f1, right.sum(axis=-1), decisions.sum(axis=-1)
