"""Equations 8 and 9 of Li et al., and Pearson's correlation, against hand-worked numbers and other implementations."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.losses.terms import cross_entropy_loss, focal_loss, strongest_loss
from affectflow.metrics.baselines import constant
from affectflow.metrics.measures import pearson_of_moments
from affectflow.metrics.moments import Moments
from affectflow.metrics.sufficient_statistics import details, measures, scores, tally
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective

ERI = track_of("eri")
NAN = math.nan


def target_of(*rows: dict[str, float]) -> Tensor:
    """Intensities (rows, 1, 7) in double, 0 where not named."""
    return torch.tensor([[[row.get(name, 0.0) for name in ERI.targets]] for row in rows], dtype=torch.float64)


def test_equation_8_by_hand() -> None:
    readout = Readout(Tasks((ERI,)))
    objective = Objective(readout, Loss(), np.zeros((1, 7), np.float32))
    target = target_of({"fear": 1.0, "surprise": 0.5})
    raw = torch.zeros(1, 1, 14, dtype=torch.float64)
    raw[0, 0, 7 + ERI.targets.index("fear")] = math.log(6)  # probability 1/2 among seven: 6 / (6 + 6)
    loss = objective(raw, target, torch.ones(1, 1, dtype=torch.bool))
    squares = (6 * 0.5**2 + 0.0) / 7  # sigmoid(0) is 0.5: surprise is right, the other six are 0.5 away
    assert float(loss) == pytest.approx(squares + 0.01 * math.log(2), abs=1e-12)
    weighed = Objective(readout, Loss(mse=2.0, strongest=0.0), np.zeros((1, 7), np.float32))
    assert float(weighed(raw, target, torch.ones(1, 1, dtype=torch.bool))) == pytest.approx(2 * squares, abs=1e-12)


@given(seed=st.integers(0, 1000), clips=st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_equation_8_is_torchs_mse_and_cross_entropy(seed: int, clips: int) -> None:
    random = np.random.default_rng(seed)
    intensities = random.uniform(0, 0.99, (clips, 7))
    strongest = random.integers(0, 7, clips)
    intensities[np.arange(clips), strongest] = 1
    target = torch.from_numpy(intensities)[:, None]
    raw = torch.from_numpy(random.normal(0, 2, (clips, 1, 14)))
    loss = Objective(Readout(Tasks((ERI,))), Loss(), np.zeros((1, 7), np.float32))(
        raw, target, torch.ones(clips, 1, dtype=torch.bool)
    )
    distance = nn.functional.mse_loss(raw[:, 0, :7].sigmoid(), target[:, 0])
    surprise = nn.functional.cross_entropy(raw[:, 0, 7:], torch.from_numpy(strongest))
    assert float(loss) == pytest.approx(float(distance + 0.01 * surprise), abs=1e-12)


def test_what_is_not_annotated_or_shared_or_missing_in_the_class_loss() -> None:
    scores_ = torch.zeros(4, 1, 7, dtype=torch.float64)
    scores_[:, 0, 0] = 1.0
    target = target_of({"adoration": 1.0}, {"adoration": 1.0, "fear": 1.0}, {"adoration": 0.9}, {})
    target[3] = NAN
    mask = torch.ones(4, 1, dtype=torch.bool)
    whole = math.log(math.e + 6)
    # The second shares: half of it is adoration, half fear; the third has no strongest, the fourth no annotation.
    assert float(strongest_loss(scores_, target, mask)) == pytest.approx(((whole - 1) + (whole - 0.5)) / 2, abs=1e-12)
    mask[0] = False
    assert float(strongest_loss(scores_, target, mask)) == pytest.approx(whole - 0.5, abs=1e-12)
    assert float(strongest_loss(scores_, target, torch.zeros(4, 1, dtype=torch.bool))) == 0


def test_equation_9_by_hand() -> None:
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]], dtype=torch.float64)  # p_t 3/4 and 1/2
    target = torch.tensor([0.0, 1.0])
    mask = torch.tensor([True, True])
    expected = (0.25**2 * math.log(4 / 3) + 0.5**2 * math.log(2)) / 2
    assert float(focal_loss(logits, target, mask, 2.0)) == pytest.approx(expected, abs=1e-12)
    alpha = torch.tensor([1.0, 3.0], dtype=torch.float64)
    weighed = (0.25**2 * math.log(4 / 3) + 3 * 0.5**2 * math.log(2)) / 4
    assert float(focal_loss(logits, target, mask, 2.0, alpha)) == pytest.approx(weighed, abs=1e-12)


@given(seed=st.integers(0, 1000), gamma=st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0]))
@settings(max_examples=40, deadline=None)
def test_equation_9_is_its_formula_and_with_gamma_0_the_cross_entropy(seed: int, gamma: float) -> None:
    random = np.random.default_rng(seed)
    logits, classes = random.normal(0, 3, (12, 8)), random.integers(0, 8, 12).astype(float)
    classes[::5] = NAN
    alpha = random.uniform(0.1, 2, 8)
    annotated = ~np.isnan(classes)
    powers = np.exp(logits[annotated])
    p = powers[np.arange(annotated.sum()), classes[annotated].astype(int)] / powers.sum(1)
    weight = alpha[classes[annotated].astype(int)]
    expected = (-weight * (1 - p) ** gamma * np.log(p)).sum() / weight.sum()
    arguments = torch.from_numpy(logits), torch.from_numpy(classes), torch.ones(12, dtype=torch.bool)
    loss = focal_loss(*arguments, gamma, torch.from_numpy(alpha))
    assert float(loss) == pytest.approx(expected, abs=1e-9)
    if gamma == 0:
        assert float(loss) == float(cross_entropy_loss(*arguments, torch.from_numpy(alpha)))


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_gradient_of_the_focal_loss_is_right_and_finite_where_all_is_sure(gamma: float) -> None:
    logits = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    target, mask = torch.tensor([0.0, 1.0, 2.0, 0.0, NAN]), torch.tensor([True, True, True, False, True])
    assert torch.autograd.gradcheck(lambda x: focal_loss(x, target, mask, gamma), logits)
    sure = torch.tensor([[60.0, 0.0]], requires_grad=True)
    focal_loss(sure, torch.tensor([0.0]), torch.tensor([True]), gamma).backward()
    assert sure.grad is not None and bool(sure.grad.isfinite().all())


@given(seed=st.integers(0, 1000), rows=st.integers(3, 40))
@settings(max_examples=40, deadline=None)
def test_scores_are_scipys_correlations_and_their_mean(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    values, targets = (random.uniform(0, 1, (rows, 7)).astype(np.float32) for _ in range(2))
    targets[0] = np.nan
    tallies = tally(ERI, values, targets, [0, 1, rows])
    results = scores(ERI, tallies.sum(axis=0))
    expected = [pearsonr(values[1:, k].astype(float), targets[1:, k].astype(float))[0] for k in range(7)]
    assert [float(results[name]) for name in ERI.scores] == pytest.approx([*expected, np.mean(expected)], abs=1e-9)
    assert measures(ERI, tallies.sum(axis=0)).keys() == results.keys() == set(ERI.scores)
    assert details(ERI, tallies.sum(axis=0)) == {"annotated": dict.fromkeys(ERI.targets, rows - 1)}


def test_a_constant_correlates_with_nothing() -> None:
    targets = np.random.default_rng(0).uniform(0, 1, (9, 7)).astype(np.float32)
    best = constant(ERI, targets)
    np.testing.assert_allclose(best[0], targets.mean(axis=0), rtol=1e-6)
    assert float(scores(ERI, tally(ERI, best, targets, [0, 9])[0])["total"]) == 0
    assert float(pearson_of_moments(0.0, 2.0, 0.0)) == 0


@given(seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_correlation_of_a_weighted_average_follows_from_moments(seed: int) -> None:
    random = np.random.default_rng(seed)
    columns = random.normal(0, 1, (4, 30))
    weights = random.dirichlet(np.ones(3))
    expected = pearsonr(weights @ columns[:3], columns[3])[0]
    assert float(Moments.of(list(columns)).pearson(weights)) == pytest.approx(expected, abs=1e-10)
