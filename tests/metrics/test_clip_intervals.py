"""Intervals of correlations over clips, each one row: they hold the true score, and pairs are as if computed alone."""

import numpy as np
import pytest

from affectflow.core.tracks import TrackName, track_of
from affectflow.metrics.intervals import Floats, difference, intervals, pairwise_differences
from affectflow.metrics.sufficient_statistics import scores, tally

ERI = track_of("eri")
RESAMPLES = 199


def clips(rng: np.random.Generator, count: int, step: int = 1) -> tuple[Floats, Floats]:
    """Tallies of a method and of a noisier one on clips whose strongest reaction is 1; of `step` clips at a time."""
    mood = rng.normal(0, 1, (count, 7))
    intensities = np.exp(mood - mood.max(axis=1, keepdims=True))
    predictions = [1 / (1 + np.exp(-mood + rng.normal(0, noise, mood.shape))) for noise in (0.8, 1.4)]
    both = [
        tally(ERI, values.astype(np.float32), intensities.astype(np.float32), np.arange(0, count + 1, step))
        for values in predictions
    ]
    return both[0], both[1]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Floats]]:
    """The scores of both over so many clips that they are the true ones."""
    return [scores(ERI, tallies.sum(axis=0)) for tallies in clips(np.random.default_rng(0), 200_000, 1000)]


@pytest.mark.parametrize("count", [12, 60])
def test_intervals_hold_the_true_correlations(truth: list[dict[str, Floats]], count: int) -> None:
    holding, pairs_holding = dict.fromkeys(ERI.scores, 0), dict.fromkeys(ERI.scores, 0)
    corpora, rng = 200, np.random.default_rng(count)
    for seed in range(corpora):
        one, other = clips(rng, count)
        limits = intervals(ERI, one, resamples=RESAMPLES, seed=seed)
        pair = difference(ERI, one, other, resamples=RESAMPLES, seed=seed)
        for score in ERI.scores:
            holding[score] += limits[score].low <= truth[0][score] <= limits[score].high
            pairs_holding[score] += pair[score].low <= truth[0][score] - truth[1][score] <= pair[score].high
    for score in ERI.scores:
        assert 0.91 <= holding[score] / corpora <= 0.98, score
        assert pairs_holding[score] / corpora >= 0.91, score  # of few clips they are on the safe side


@pytest.mark.parametrize("name", ["va", "expr", "au", "eri"])
def test_pairs_computed_together_are_those_computed_alone(name: TrackName) -> None:
    track, rng = track_of(name), np.random.default_rng(1)
    latent = rng.uniform(0, 1, (40, len(track.outputs)))
    targets = {"expr": latent.argmax(axis=1)[:, None], "au": latent > 0.6}.get(name, latent).astype(np.float32)
    targets[5:10] = np.nan  # a subject of whom nothing is known
    predictions = [
        (latent / 2 + rng.uniform(0, noise, latent.shape)).astype(np.float32) for noise in (0.3, 0.5, 0.7, 0.9)
    ]
    every = [tally(track, prediction, targets, range(0, 41, 5)) for prediction in predictions]
    together = pairwise_differences(track, every, seed=3)
    assert set(together) == {(i, j) for j in range(4) for i in range(j)}
    for (one, other), differences in together.items():
        alone = difference(track, every[one], every[other], seed=3)
        for score, values in differences.items():
            np.testing.assert_allclose(values, alone[score], rtol=0, atol=1e-12)


def test_of_one_clip_no_difference_is_sure() -> None:
    one, other = clips(np.random.default_rng(2), 1)
    for value, low, high in pairwise_differences(ERI, [one, other, one], seed=0)[0, 2].values():
        assert value == 0 and np.isnan([low, high]).all()
