"""The official score of OMG-Emotion against the arithmetic of its organisers' script."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import pearsonr

from affectflow.core.tracks import track_of
from affectflow.metrics.sufficient_statistics import tally
from affectflow.metrics.video_scores import mean_of_videos, video_scores

VA = track_of("va")


def organisers(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Pearson's correlation and standard deviations that divide by N."""
    rho = pearsonr(predicted, truth).statistic
    gap = (predicted.mean() - truth.mean()) ** 2
    return float(2 * rho * truth.std() * predicted.std() / (predicted.std() ** 2 + truth.std() ** 2 + gap))


def test_is_the_mean_of_the_organisers_scores() -> None:
    rng = np.random.default_rng(0)
    counts = [2, 5, 9, 14]
    starts = np.cumsum([0, *counts])
    targets = rng.uniform(-1, 1, (sum(counts), 2)).astype(np.float32)
    values = (targets * 0.5 + rng.normal(0, 0.3, targets.shape)).clip(-1, 1).astype(np.float32)
    expected = [
        np.mean([
            organisers(targets[a:b, c].astype(float), values[a:b, c].astype(float))
            for a, b in pairwise(starts)
        ])
        for c in range(2)
    ]  # fmt: skip
    result = video_scores(VA, tally(VA, values, targets, starts))
    assert list(result) == ["video_ccc_valence", "video_ccc_arousal", "video_total"]
    assert list(result.values()) == pytest.approx([*expected, np.mean(expected)], abs=1e-9)
    assert [mean_of_videos(values[:, c], targets[:, c], starts) for c in range(2)] == pytest.approx(expected, abs=1e-9)


def test_is_not_the_score_with_unbiased_variances() -> None:
    truth, predicted = np.array([0.0, 1.0]), np.array([0.0, 0.5])
    # Covariance 0.125, variances 0.25 and 0.0625, means 0.25 apart, all by N; by N - 1 it would be 0.727.
    assert mean_of_videos(predicted, truth, [0, 2]) == pytest.approx(0.25 / (0.25 + 0.0625 + 0.0625))


def test_videos_of_one_utterance_are_left_out_and_constant_ones_count_nothing() -> None:
    targets = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.0], [0.2, 0.9], [np.nan, np.nan], [0.4, 0.4]], np.float32)
    values = np.array([[0.1, 0.2], [0.3, 0.4], [0.0, 0.0], [0.6, 0.6], [0.1, 0.1], [0.6, 0.6]], np.float32)
    starts = [0, 2, 3, 6]  # the second has one, the third two annotated
    result = video_scores(VA, tally(VA, values, targets, starts))
    assert result["video_ccc_valence"] == pytest.approx((1 + 0) / 2)
    assert mean_of_videos(values[:, 0], targets[:, 0], starts) == pytest.approx(0.5)
    assert np.isnan(mean_of_videos(values[2:3, 0], targets[2:3, 0], [0, 1]))
    assert video_scores(VA, tally(VA, values[2:3], targets[2:3], [0, 1])) == {}


def test_other_tracks_have_none() -> None:
    assert video_scores(track_of("au"), np.zeros((1, 48))) == {}
