"""Sufficient statistics give the very scores that the frames give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectflow.metrics.measures import ccc
from affectflow.metrics.moments import Moments


def test_hand_worked() -> None:
    moments = Moments.of([[1, 2, 3], [1, 3, 5]])
    assert moments.count == 3
    assert moments.mean.tolist() == [2.0, 3.0]
    assert moments.scatter.tolist() == [[2.0, 4.0], [4.0, 8.0]]
    assert moments.covariance == pytest.approx(np.array([[2, 4], [4, 8]]) / 3)
    assert moments.ccc([1.0]) == pytest.approx(8 / 13)


def test_against_numpy_across_blocks() -> None:
    columns = np.random.default_rng(0).normal(size=(4, 150_000)).astype(np.float32)
    moments = Moments.of(list(columns))
    exact = columns.astype(np.float64)
    assert moments.count == 150_000
    assert moments.mean == pytest.approx(exact.mean(axis=1), abs=1e-12)
    assert moments.covariance == pytest.approx(np.cov(exact, bias=True), abs=1e-12)


def test_large_offset_costs_no_digits() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 100_000))
    near, far = Moments.of([x, y]), Moments.of([x + 1e7, y + 1e7])
    assert far.covariance == pytest.approx(near.covariance, abs=1e-8)
    assert float(far.ccc([1.0])) == pytest.approx(float(near.ccc([1.0])), abs=1e-8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 60))
def test_merging_is_union(seed: int, one: int, other: int) -> None:
    columns = np.random.default_rng(seed).uniform(-1, 1, (3, one + other))
    expected = Moments.of(list(columns))
    merged = Moments.of(list(columns[:, :one])) + Moments.of(list(columns[:, one:]))
    assert merged.count == expected.count
    assert merged.mean == pytest.approx(expected.mean, abs=1e-12)
    assert merged.scatter == pytest.approx(expected.scatter, abs=1e-10)


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_ccc_of_any_weighted_sum(seed: int, weights: list[float]) -> None:
    *branches, target = np.random.default_rng(seed).uniform(-1, 1, (4, 30))
    summed = np.average(branches, axis=0, weights=weights) * sum(weights) if sum(weights) else np.zeros(30)
    moments = Moments.of([*branches, target])
    assert float(moments.ccc(weights)) == pytest.approx(ccc(summed, target), abs=1e-9)


def test_where_and_select() -> None:
    columns = np.random.default_rng(3).normal(size=(4, 70_000))
    where = np.random.default_rng(4).random(70_000) < 0.5
    columns[3, ~where] = np.nan
    moments = Moments.of(list(columns), where)
    assert moments.count == where.sum()
    chosen = moments.select([2, 0, 3])
    assert chosen.mean == pytest.approx(columns[[2, 0, 3]][:, where].mean(axis=1), abs=1e-12)
    expected = ccc(0.7 * columns[2, where] + 0.3 * columns[0, where], columns[3, where])
    assert float(chosen.ccc([0.7, 0.3])) == pytest.approx(expected, abs=1e-12)


def test_many_weights_at_once() -> None:
    moments = Moments.of(list(np.random.default_rng(5).normal(size=(3, 100))))
    weights = np.random.default_rng(6).random((5, 7, 2))
    scores = moments.ccc(weights)
    assert scores.shape == (5, 7)
    assert scores[4, 2] == pytest.approx(float(moments.ccc(weights[4, 2])), abs=1e-14)


def test_constant_columns_are_exactly_constant() -> None:
    tenth = np.full(200_001, 0.1)
    assert Moments.of([tenth, tenth]).scatter.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert float(Moments.of([tenth, tenth]).ccc([1.0])) == 1.0
    assert float(Moments.of([tenth, np.full(200_001, 0.2)]).ccc([1.0])) == 0.0


def test_refuses() -> None:
    with pytest.raises(ValueError, match="finite"):
        Moments.of([[0.0, np.nan], [0.0, 1.0]])
    with pytest.raises(ValueError, match="different shapes"):
        Moments.of([[0.0, 1.0], [0.0]])
    with pytest.raises(ValueError, match="no frames"):
        Moments.of([[], []]).ccc([1.0])
