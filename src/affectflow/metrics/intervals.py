"""Uncertainty of scores by bootstrap over subjects: frames within a subject are not independent.

All intervals are symmetric bootstrap-t intervals (Hall 1988, "On symmetric bootstrap confidence intervals"): subjects
are drawn again with replacement; how far the score of such a resample lies from that of the corpus is measured in
standard errors of the resample itself, by its jackknife; and the interval reaches as many standard errors to both sides
as `level` of all resamples stay within. On simulated corpora percentile, basic and BCa intervals hold the true
score too seldom, above all with few subjects: their macro scores are too low, those of resamples lower still, and
nothing in these methods knows how little a standard error from few subjects is worth. Fisher's z makes intervals of CCC
wider and not more often right. Errors are skewed to the right: their intervals are made of their logarithms, without
which they hold the true error too seldom. Intervals of differences are on the safe side with fewer than about 20
subjects. `tests/metrics/test_intervals.py` checks how often an interval holds the true score.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectflow.core.tracks import Track
from affectflow.metrics.sufficient_statistics import measures

Floats = NDArray[np.float64]
Score = Callable[[Floats], Floats]

_BLOCK = 1 << 18
_ROUNDING = 1e-12
"""Scores that differ by less are equal."""
_LEAST = 1e-12
"""Errors below count as this: 0 has no logarithm."""


class Interval(NamedTuple):
    """Ends of an interval; both NaN where it is not defined."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference of scores and the ends of its interval, which are NaN where it is not defined."""

    value: float
    low: float
    high: float


def intervals(
    track: Track,
    tallies: Floats,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int,
) -> dict[str, Interval]:
    """The interval of each of `track.measures` that holds the true one, of endlessly many subjects, with
    probability `level`.

    The subjects are the sample: their number decides how wide it is, not that of frames. With two or three subjects it
    is the whole range of the score. Where it makes no difference which subject is left out, as for a constant's CCC,
    both ends are the score itself. Subjects without annotated frames are left out.

    Args:
        track: what is predicted.
        tallies: of each subject, shape (subjects, statistics); see `affectflow.metrics.sufficient_statistics.tally`.
        level: in (0, 1).
        resamples: how many times the subjects are drawn again.
        seed: of the draws.

    Returns:
        By score; not defined with fewer than two subjects that have annotated frames.
    """
    error = np.array([name in track.errors for name in track.measures])

    def scaled(pooled: Floats) -> Floats:
        return _scaled(_all_measures(track)(pooled), error)

    low, high = (_scaled(bound, error) for bound in _range(track))
    ends = np.array(_ends(scaled, tallies, (low, high), level, resamples, seed))
    ends[error] = np.exp(ends[error])
    return {name: Interval(*map(float, pair)) for name, pair in zip(track.measures, ends, strict=True)}


def score_intervals(
    score: Score, tallies: Floats, bounds: tuple[float, float], *, level: float = 0.95, resamples: int = 1000, seed: int
) -> list[Interval]:
    """As `intervals`, of any scores: those that `score` makes of sums of tallies, of shape (…, statistics) to
    (…, scores), all within `bounds`."""
    low, high = map(np.asarray, bounds)
    return [Interval(*ends) for ends in _ends(score, tallies, (low, high), level, resamples, seed)]


def difference(
    track: Track,
    one: Floats,
    other: Floats,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int,
) -> dict[str, Difference]:
    """How much higher `one` scores than `other` on the same subjects, with the interval of this difference, by score.

    Both are drawn together: what makes a subject hard for both is no uncertainty of their difference.

    Args:
        track: what is predicted.
        one: tallies of a method, shape (subjects, statistics).
        other: tallies of another method for the same subjects in the same order.
        level: as in `intervals`.
        resamples: as in `intervals`.
        seed: as in `intervals`.

    Raises:
        ValueError: the shapes differ.
    """
    return pairwise_differences(track, [one, other], level=level, resamples=resamples, seed=seed)[0, 1]


def pairwise_differences(
    track: Track, tallies: Sequence[Floats], *, level: float = 0.95, resamples: int = 1000, seed: int
) -> dict[tuple[int, int], dict[str, Difference]]:
    """The `difference` of every pair of methods, the earlier one less the later, by their places. What a resample makes
    of a method is computed once for all its pairs.

    Args:
        track: what is predicted.
        tallies: of each method, all for the same subjects in the same order.
        level, resamples, seed: as in `intervals`.

    Raises:
        ValueError: the shapes differ.
    """
    if len(shapes := {tally.shape for tally in tallies}) > 1:
        listing = " and ".join(map(str, sorted(shapes)))
        raise ValueError(f"tallies of the same subjects have one shape, found {listing}")
    score = _all_measures(track)
    annotated = np.any([tally.any(axis=1) for tally in tallies], axis=0)
    tallies = [tally[annotated] for tally in tallies]
    wholes = [score(tally.sum(axis=0)) for tally in tallies]
    low, high = _range(track)
    pairs = list(combinations(range(len(tallies)), 2))
    every = {(one, other): wholes[one] - wholes[other] for one, other in pairs}
    if annotated.sum() < 2:
        ends = {pair: [(np.nan, np.nan)] * len(whole) for pair, whole in every.items()}
    else:
        draws = _draws(int(annotated.sum()), resamples, seed)
        resampled = [score(draws @ tally) for tally in tallies]
        once, errors = (
            _errors_apart(score, tallies, weights, pairs) for weights in (np.ones((1, len(draws[0]))), draws)
        )
        ends = {
            (i, j): _surround(
                whole, resampled[i] - resampled[j], once[i, j][0], errors[i, j], (low - high, high - low), level
            )
            for (i, j), whole in every.items()
        }
    return {
        pair: {
            name: Difference(value, *interval)
            for name, value, interval in zip(track.measures, whole.tolist(), ends[pair], strict=True)
        }
        for pair, whole in every.items()
    }


