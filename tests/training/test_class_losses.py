"""Losses of expressions and action units: against torch's own, by hand, and what does not count."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.losses.terms import bce_loss, cross_entropy_loss, embedding_loss
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective
from affectflow.training.track_losses.registry import class_weights

EXPR = Tasks((track_of("expr"),))

NAN = float("nan")
seeds = st.integers(0, 2**32 - 1)


def draw_batch(seed: int, outputs: int, classes: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (3, 8, outputs), targets with gaps, and a mask."""
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randn(3, 8, outputs, generator=generator)
    shape = (3, 8) if classes else (3, 8, outputs)
    target = torch.randint(0, classes or 2, shape, generator=generator).float()
    target[torch.rand(shape, generator=generator) < 0.3] = NAN
    return raw, target, torch.rand(3, 8, generator=generator) < 0.8


@given(seeds, st.booleans())
@settings(max_examples=30, deadline=None)
def test_cross_entropy_is_torchs_on_what_counts(seed: int, weighted: bool) -> None:
    raw, target, mask = draw_batch(seed, 7, 7)
    weights = torch.rand(7, generator=torch.Generator().manual_seed(seed)) + 0.1 if weighted else None
    counts = mask & ~target.isnan()
    if not counts.any():
        assert cross_entropy_loss(raw, target, mask, weights) == 0
        return
    expected = nn.functional.cross_entropy(raw[counts], target[counts].long(), weights)
    assert float(cross_entropy_loss(raw, target, mask, weights)) == pytest.approx(float(expected), rel=1e-5)


@given(seeds, st.booleans())
@settings(max_examples=30, deadline=None)
def test_bce_is_torchs_on_what_counts(seed: int, weighted: bool) -> None:
    raw, target, mask = draw_batch(seed, 12)
    positive = torch.rand(12, generator=torch.Generator().manual_seed(seed)) * 5 if weighted else None
    counts = mask[..., None] & ~target.isnan()
    elementwise = nn.functional.binary_cross_entropy_with_logits(
        raw, target.nan_to_num(), pos_weight=positive, reduction="none"
    )
    expected = elementwise[counts].mean() if counts.any() else 0.0
    assert float(bce_loss(raw, target, mask, positive)) == pytest.approx(float(expected), rel=1e-5)


def test_what_does_not_count_has_no_gradient() -> None:
    mask = torch.tensor([[True, True, False]])
    raw = torch.full((1, 3, 3), 1e30, requires_grad=True)
    cross_entropy_loss(raw, torch.tensor([[NAN, NAN, 1.0]]), mask).backward()
    assert raw.grad is None or not raw.grad.any()
    units = torch.tensor([[[1e30, 0.5], [0.1, NAN], [1.0, 1.0]]], requires_grad=True)
    bce_loss(units, torch.tensor([[[NAN, 1.0], [0.0, NAN], [1.0, 1.0]]]), mask).backward()
    assert units.grad is not None
    assert (units.grad != 0).tolist() == [[[False, True], [True, False], [False, False]]]


def test_equation_5_by_hand() -> None:
    words = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    mapped = torch.tensor([[[1.0, 1.0], [3.0, 2.0], [9.0, 9.0], [5.0, 5.0]]])
    target, mask = torch.tensor([[0.0, 1.0, NAN, 0.0]]), torch.tensor([[True, True, True, False]])
    # Squared distances: 1 to the word of class 0, 9 to that of class 1; the other two frames do not count.
    assert float(embedding_loss(mapped, words, target, mask, "sum")) == pytest.approx((1 + 9) / 2)
    assert float(embedding_loss(mapped, words, target, mask, "mean")) == pytest.approx((1 / 2 + 9 / 2) / 2)


def test_objective_of_expressions_adds_the_weighted_terms() -> None:
    track, words = track_of("expr"), np.random.default_rng(0).normal(size=(7, 300)).astype(np.float32)
    objective = Objective(
        Readout(Tasks((track,))), Loss(cross_entropy=0.5, embedding=2.0), np.zeros((1, 1), np.float32), words
    )
    raw, target, mask = draw_batch(3, 7, 7)
    mapped = torch.randn(3, 8, 300, generator=torch.Generator().manual_seed(1))
    expected = 0.5 * cross_entropy_loss(raw, target, mask) + 2.0 * embedding_loss(
        mapped, torch.from_numpy(words), target, mask
    )
    assert float(objective(raw, target[..., None], mask, mapped)) == pytest.approx(float(expected))
    assert float(objective(raw, target[..., None], mask)) == pytest.approx(
        0.5 * float(cross_entropy_loss(raw, target, mask))
    )


def test_class_weights_by_hand() -> None:
    classes = np.array([[0], [0], [0], [4], [np.nan]], np.float32)
    expected = [4 / (7 * 3), 0, 0, 0, 4 / 7, 0, 0]
    weights = class_weights(track_of("expr"), classes)
    assert weights is not None and weights.tolist() == pytest.approx(expected)
    units = np.zeros((5, 12), np.float32)
    units[0, 0], units[4, 0] = 1, np.nan
    weights = class_weights(track_of("au"), units)
    assert weights is not None and weights.tolist() == [3.0] + [1.0] * 11, (
        "three frames without the first unit for one with it"
    )
    assert class_weights(track_of("va"), np.zeros((5, 2), np.float32)) is None


def test_class_weights_follow_from_rare_classes_and_are_off_by_default() -> None:
    classes = np.array([[0], [0], [0], [4]], np.float32)
    raw, target, mask = draw_batch(5, 7, 7)
    target[~target.isnan()] = 4.0 * (target[~target.isnan()] > 3)  # classes 0 and 4 alone
    even = Objective(Readout(EXPR), Loss(), classes)
    weighted = Objective(Readout(EXPR), Loss(class_weights="balanced"), classes)
    balance = class_weights(track_of("expr"), classes)
    assert balance is not None
    weights = torch.from_numpy(balance)
    assert float(even(raw, target[..., None], mask)) == float(cross_entropy_loss(raw, target, mask))
    assert float(weighted(raw, target[..., None], mask)) == float(cross_entropy_loss(raw, target, mask, weights))


def test_predictions_are_within_the_tracks_bounds() -> None:
    raw = torch.tensor([[3.0, -3.0]])
    assert Readout(Tasks((track_of("va"),))).predicted(raw).tolist() == [[1.0, -1.0]]
    classes = Readout(EXPR).predicted(torch.randn(5, 7))
    assert classes.sum(-1).tolist() == pytest.approx([1.0] * 5)
    assert Readout(Tasks((track_of("au"),))).predicted(torch.zeros(1, 12)).tolist() == [[0.5] * 12]
