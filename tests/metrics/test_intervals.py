"""Intervals of scores hold the true score as often as they say, and are not made up where they are not defined."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from affectflow.core.tracks import TrackName, track_of
from affectflow.metrics.baselines import constant
from affectflow.metrics.intervals import difference, intervals
from affectflow.metrics.sufficient_statistics import measures, tally

Floats = NDArray[np.float64]
Process = Callable[[np.random.Generator, int, int], tuple[Floats, Floats]]

RESAMPLES = 199
TRUTH = 3000
"""Subjects that give the true score: 100 times as many as the largest corpus has."""
FRAMES = 90
EXPRESSIONS = np.array([0.38, 0.08, 0.08, 0.08, 0.18, 0.12, 0.08])
UNITS = np.array([0.12, 0.05, 0.16, 0.26, 0.35, 0.34, 0.25, 0.04, 0.04, 0.04, 0.6, 0.08])
names = pytest.mark.parametrize("name", ["va", "expr", "au"])


def slow(rng: np.random.Generator, subjects: int, frames: int) -> Floats:
    """Two curves of standard deviation 1 by subject that forget themselves over about 30 frames."""
    noise = rng.standard_normal((subjects, frames, 2))
    noise[:, 0] /= np.sqrt(1 - 0.97**2)
    return np.asarray(lfilter([np.sqrt(1 - 0.97**2)], [1, -0.97], noise, axis=1))


def slow_noise(rng: np.random.Generator, subjects: int, frames: int, columns: int) -> Floats:
    """Numbers in (0, 1) that stay for 15 frames each."""
    return np.repeat(rng.random((subjects, frames // 15 + 1, columns)), 15, axis=1)[:, :frames]


def affect(rng: np.random.Generator, subjects: int, frames: int) -> tuple[Floats, Floats]:
    """Subjects with a level of their own; predictions that stretch and shift each of them differently."""
    level, bias = rng.normal(0.1, 0.25, (subjects, 1, 2)), rng.normal(0, 0.12, (subjects, 1, 2))
    targets = level + 0.25 * slow(rng, subjects, frames)
    stretch = 0.7 * rng.lognormal(0, 0.2, (subjects, 1, 1))
    values = stretch * targets + bias + 0.15 * slow(rng, subjects, frames)
    return values.clip(-1, 1), targets.clip(-1, 1)


def expressions(rng: np.random.Generator, subjects: int, frames: int) -> tuple[Floats, Floats]:
    """Subjects with a mix of classes of their own; probabilities that favour others by subject."""
    mix = rng.dirichlet(8 * EXPRESSIONS, subjects).cumsum(axis=1)[:, None]
    targets = (slow_noise(rng, subjects, frames, 1) > mix).sum(axis=2).clip(max=6)
    evidence = 2 * np.eye(7)[targets] + rng.normal(0, 0.7, (subjects, 1, 7)) + np.log(EXPRESSIONS) / 2
    evidence += 3 * slow_noise(rng, subjects, frames, 7) + rng.normal(0, 0.5, (subjects, frames, 7))
    return evidence, targets[..., None].astype(np.float64)


def units(rng: np.random.Generator, subjects: int, frames: int) -> tuple[Floats, Floats]:
    """Subjects who show each unit more or less often; probabilities that lean to one side by subject."""
    rate = 1 / (1 + np.exp(-np.log(UNITS / (1 - UNITS)) - rng.normal(0, 0.8, (subjects, 1, 12))))
    targets = (slow_noise(rng, subjects, frames, 12) < rate).astype(np.float64)
    evidence = 3.5 * targets - 1.75 + np.log(UNITS / (1 - UNITS)) / 3 + rng.normal(0, 0.7, (subjects, 1, 12))
    evidence += 3 * slow_noise(rng, subjects, frames, 12) - 1.5 + rng.normal(0, 0.7, (subjects, frames, 12))
    return 1 / (1 + np.exp(-evidence)), targets


PROCESSES: dict[TrackName, Process] = {"va": affect, "expr": expressions, "au": units}
NOISE = {"va": 0.1, "expr": 0.5, "au": 0.1}
"""What the predictions of the other method of a pair have more of, of subjects and of frames."""


def tallies(name: TrackName, rng: np.random.Generator, subjects: int) -> Floats:
    """Tallies of a method and of a noisier one for simulated subjects of unequal length, (2, subjects, statistics)."""
    track = track_of(name)
    parts = []
    for count in [300] * (subjects // 300) + [subjects % 300]:
        lengths = np.clip(rng.lognormal(np.log(FRAMES / 2), 0.6, count), 15, FRAMES).astype(int)
        values, targets = PROCESSES[name](rng, count, FRAMES)
        shape = (count, 1, values.shape[2])
        noisier = values + NOISE[name] * (rng.normal(0, 0.5, shape) + rng.standard_normal((count, FRAMES, 1)))
        mask, starts = np.arange(FRAMES) < lengths[:, None], np.cumsum([0, *lengths])
        annotated = targets[mask].astype(np.float32)
        parts.append([tally(track, v[mask].astype(np.float32), annotated, starts) for v in (values, noisier)])
    return np.concatenate(parts, axis=1)


@cache
def truth(name: TrackName) -> Floats:
    """Pooled tallies of both methods over so many subjects that their scores are the true ones."""
    return tallies(name, np.random.default_rng(0), TRUTH).sum(axis=1)


def corpora(name: TrackName, subjects: int, count: int) -> Floats:
    """Simulated corpora, shape (count, 2, subjects, statistics)."""
    samples = tallies(name, np.random.default_rng(subjects), count * subjects)
    return samples.reshape(2, count, subjects, -1).swapaxes(0, 1)


@names
@pytest.mark.parametrize(("subjects", "count"), [(8, 400), (30, 200)])
def test_intervals_hold_the_true_score(name: TrackName, subjects: int, count: int) -> None:
    track = track_of(name)
    true = measures(track, truth(name)[0])
    holding = dict.fromkeys(track.measures, 0)
    for seed, (one, _) in enumerate(corpora(name, subjects, count)):
        for score, (low, high) in intervals(track, one, resamples=RESAMPLES, seed=seed).items():
            holding[score] += low <= true[score] <= high
    for score, right in holding.items():
        assert 0.91 <= right / count <= 0.98, f"{score}: {right} of {count} intervals hold the true score"


@names
def test_intervals_of_differences_hold_the_true_difference(name: TrackName) -> None:
    track = track_of(name)
    better, worse = (measures(track, pooled) for pooled in truth(name))
    holding = dict.fromkeys(track.measures, 0)
    for seed, (one, other) in enumerate(corpora(name, 30, 200)):
        for score, (_, low, high) in difference(track, one, other, resamples=RESAMPLES, seed=seed).items():
            holding[score] += low <= better[score] - worse[score] <= high
    for score, right in holding.items():
        highest = 1 if score in track.errors else 0.98  # those of errors are on the safe side
        assert 0.91 <= right / 200 <= highest, f"{score}: {right} of 200 intervals hold the true difference"


@names
def test_a_pair_is_told_apart_more_finely_than_its_scores(name: TrackName) -> None:
    track = track_of(name)
    one, other = tallies(name, np.random.default_rng(3), 30)
    alone = intervals(track, one, seed=0)
    for score, (value, low, high) in difference(track, one, other, seed=0).items():
        assert value == pytest.approx(
            float(measures(track, one.sum(axis=0))[score] - measures(track, other.sum(axis=0))[score])
        )
        assert low <= value <= high
        assert high - low < 0.8 * (alone[score].high - alone[score].low)


@names
def test_an_interval_depends_on_its_seed_alone(name: TrackName) -> None:
    track, (one, other) = track_of(name), tallies(name, np.random.default_rng(4), 12)
    assert intervals(track, one, seed=5) == intervals(track, one, seed=5) != intervals(track, one, seed=6)
    assert difference(track, one, other, seed=5) == difference(track, one, other, seed=5)


@names
def test_intervals_surround_their_score_and_grow_with_their_level(name: TrackName) -> None:
    track, (one, _) = track_of(name), tallies(name, np.random.default_rng(5), 20)
    wide, narrow = (intervals(track, one, level=level, seed=0) for level in (0.95, 0.5))
    for score, value in measures(track, one.sum(axis=0)).items():
        assert wide[score].low < narrow[score].low < value < narrow[score].high < wide[score].high


@names
def test_frames_repeated_within_subjects_tell_nothing_new(name: TrackName) -> None:
    track, (one, _) = track_of(name), tallies(name, np.random.default_rng(6), 15)
    once, often = intervals(track, one, seed=0), intervals(track, 100 * one, seed=0)
    for score in track.measures:
        assert often[score] == pytest.approx(once[score], abs=1e-9)


@names
def test_one_subject_gives_no_interval(name: TrackName) -> None:
    track, (one, other) = track_of(name), tallies(name, np.random.default_rng(7), 1)
    for nothing in (one, np.zeros_like(one), one[:0]):
        assert np.isnan(list(intervals(track, nothing, seed=0).values())).all()
    differences = difference(track, one, other, seed=0)
    for score, (value, low, high) in differences.items():
        assert value == float(measures(track, one[0])[score] - measures(track, other[0])[score])
        assert np.isnan([low, high]).all()


@names
def test_two_subjects_that_differ_tell_nothing_of_others(name: TrackName) -> None:
    track, (one, _) = track_of(name), tallies(name, np.random.default_rng(13), 2)
    for measure, ends in intervals(track, one, seed=0).items():
        widest = (0, 4) if "mse" in measure else (-1, 1) if name == "va" else (0, 1)
        assert ends == pytest.approx(widest, abs=1e-9)


@names
def test_subjects_without_annotations_change_nothing(name: TrackName) -> None:
    track, (one, other) = track_of(name), tallies(name, np.random.default_rng(9), 12)
    more, others = (np.insert(part, [0, 5, 12], 0, axis=0) for part in (one, other))
    assert intervals(track, more, seed=0) == intervals(track, one, seed=0)
    assert difference(track, more, others, seed=0) == difference(track, one, other, seed=0)


@names
def test_what_every_subject_agrees_on_is_certain(name: TrackName) -> None:
    track, (one, _) = track_of(name), tallies(name, np.random.default_rng(10), 1)
    alike = np.tile(one, (9, 1))
    for score, value in measures(track, one[0]).items():
        assert intervals(track, alike, seed=0)[score] == pytest.approx((float(value), float(value)), abs=1e-12)
    assert set(difference(track, alike, alike, seed=0).values()) == {(0, 0, 0)}


def test_the_floor_of_a_constant_is_certain() -> None:
    track, rng = track_of("va"), np.random.default_rng(11)
    targets = rng.uniform(-1, 1, (600, 2)).astype(np.float32)
    flat = tally(track, constant(track, targets), targets, np.arange(0, 601, 50))
    limits = intervals(track, flat, seed=0)
    assert {limits[score] for score in track.scores} == {(0, 0)}
    assert all(limits[error].low < limits[error].high for error in track.errors), "how far it is off varies by subject"


def test_perfect_but_for_one_subject() -> None:
    track = track_of("expr")
    matrices = np.tile(np.eye(7) * 20, (12, 1, 1))
    matrices[3, 0, 1] = 30
    limits = intervals(track, matrices.reshape(12, -1), seed=0)
    accuracy = 1 - 30 / (12 * 140 + 30)
    assert 0 <= limits["accuracy"].low < accuracy < limits["accuracy"].high <= 1


def test_refuses_methods_of_other_subjects() -> None:
    one, _ = tallies("va", np.random.default_rng(12), 5)
    with pytest.raises(ValueError, match="one shape"):
        difference(track_of("va"), one, one[:4], seed=0)
