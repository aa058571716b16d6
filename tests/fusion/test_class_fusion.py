"""Fusion weights of probabilities: the same as trying every weighting frame by frame."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from affectflow.config.evaluation.fusion import Fusion
from affectflow.core.tracks import track_of
from affectflow.fusion.class_fusion import confusions, fit_threshold, outcomes, search_classes, search_unit
from affectflow.metrics.sufficient_statistics import scores

EXPR = track_of("expr")
seeds = st.integers(0, 2**32 - 1)


def probabilities(seed: int, branches: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Of branches that see the class through noise, shape (branches, frames, 7), and the classes."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, 7, frames)
    raw = random.normal(size=(branches, frames, 7)) * random.uniform(0.5, 2, (branches, 1, 1))
    raw[:, np.arange(frames), classes] += 1
    exponents = np.exp(raw)
    return (exponents / exponents.sum(axis=2, keepdims=True)).astype(np.float32), classes


def total(counts: np.ndarray) -> np.ndarray:
    return scores(EXPR, counts)["total"]


@given(seeds, st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_searched_weights_of_classes_are_the_best_of_the_grid(seed: int, branches: int) -> None:
    values, classes = probabilities(seed, branches, 60)
    best = search_classes(values, classes, 0.1, total)
    grid = [np.array(w) / 10 for w in itertools.product(range(11), repeat=branches) if sum(w) == 10]

    def by_hand(weights: np.ndarray) -> float:
        predicted = np.tensordot(weights.astype(np.float32), values, axes=1).argmax(axis=1)
        accuracy = (predicted == classes).mean()
        return 0.67 * f1_score(classes, predicted, average="macro") + 0.33 * accuracy

    assert best.sum() == pytest.approx(1)
    assert by_hand(best) == pytest.approx(max(map(by_hand, grid)), abs=1e-9)


@given(seeds, st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_searched_weights_of_a_unit_are_the_best_of_the_grid(seed: int, branches: int) -> None:
    random = np.random.default_rng(seed)
    present = random.random(80) < 0.3
    values = np.clip(random.normal(0.35 + 0.2 * present, 0.25, (branches, 80)), 0, 1).astype(np.float32)
    best = search_unit(values, present, 0.1, f1)
    grid = [np.array(w) / 10 for w in itertools.product(range(11), repeat=branches) if sum(w) == 10]

    def by_hand(weights: np.ndarray) -> float:
        predicted = weights.astype(np.float32) @ values >= np.float32(0.5)
        return float(f1_score(present, predicted, zero_division=0))

    assert by_hand(best) == pytest.approx(max(map(by_hand, grid)), abs=1e-9)


def f1(counts: np.ndarray) -> np.ndarray:
    hits, false, missed, _ = counts.T
    return 2 * hits / np.maximum(2 * hits + false + missed, 1)


def test_ties_go_to_equal_weights() -> None:
    values, classes = probabilities(0, 1, 30)
    same = np.repeat(values, 2, axis=0)
    assert search_classes(same, classes, 0.01, total).tolist() == [0.5, 0.5]
    assert search_unit(same[..., 0], classes == 0, 0.01, f1).tolist() == [0.5, 0.5]


def test_threshold_by_hand() -> None:
    fused = np.array([0.1, 0.2, 0.3, 0.9], np.float32)
    present = np.array([False, True, True, True])
    assert fit_threshold(fused, present, f1) == 0.2, "0.11 to 0.2 find all three; 0.2 is nearest to 0.5"
    assert fit_threshold(fused, np.array([False, False, False, True]), f1) == 0.5


def test_counts_by_hand() -> None:
    assert outcomes(np.array([[True, True, False, False]]), np.array([True, False, True, False])).tolist() == [[1] * 4]
    assert confusions(np.array([[0, 1], [1, 1]]), np.array([0, 1]), 2).tolist() == [[1, 0, 0, 1], [0, 1, 0, 1]]


def test_fusion_settings_know_thresholds() -> None:
    assert Fusion().thresholds == "half" and Fusion(thresholds="fitted").weights == "search"