def _range(track: Track) -> tuple[Floats, Floats]:
    """Lowest and highest values of all measures, each of shape (measures,)."""
    low, high = zip(*map(track.range_of, track.measures), strict=True)
    return np.array(low), np.array(high)


def _scaled(values: Floats, error: NDArray[np.bool_]) -> Floats:
    """Measures of shape (…, measures) with the logarithms of those that are errors."""
    return np.where(error, np.log(np.maximum(values, _LEAST)), values)


def _all_measures(track: Track) -> Score:
    return lambda pooled: np.stack(list(measures(track, pooled).values()), axis=-1)


def _ends(
    score: Score, tallies: Floats, bounds: tuple[Floats, Floats], level: float, resamples: int, seed: int
) -> list[tuple[float, float]]:
    """Low and high end for each score that `score` makes of pooled tallies, none beyond `bounds`."""
    tallies = tallies[tallies.any(axis=1)]
    subjects = len(tallies)
    whole = score(tallies.sum(axis=0))
    if subjects < 2:
        return [(np.nan, np.nan)] * len(whole)
    draws = _draws(subjects, resamples, seed)
    error = _errors(score, tallies, np.ones((1, subjects)))[0]
    return _surround(whole, score(draws @ tallies), error, _errors(score, tallies, draws), bounds, level)


def _draws(subjects: int, resamples: int, seed: int) -> Floats:
    """How often each resample has each subject, shape (resamples, subjects)."""
    chances = np.full(subjects, 1 / subjects)
    return np.random.default_rng(seed).multinomial(subjects, chances, resamples).astype(np.float64)


def _surround(
    whole: Floats, resampled: Floats, error: Floats, errors: Floats, bounds: tuple[Floats, Floats], level: float
) -> list[tuple[float, float]]:
    """Low and high end around each score of `whole`, shape (scores,), which has the standard error `error`;
    `resampled` and `errors`, shape (resamples, scores), are the same of the resamples."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.abs(resampled - whole) / errors
    # A resample whose subjects agree and yet lie elsewhere, or that has no score, says that nothing is known.
    distances[np.isnan(distances)] = np.inf
    distances[np.abs(resampled - whole) <= _ROUNDING] = 0.0
    reach = np.quantile(distances, level, axis=0, method="higher")
    # Where it makes no difference which subject is left out, the score is certain.
    half = np.multiply(reach, error, out=np.zeros_like(error), where=~(error <= _ROUNDING))
    ends = np.clip([whole - half, whole + half], *bounds)
    return [(float(low), float(high)) for low, high in ends.T]


def _errors(score: Score, tallies: Floats, draws: Floats) -> Floats:
    """Standard error of the scores of each resample by the jackknife, which leaves out one of its subjects at a time.

    Args:
        score: see `_ends`.
        tallies: shape (subjects, statistics).
        draws: how often each resample has each subject, shape (resamples, subjects).

    Returns:
        Shape (resamples, scores).
    """
    blocks = _leave_one_out(score, [tallies], draws)
    return np.concatenate([_jackknife(times, apart, len(tallies)) for times, (apart,) in blocks])


def _errors_apart(
    score: Score, tallies: Sequence[Floats], draws: Floats, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Floats]:
    """As `_errors`, of the differences of pairs of methods."""
    errors: dict[tuple[int, int], list[Floats]] = {pair: [] for pair in pairs}
    for times, apart in _leave_one_out(score, tallies, draws):
        for one, other in pairs:
            errors[one, other].append(_jackknife(times, apart[one] - apart[other], len(tallies[0])))
    return {pair: np.concatenate(blocks) for pair, blocks in errors.items()}


def _leave_one_out(score: Score, tallies: Sequence[Floats], draws: Floats) -> Iterator[tuple[Floats, list[Floats]]]:
    """Of a few resamples at a time how often each has each subject, shape (resamples, subjects), and for each of
    `tallies` how far its scores without one of these subjects lie from their mean, shape (resamples, subjects, scores).
    """
    subjects, statistics = tallies[0].shape
    step = max(1, _BLOCK // (subjects * statistics))
    for start in range(0, len(draws), step):
        block = draws[start : start + step]
        present = block.any(axis=0)  # of very many subjects a third is in no resample of the few
        times, apart = block[:, present], []
        for tally in tallies:
            without = score((block @ tally)[:, None] - tally[present])
            without = np.where(times[..., None] > 0, without, 0.0)
            apart.append(without - np.einsum("rs,rsk->rk", times, without)[:, None] / subjects)
        yield times, apart


def _jackknife(times: Floats, apart: Floats, subjects: int) -> Floats:
    """Standard errors, shape (resamples, scores), from what `_leave_one_out` gives."""
    return np.sqrt((subjects - 1) / subjects * np.einsum("rs,rsk,rsk->rk", times, apart, apart))
