"""Valence and arousal as bins: their numbers and values, predictions from them, and their loss over all that is
annotated."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from affectflow.config.model.bins import Bins
from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import track_of
from affectflow.losses.bins import bin_numbers, bin_values, expectation
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective

NAN = float("nan")
EDGES, POINTS = np.linspace(-1, 1, 21), np.linspace(-1, 1, 20)
seeds = st.integers(0, 2**32 - 1)
EQUAL_WIDTH = pytest.mark.parametrize("grid", ["centres", "public"])
GRIDS = pytest.mark.parametrize("grid", ["centres", "points", "public"])


def digitise(values: NDArray[Any]) -> NDArray[np.int64]:
    """As the public code of Vu and Beurton-Aimar: its last edge is of the last bin."""
    numbers = np.digitize(values, EDGES) - 1
    return np.where(numbers == 20, 19, numbers)


def numbers_of(values: NDArray[Any], grid: Any) -> NDArray[np.int64]:
    numbers = bin_numbers(torch.from_numpy(values), Bins(grid=grid))
    assert numbers.dtype == torch.int64
    return numbers.numpy()


def sure(numbers: NDArray[np.int64], count: int = 20) -> torch.Tensor:
    """Logits that leave the probability 1 for one bin."""
    return torch.from_numpy(np.where(np.arange(count) == numbers[..., None], 1e4, 0.0))


def off_by(values: NDArray[np.float64], grid: Any) -> NDArray[np.float64]:
    """How far the expectation is from the annotations where their bins are sure."""
    predicted = expectation(sure(numbers_of(values, grid)), Bins(grid=grid)).numpy()
    return np.abs(predicted - values)


# Numbers.


@EQUAL_WIDTH
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_equal_bins_are_those_of_digitize(grid: Any, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, 500)
    assert (numbers_of(values, grid) == digitise(values)).all()
    assert (numbers_of(values.astype(np.float32), grid) == digitise(values.astype(np.float32))).all()


@EQUAL_WIDTH
def test_annotations_near_the_edges_are_where_digitize_puts_them(grid: Any) -> None:
    """In single precision, which annotations have: the edges, their neighbours (of 0, around which numbers are denser,
    what is a billionth off), and all that is written with up to three decimals."""
    edges = EDGES.astype(np.float32)
    near = [np.where(edges == 0, np.sign(way) * 1e-9, np.nextafter(edges, np.float32(way))) for way in (-2, 2)]
    decimals = (np.arange(-1000, 1001) / 1000).astype(np.float32)
    values = np.clip(np.concatenate([edges, *near, decimals]).astype(np.float32), -1, 1)
    assert (numbers_of(values, grid) == digitise(values)).all()


@EQUAL_WIDTH
def test_equal_bins_by_hand(grid: Any) -> None:
    values = np.array([-1.0, -0.95, -0.91, -0.89, -0.5, -0.01, 0.0, 0.01, 0.5, 0.89, 0.91, 0.95, 1.0])
    assert numbers_of(values, grid).tolist() == [0, 0, 0, 1, 5, 9, 10, 10, 15, 18, 19, 19, 19]


def test_points_by_hand() -> None:
    # A point every 2/19 = 0.10526, and halfway to the next one 0.05263: -0.94737 parts the first two.
    values = np.array([-1.0, -0.948, -0.947, -0.895, -0.001, 0.001, 0.895, 0.947, 0.948, 1.0])
    assert numbers_of(values, "points").tolist() == [0, 0, 1, 1, 9, 10, 18, 18, 19, 19]


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_a_point_is_the_nearest(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, 500)
    assert (numbers_of(values, "points") == np.abs(values[:, None] - POINTS).argmin(axis=1)).all()


@GRIDS
def test_what_is_out_of_range_is_of_the_outermost_bin(grid: Any) -> None:
    values = np.array([-9.0, -1.0000001, -1.0, 1.0, 1.0000001, 9.0])
    assert numbers_of(values, grid).tolist() == [0, 0, 0, 19, 19, 19]


@GRIDS
@given(seeds, st.integers(2, 50))
@settings(max_examples=20, deadline=None)
def test_numbers_rise_with_the_values_and_every_bin_occurs(grid: Any, seed: int, count: int) -> None:
    values = np.sort(np.concatenate([np.random.default_rng(seed).uniform(-1, 1, 100), np.linspace(-1, 1, 20 * count)]))
    numbers = bin_numbers(torch.from_numpy(values).reshape(2, -1), Bins(count=count, grid=grid))
    assert numbers.shape == (2, len(values) // 2)
    assert (numbers.flatten().diff() >= 0).all() and numbers.unique().tolist() == list(range(count))


@GRIDS
@pytest.mark.parametrize("count", [2, 5, 20, 21])
def test_a_point_or_centre_is_of_its_own_bin(grid: Any, count: int) -> None:
    centres = Bins(count=count, grid="points" if grid == "points" else "centres")
    values = bin_values(centres, torch.zeros(1, dtype=torch.float64))
    assert bin_numbers(values, Bins(count=count, grid=grid)).tolist() == list(range(count))


# Values.


def test_values_by_hand() -> None:
    double = torch.zeros(1, dtype=torch.float64)
    centres = bin_values(Bins(), double).tolist()
    assert centres == pytest.approx([-0.95 + k / 10 for k in range(20)], abs=1e-12)
    assert (centres[0], centres[-1]) == (-0.95, 0.95)
    for grid in ("points", "public"):
        points = bin_values(Bins(grid=grid), double).tolist()
        assert points == pytest.approx(POINTS.tolist(), abs=1e-12) and (points[0], points[-1]) == (-1, 1)
    assert bin_values(Bins(count=4), double).tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert bin_values(Bins(count=5, grid="points"), double).tolist() == [-1, -0.5, 0, 0.5, 1]
    assert bin_values(Bins()).dtype == torch.float32 and bin_values(Bins(), double).dtype == torch.float64


@GRIDS
def test_a_sure_bin_is_predicted_by_its_value(grid: Any) -> None:
    predicted = expectation(sure(np.arange(20)), Bins(grid=grid))
    values = EDGES[:-1] + 0.05 if grid == "centres" else POINTS
    assert predicted.tolist() == pytest.approx(values.tolist(), abs=1e-12)


def test_expectations_by_hand() -> None:
    # Probabilities 1/4 and 3/4: of -1 and 1 their mean is 1/2, of -1/2 and 1/2 it is 1/4.
    logits = torch.tensor([0.0, 1.0986122886681098], dtype=torch.float64)
    for grid, expected in (("points", 0.5), ("public", 0.5), ("centres", 0.25)):
        assert expectation(logits, Bins(count=2, grid=grid)).item() == pytest.approx(expected, abs=1e-12)
    for grid in ("centres", "points", "public"):
        assert expectation(torch.zeros(3, 20).double(), Bins(grid=grid)).abs().max() < 1e-12, "all alike"


@GRIDS
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_an_expectation_is_a_mean_of_the_values(grid: Any, seed: int) -> None:
    logits = 5 * np.random.default_rng(seed).normal(size=(4, 3, 20))
    powers = np.exp(logits)
    values = EDGES[:-1] + 0.05 if grid == "centres" else POINTS
    expected = (powers * values).sum(-1) / powers.sum(-1)
    predicted = expectation(torch.from_numpy(logits), Bins(grid=grid)).numpy()
    assert predicted.shape == (4, 3) and np.abs(predicted - expected).max() < 1e-12


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_on_one_grid_the_right_bin_is_within_half_a_bin_on_two_off_by_005_more(seed: int) -> None:
    values = np.append(np.random.default_rng(seed).uniform(-1, 1, 200), [-1, 1])
    assert off_by(values, "centres").max() <= 0.05 + 1e-12
    assert off_by(values, "points").max() <= 1 / 19 + 1e-12
    assert off_by(values, "public").max() <= 0.05 + 0.05 + 1e-12


def test_two_grids_are_off_by_hand() -> None:
    """-0.901 is of the first bin, from -1 to -0.9: its centre is -0.95, and the public code predicts -1."""
    values = np.array([-0.901, 0.901, -0.95, 0.95, 0.05])
    assert off_by(values, "centres").tolist() == pytest.approx([0.049, 0.049, 0, 0, 0], abs=1e-12)
    # The tenth bin from 0 up to 0.1 is predicted as 1/19.
    assert off_by(values, "public").tolist() == pytest.approx([0.099, 0.099, 0.05, 0.05, 1 / 19 - 0.05], abs=1e-12)
    # -0.901 is nearest to -17/19, the second point.
    assert off_by(values[:2], "points").tolist() == pytest.approx([0.901 - 17 / 19] * 2, abs=1e-12)


# Predictions.


def test_raw_numbers_have_their_places_with_and_without_bins() -> None:
    tasks = tasks_of("expr+va+au", "abaw2")
    plain, binned = Readout(tasks), Readout(tasks, Bins())
    assert plain.sizes == {"expr": 7, "va": 2, "au": 12} and binned.sizes == {"expr": 7, "va": 40, "au": 12}
    targets = [slice(0, 1), slice(1, 3), slice(3, 15)]
    places = [(track.name, numbers) for track, numbers, _ in plain.parts()]
    assert places == [("expr", slice(0, 7)), ("va", slice(7, 9)), ("au", slice(9, 21))]
    places = [(track.name, numbers) for track, numbers, _ in binned.parts()]
    assert places == [("expr", slice(0, 7)), ("va", slice(7, 47)), ("au", slice(47, 59))]
    for readout in (plain, binned):
        assert [place for _, _, place in readout.parts()] == targets
    few = Readout(tasks_of("va+expr", "abaw3"), Bins(count=3))
    assert list(few.sizes.items()) == [("va", 6), ("expr", 8)], "in the order of the tracks"
    assert [numbers for _, numbers, _ in few.parts()] == [slice(0, 6), slice(6, 14)]
    assert Readout(Tasks((track_of("expr"),)), Bins()).sizes == {"expr": 7}, "bins are of va alone"


@GRIDS
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_predictions_are_expectations_and_those_of_other_tracks_as_without_bins(grid: Any, seed: int) -> None:
    tasks, draw = tasks_of("expr+va+au", "abaw2"), np.random.default_rng(seed)
    expr, valence, arousal, au = (4 * draw.normal(size=(2, 5, size)) for size in (7, 20, 20, 12))
    raw = torch.from_numpy(np.concatenate([expr, valence, arousal, au], axis=-1))
    predicted = Readout(tasks, Bins(grid=grid)).predicted(raw).numpy()
    values = EDGES[:-1] + 0.05 if grid == "centres" else POINTS
    both = [(np.exp(logits) * values).sum(-1) / np.exp(logits).sum(-1) for logits in (valence, arousal)]
    assert predicted.shape == (2, 5, 7 + 2 + 12) and np.abs(predicted[..., 7:9] - np.stack(both, -1)).max() < 1e-12
    assert np.abs(predicted[..., :7] - np.exp(expr) / np.exp(expr).sum(-1, keepdims=True)).max() < 1e-12
    assert np.abs(predicted[..., 9:] - 1 / (1 + np.exp(-au))).max() < 1e-12
    bare = Readout(tasks).predicted(torch.from_numpy(np.concatenate([expr, 0 * expr[..., :2], au], axis=-1)))
    assert np.array_equal(bare[..., :7], predicted[..., :7]) and np.array_equal(bare[..., 9:], predicted[..., 9:])


@GRIDS
def test_predictions_are_in_range_whatever_the_logits(grid: Any) -> None:
    readout = Readout(Tasks((track_of("va"),)), Bins(grid=grid))
    raw = torch.tensor([[1e30] * 40, [-1e30] * 40, [1e30] + [0.0] * 19 + [0.0] * 19 + [1e30], [0.0] * 40])
    predicted = readout.predicted(raw)
    assert predicted.isfinite().all() and (predicted.abs() <= 1).all()
    end = 0.95 if grid == "centres" else 1
    assert predicted[2].tolist() == pytest.approx([-end, end], abs=1e-6)
    without = Readout(Tasks((track_of("va"),))).predicted(torch.tensor([[3.0, -0.25]]))
    assert without.tolist() == [[1.0, -0.25]]


# The loss over all that is annotated.


def agreement(y: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    return 2 * ((x - x.mean()) * (y - y.mean())).mean() / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


@GRIDS
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_the_loss_is_the_mean_surprise_of_both_bins_and_the_regression_loss_of_the_expectation(
    grid: Any, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    logits, target = 2 * draw.normal(size=(3, 8, 2, 20)), draw.uniform(-1, 1, (3, 8, 2))
    target[draw.random((3, 8, 2)) < 0.2] = NAN
    mask = draw.random((3, 8)) < 0.9
    bins, mse, ccc = draw.uniform(0.1, 3, 3)
    values = EDGES[:-1] + 0.05 if grid == "centres" else POINTS
    expected, squares = 0.0, []
    for k in (0, 1):
        annotated = mask & ~np.isnan(target[..., k])
        scores, y = logits[..., k, :][annotated], target[..., k][annotated]
        p = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        numbers = np.abs(y[:, None] - POINTS).argmin(axis=1) if grid == "points" else digitise(y)
        x = (p * values).sum(-1)
        expected += bins * np.mean([-np.log(row[n]) for row, n in zip(p, numbers, strict=True)])
        expected += ccc * (1 - agreement(y, x)) / 2
        squares += list((x - y) ** 2)
    expected += mse * np.mean(squares)
    readout = Readout(Tasks((track_of("va"),)), Bins(grid=grid))
    objective = Objective(readout, Loss(bins=bins, mse=mse, ccc=ccc), np.zeros((1, 2), np.float32))
    raw = torch.from_numpy(logits.reshape(3, 8, 40))
    loss = objective(raw, torch.from_numpy(target), torch.from_numpy(mask))
    assert loss.item() == pytest.approx(expected, abs=1e-9)
    assert objective.scale(torch.from_numpy(mask)) == 1


def test_the_loss_by_hand() -> None:
    """Uniform logits of two bins, whose values are -1/2 and 1/2: log 2 for valence and for arousal; the prediction 0 is
    off by 1/2 and 1, whose squares have the mean 5/8, and the CCC of a constant is 0."""
    readout = Readout(Tasks((track_of("va"),)), Bins(count=2))
    target = torch.tensor([[[0.5, -1.0], [-0.5, 1.0], [NAN, NAN]]], dtype=torch.float64)
    raw, mask = torch.zeros(1, 3, 4, dtype=torch.float64), torch.ones(1, 3, dtype=torch.bool)
    for weights, expected in (
        ({"bins": 1, "mse": 0, "ccc": 0}, 1.3862943611198906),
        ({"bins": 0, "mse": 1, "ccc": 0}, 0.625),
        ({"bins": 0, "mse": 0, "ccc": 1}, 1.0),
        ({"bins": 0.5, "mse": 2, "ccc": 3}, 0.6931471805599453 + 1.25 + 3),
    ):
        objective = Objective(readout, Loss(**weights), np.zeros((1, 2), np.float32))
        assert objective(raw, target, mask).item() == pytest.approx(expected, abs=1e-12)


def test_the_loss_has_no_gradient_where_nothing_is_annotated_and_that_of_finite_differences_elsewhere() -> None:
    draw = np.random.default_rng(0)
    readout = Readout(tasks_of("expr+va", "abaw2"), Bins(count=3))
    objective = Objective(readout, Loss(), np.zeros((1, 3), np.float32))
    raw = torch.from_numpy(draw.normal(size=(5, 13))).requires_grad_()
    target = torch.from_numpy(np.column_stack([draw.integers(0, 7, 5), draw.uniform(-1, 1, (5, 2))]))
    target[0, 1:] = target[1] = target[2, 0] = NAN
    mask = torch.tensor([True] * 4 + [False])
    assert torch.autograd.gradcheck(lambda x: objective(x, target, mask), raw, atol=1e-7, rtol=1e-6)
    objective(raw, target, mask).backward()
    assert raw.grad is not None
    has_gradient = [[bool(row[columns].any()) for columns in (slice(0, 7), slice(7, 13))] for row in raw.grad]
    assert has_gradient == [[True, False], [False, False], [False, True], [True, True], [False, False]]
