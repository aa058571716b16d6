"""Uncertainty of scores by bootstrap over subjects: frames within a subject are not independent."""

import numpy as np
from numpy.typing import NDArray

from affectflow.tally import Absent, scores
from affectflow.tracks import Track

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def intervals(
    track: Track,
    tallies: Floats,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int,
    absent: Absent = "skip",
) -> dict[str, Interval]:
    """An interval of each score of `track.scores` that holds the true score with probability `level`.

    Args:
        track: what is predicted.
        tallies: of each subject, shape (subjects, statistics); see `affectflow.tally.tally`.
        level: in (0, 1).
        resamples: number of times that the subjects are drawn again.
        seed: of the draws.
        absent: see `affectflow.tally.Absent`.

    Returns:
        Low and high end by score; NaN for both with fewer than two subjects with annotated frames.
    """
    pooled = _draws(tallies, resamples, seed) @ tallies
    tails = (1 - level) / 2
    return {
        name: (float(np.quantile(values, tails)), float(np.quantile(values, 1 - tails)))
        for name, values in scores(track, pooled, absent).items()
    }


def difference(
    track: Track,
    one: Floats,
    other: Floats,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int,
    absent: Absent = "skip",
) -> dict[str, tuple[float, Interval]]:
    """How much higher `one` scores than `other` on the same subjects, with its interval, by score.

    Both are drawn together: what makes a subject hard for both does not count as uncertainty of their difference.

    Args:
        track: what is predicted.
        one: tallies of a method, shape (subjects, statistics).
        other: tallies of another method on the same subjects, in the same order.
        level: as in `intervals`.
        resamples: as in `intervals`.
        seed: as in `intervals`.
        absent: as in `intervals`.

    Returns:
        Score of `one` minus score of `other`, and the interval of this difference, by score.

    Raises:
        ValueError: the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"tallies of the same subjects have one shape, found {one.shape} and {other.shape}")
    draws = _draws(one, resamples, seed)
    tails = (1 - level) / 2
    found = {}
    for name, first in scores(track, draws @ one, absent).items():
        apart = first - scores(track, draws @ other, absent)[name]
        whole = scores(track, one.sum(axis=0), absent)[name] - scores(track, other.sum(axis=0), absent)[name]
        found[name] = float(whole), (float(np.quantile(apart, tails)), float(np.quantile(apart, 1 - tails)))
    return found


def _draws(tallies: Floats, resamples: int, seed: int) -> Floats:
    subjects = len(tallies)
    return np.random.default_rng(seed).multinomial(subjects, np.full(subjects, 1 / subjects), resamples).astype(float)
