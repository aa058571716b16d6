"""CCC against hand-worked numbers and independent implementations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_squared_error

from affectflow.metrics.measures import ccc, ccc_of_moments

numbers = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=40)


def by_loops(xs: list[float], ys: list[float]) -> float:
    """Equation 3 of Antoniadis et al., term by term."""
    n = len(xs)
    mx, my = math.fsum(xs) / n, math.fsum(ys) / n
    sxy = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / n
    sx, sy = math.fsum((x - mx) ** 2 for x in xs) / n, math.fsum((y - my) ** 2 for y in ys) / n
    return 2 * sxy / (sx + sy + (mx - my) ** 2)


def test_hand_worked() -> None:
    # means 2 and 3, variances 2/3 and 8/3, covariance 4/3: (8/3) / (2/3 + 8/3 + 1) = 8/13
    assert ccc([1, 2, 3], [1, 3, 5]) == pytest.approx(8 / 13, abs=1e-15)


def test_population_moments_matter() -> None:
    # with 1/(n-1) moments the first example would be 2 * 2 / (1 + 4 + 1) = 2/3
    assert ccc_of_moments(2.0, 3.0, 1.0, 4.0, 2.0) == pytest.approx(2 / 3)
    assert ccc([1, 2, 3], [1, 3, 5]) < 0.62


@pytest.mark.parametrize(
    ("prediction", "target", "expected"),
    [
        ([0.1, 0.4, -0.3], [0.1, 0.4, -0.3], 1.0),
        ([1, -1, 1, -1], [-1, 1, -1, 1], -1.0),
        ([0.5, 0.5], [0.1, 0.9], 0.0),
        ([0.5, 0.5], [0.2, 0.2], 0.0),
        ([0.5, 0.5], [0.5, 0.5], 1.0),
    ],
)
def test_special_cases(prediction: list[float], target: list[float], expected: float) -> None:
    assert ccc(prediction, target) == pytest.approx(expected, abs=1e-12)


def test_independent_implementations() -> None:
    rng = np.random.default_rng(1)
    for offset, scale in ((0.0, 1.0), (0.3, 0.5), (-2.0, 0.01)):
        x = rng.normal(size=500)
        y = offset + scale * x + 0.3 * rng.normal(size=500)
        assert ccc(x, y) == pytest.approx(by_loops(x.tolist(), y.tolist()), abs=1e-12)
        # 1 - expected squared error over that of independent draws (Lin 1989)
        independent = x.var() + y.var() + (x.mean() - y.mean()) ** 2
        assert ccc(x, y) == pytest.approx(1 - mean_squared_error(y, x) / independent, abs=1e-9)


def test_torchmetrics() -> None:
    import affectflow.compute.torch_pair  # noqa: F401, I001
    import torch
    from torchmetrics.functional import concordance_corrcoef

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 400))
    y += 0.8 * x
    x -= x.mean()
    y -= y.mean()  # torchmetrics uses 1/(n-1); without a difference of means the factor cancels
    theirs = float(concordance_corrcoef(torch.from_numpy(x), torch.from_numpy(y)))
    assert ccc(x, y) == pytest.approx(theirs, abs=1e-6)


@given(numbers)
def test_laws(pairs: list[tuple[float, float]]) -> None:
    x, y = (np.array(values) for values in zip(*pairs, strict=True))
    score = ccc(x, y)
    assert -1 <= score <= 1
    assert score == pytest.approx(ccc(y, x), abs=1e-12)
    if min(x.std(), y.std()) > 1e-3:
        assert abs(score) <= abs(np.corrcoef(x, y)[0, 1]) + 1e-9


@pytest.mark.parametrize(("x", "y"), [([], []), ([1], [1, 2]), ([[1, 2]], [[1, 2]]), ([1, np.nan], [1, 2])])
def test_refuses(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="ccc needs"):
        ccc(x, y)


def test_elementwise() -> None:
    means, variances, covariances = np.array([2.0, 3.0]), np.array([2 / 3, 0.0]), np.array([4 / 3, 0.0])
    scores = ccc_of_moments(means, 3.0, variances, 8 / 3, covariances)
    assert scores == pytest.approx([8 / 13, 0.0])
