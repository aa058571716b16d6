"""Control predictors score what chance scores."""

import numpy as np
import pytest

from affectflow.core.tracks import Track, TrackName, track_of
from affectflow.metrics.baselines import constant, shuffled
from affectflow.metrics.sufficient_statistics import scores, tally


def score_of(track: Track, values: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    one = tally(track, values, targets, [0, len(values)])[0]
    return {name: float(value) for name, value in scores(track, one).items()}


def test_the_constant_of_valence_and_arousal_is_their_mean() -> None:
    targets = np.array([[0.5, -0.2], [0.1, 0.4], [np.nan, 1.0], [0.3, -0.1]], np.float32)
    values = constant(track_of("va"), targets)
    assert values.shape == (4, 2)
    assert values[2] == pytest.approx([0.3, 0.1 / 3], abs=1e-7)  # a frame that lacks one dimension lacks both
    assert score_of(track_of("va"), values, targets) == {"ccc_valence": 0, "ccc_arousal": 0, "total": 0}


def test_the_constant_expression_is_the_most_frequent_one() -> None:
    targets = np.array([[2], [4], [4], [np.nan], [4], [2], [0], [2]], np.float32)
    values = constant(track_of("expr"), targets)
    assert values.tolist() == [np.eye(7)[2].tolist()] * 8  # 2 and 4 three times each: the first
    assert score_of(track_of("expr"), values, targets)["accuracy"] == pytest.approx(3 / 7)
    # F1 of a constant that is right in 3 of 7 frames: 2 * 3 / (7 + 3); two other classes occur, with 0
    assert score_of(track_of("expr"), values, targets)["f1"] == pytest.approx(0.6 / 3)


def test_units_always_present_beat_units_always_absent() -> None:
    targets = (np.random.default_rng(0).random((400, 12)) < 0.2).astype(np.float32)
    rates = targets.mean(axis=0)
    result = score_of(track_of("au"), constant(track_of("au"), targets), targets)
    assert result["f1"] == pytest.approx(np.mean(2 * rates / (1 + rates)))
    assert result["f1"] > score_of(track_of("au"), np.zeros_like(targets), targets)["f1"] == 0


@pytest.mark.parametrize("name", ["va", "expr", "au"])
def test_no_constant_without_annotations(name: TrackName) -> None:
    with pytest.raises(ValueError, match="no annotated frame"):
        constant(track_of(name), np.full((5, len(track_of(name).targets)), np.nan, np.float32))


def test_shuffling_moves_whole_frames_among_the_annotated() -> None:
    rng = np.random.default_rng(1)
    values, targets = rng.random((300, 2), np.float32), rng.random((300, 2), np.float32)
    targets[rng.random(300) < 0.3] = np.nan
    before = values.copy()
    mixed = shuffled(values, targets, seed=5)
    annotated = ~np.isnan(targets[:, 0])
    assert (values == before).all()
    assert (mixed[~annotated] == values[~annotated]).all()
    assert (mixed[annotated] != values[annotated]).mean() > 0.9
    assert sorted(map(tuple, mixed[annotated])) == sorted(map(tuple, values[annotated]))
    assert (mixed == shuffled(values, targets, seed=5)).all()
    assert (mixed != shuffled(values, targets, seed=6)).any()


def test_shuffling_leaves_nothing_of_slow_curves() -> None:
    time = np.linspace(0, 6 * np.pi, 20_000)
    targets = np.stack([np.sin(time), np.cos(time)], axis=1).astype(np.float32)
    shifted = np.roll(targets, 500, axis=0)
    assert score_of(track_of("va"), shifted, targets)["total"] > 0.8
    assert abs(score_of(track_of("va"), shuffled(targets, targets, seed=0), targets)["total"]) < 0.03
