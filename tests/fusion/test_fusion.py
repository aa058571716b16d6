"""Fusion weights: the grid's optimum and equation 3 of Kollias and Zafeiriou."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from fusion_tables import noisy_branches
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.artifacts.predictions import Predictions
from affectflow.config.evaluation.fusion import Fusion
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.fusion.annotated import Annotated
from affectflow.fusion.find_weights import find_weights
from affectflow.fusion.weighted import score_weights, search_weights, simplex_grid
from affectflow.metrics.measures import ccc
from affectflow.metrics.moments import Moments

seeds = st.integers(0, 2**32 - 1)
VA = track_of("va")


def weights_of(columns: np.ndarray, how: str, step: float) -> np.ndarray:
    """The weights of branches for arousal: columns are the branches' and, last, the labels."""
    *branches, labels = (np.stack([np.zeros(len(c)), c], axis=1).astype(np.float32) for c in columns)
    starts = np.array([0, len(labels)])
    tables = [Predictions(Path("p"), ("s",), starts, values) for values in branches]
    annotated = Annotated(labels, frames=len(labels), subjects=1)
    return find_weights(VA, "arousal", tables, annotated, Fusion(weights=how, step=step))


@pytest.mark.parametrize(("parts", "steps"), [(1, 7), (2, 5), (3, 10), (4, 6)])
def test_grid_is_the_simplex(parts: int, steps: int) -> None:
    grid = [tuple(row) for row in simplex_grid(parts, steps)]
    every = itertools.product(range(steps, -1, -1), repeat=parts)
    assert grid == [row for row in every if sum(row) == steps]


def test_grid_of_four_branches_at_a_hundredth() -> None:
    assert simplex_grid(4, 100).shape == (176_851, 4)


@given(seeds, st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_search_is_brute_force(seed: int, branches: int) -> None:
    columns = noisy_branches(seed, branches)
    grid = [w for w in itertools.product(range(11), repeat=branches) if sum(w) == 10]
    scores = [ccc(np.array(w) / 10 @ columns[:-1], columns[-1]) for w in grid]
    weights = search_weights(Moments.of(list(columns)).ccc, branches, 0.1)
    assert weights.tolist() == (np.array(grid[int(np.argmax(scores))]) / 10).tolist()


@given(seeds, st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_search_is_never_worse_than_one_branch(seed: int, branches: int) -> None:
    moments = Moments.of(list(noisy_branches(seed, branches)))
    score = float(moments.ccc(search_weights(moments.ccc, branches, 1 / 12)))  # a grid that holds equal weights
    assert score >= moments.ccc(np.eye(branches)).max() - 1e-12
    assert score >= float(moments.ccc(np.full(branches, 1 / branches))) - 1e-12


@given(seeds, st.integers(1, 4), st.sampled_from(["search", "score", "equal"]))
@settings(max_examples=30, deadline=None)
def test_weights_are_shares(seed: int, branches: int, how: str) -> None:
    weights = weights_of(noisy_branches(seed, branches), how, 0.05)
    assert weights.shape == (branches,)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@given(seeds, st.permutations(range(3)), st.sampled_from(["search", "score", "equal"]))
@settings(max_examples=30, deadline=None)
def test_permuted_branches_have_permuted_weights(seed: int, order: list[int], how: str) -> None:
    columns = noisy_branches(seed, 3)
    weights, permuted = weights_of(columns, how, 0.02), weights_of(columns[[*order, 3]], how, 0.02)
    assert permuted == pytest.approx(weights[order], abs=1e-12)


def test_ties_go_to_equal_weights() -> None:
    target = np.array([0.1, 0.5, -0.4, 0.9])
    assert search_weights(Moments.of([target, target, target]).ccc, 2, 0.01).tolist() == [0.5, 0.5]
    assert search_weights(Moments.of([target] * 4).ccc, 3, 0.01).tolist() == [0.34, 0.33, 0.33]


def test_proportional_to_the_score() -> None:
    target = np.array([1.0, 2, 3])
    half, opposite = np.array([1.0, 3, 5]), np.array([3.0, 2, 1])
    moments = Moments.of([target, half, opposite, target])
    assert moments.ccc(np.eye(3)) == pytest.approx([1, 8 / 13, -1])
    assert score_weights(np.array([1, 8 / 13, -1])) == pytest.approx([13 / 21, 8 / 21, 0])
    assert score_weights(np.array([-1.0, -1.0])).tolist() == [0.5, 0.5], "none is above 0"
    columns = np.array([target, half, opposite, target])
    assert weights_of(columns, "score", 0.01) == pytest.approx([13 / 21, 8 / 21, 0])
    assert weights_of(columns[[2, 2, 3]], "score", 0.01).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("step", "branches", "message"),
    [(0.3, 2, "not a multiple"), (0.01, 6, "96560646 candidates"), (0.001, 4, "candidates")],
)
def test_search_refuses(step: float, branches: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        search_weights(Moments.of(list(noisy_branches(0, branches))).ccc, branches, step)
