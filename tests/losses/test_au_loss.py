"""Losses of equation 7 of Kollias and Zafeiriou: by hand, in plain numpy, gradients, and what does not count."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from relatedness_lab import NAN, labels, random_mask, random_normal
from torch import Tensor

from affectflow.losses.terms import au_loss, bce_loss, ccc_loss, cross_entropy_loss, soft_cross_entropy_loss

seeds = st.integers(0, 2**32 - 1)


def by_loops(
    prediction: Tensor, target: Tensor, mask: Tensor, weights: Tensor | None = None, over: str = "units"
) -> float:
    """L_AU as equation 7 spells it, image by image."""
    images = []
    for x, y, real, w in zip(
        prediction.numpy(),
        target.numpy(),
        mask.numpy(),
        np.ones(target.shape) if weights is None else weights.numpy(),
        strict=True,
    ):
        delta = [i for i in range(len(y)) if real and not np.isnan(y[i])]
        if delta:
            p = 1 / (1 + np.exp(-x))
            entropy = sum(-w[i] * (y[i] * np.log(p[i]) + (1 - y[i]) * np.log(1 - p[i])) for i in delta)
            images.append(entropy / (len(delta) if over == "units" else sum(w[i] for i in delta)))
    return float(np.mean(images)) if images else 0.0


def test_each_image_counts_the_same() -> None:
    # p = 1/2 costs log 2, a logit of -log 3 is p = 1/4. First image: a present unit at 1/4, log 4. Second: an absent
    # one at 1/4, log 4/3, and two at 1/2: mean of the three. The third has no annotation, the fourth is padding.
    low = -math.log(3)
    prediction = torch.tensor([[low, 9.0, 9.0], [low, 0.0, 0.0], [5.0, 5.0, 5.0], [5.0, 5.0, 5.0]], dtype=torch.float64)
    target = torch.tensor([[1.0, NAN, NAN], [0.0, 1.0, 0.0], [NAN, NAN, NAN], [0.0, 0.0, 0.0]], dtype=torch.float64)
    mask = torch.tensor([True, True, True, False])
    first, second = math.log(4), (math.log(4 / 3) + 2 * math.log(2)) / 3
    assert au_loss(prediction, target, mask).item() == pytest.approx((first + second) / 2, abs=1e-12)
    assert bce_loss(prediction, target, mask).item() == pytest.approx((first + 3 * second) / 4, abs=1e-12)


def test_weights_by_hand() -> None:
    # Happiness seen in an image without units: 12 and 25 weigh 1, 6 weighs 0.51; all at p = 1/2 cost log 2.
    prediction, target = torch.zeros(1, 4, dtype=torch.float64), torch.tensor([[1.0, 1.0, 1.0, NAN]])
    weights, mask = torch.tensor([[1.0, 1.0, 0.51, 0.0]]), torch.tensor([True])
    assert au_loss(prediction, target, mask, weights).item() == pytest.approx(2.51 * math.log(2) / 3, abs=1e-7)
    assert au_loss(prediction, target, mask, weights, "weights").item() == pytest.approx(math.log(2), abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from(["plain", "units", "weights"]))
def test_agrees_with_the_equation_in_plain_numpy(seed: int, form: str) -> None:
    prediction, target, mask = 3 * random_normal(seed, 9, 17), labels(seed, 9, 17, missing=0.7), random_mask(seed, 9)
    weights = None if form == "plain" else random_normal(seed + 1, 9, 17).sigmoid()
    over = "weights" if form == "weights" else "units"
    loss = au_loss(prediction, target, mask, weights, over)  # type: ignore[arg-type]
    assert loss.item() == pytest.approx(by_loops(prediction, target, mask, weights, over), abs=1e-10)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_bce_is_the_same_where_all_is_annotated(seed: int) -> None:
    prediction, target, mask = random_normal(seed, 4, 5, 17), labels(seed, 4, 5, 17, missing=0), random_mask(seed, 4, 5)
    assert au_loss(prediction, target, mask).item() == pytest.approx(bce_loss(prediction, target, mask).item())


def test_the_whole_objective_of_equation_7_in_plain_numpy() -> None:
    mask = random_mask(3, 12)
    expressions, units, va = random_normal(0, 12, 7), random_normal(1, 12, 17), random_normal(2, 12, 2).tanh()
    emotion, activation, affect = labels(0, 12, classes=7), labels(1, 12, 17), random_normal(5, 12, 2).tanh()
    loss = (
        cross_entropy_loss(expressions, emotion, mask)
        + 0.5 * au_loss(units, activation, mask)
        + 0.25 * ccc_loss(va, affect, mask)
    )
    p = np.exp(expressions.numpy()) / np.exp(expressions.numpy()).sum(axis=1, keepdims=True)
    rows = [k for k in range(12) if mask[k] and not emotion[k].isnan()]
    l_emo = -np.mean([np.log(p[k, int(emotion[k])]) for k in rows])
    x, y = va[mask].numpy(), affect[mask].numpy()
    rho = [
        2 * np.cov(x[:, k], y[:, k], bias=True)[0, 1]
        / (x[:, k].var() + y[:, k].var() + (x[:, k].mean() - y[:, k].mean()) ** 2)
        for k in (0, 1)
    ]  # fmt: skip
    expected = l_emo + 0.5 * by_loops(units, activation, mask) + 0.25 * (1 - 0.5 * (rho[0] + rho[1]))
    assert loss.item() == pytest.approx(expected, abs=1e-10)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_soft_labels_of_one_class_are_hard_labels(seed: int) -> None:
    prediction, classes, mask = random_normal(seed, 8, 7), labels(seed, 8, classes=7), random_mask(seed, 8)
    hard = torch.nn.functional.one_hot(classes.nan_to_num().long(), 7).double()
    hard[classes.isnan()] = NAN
    loss = soft_cross_entropy_loss(prediction, hard, mask)
    assert loss.item() == pytest.approx(cross_entropy_loss(prediction, classes, mask).item(), abs=1e-12)


def test_soft_cross_entropy_by_hand() -> None:
    # Predicted 1/4, 3/4; labelled 1/2, 1/2 and 1, 0 (the third is padding, the fourth has no label).
    prediction = torch.tensor([[0.0, math.log(3)]] * 4, dtype=torch.float64)
    target = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [NAN, NAN]], dtype=torch.float64)
    expected = ((math.log(4) + math.log(4 / 3)) / 2 + math.log(4)) / 2
    mask = torch.tensor([True, True, False, True])
    assert soft_cross_entropy_loss(prediction, target, mask).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("garbage", [NAN, math.inf, 1e30])
def test_what_does_not_count_has_no_gradient(garbage: float) -> None:
    target, soft = labels(0, 3, 17, missing=0), torch.full((3, 7), 1 / 7, dtype=torch.float64)
    target[0, 3], target[1], soft[1] = NAN, NAN, NAN
    mask = torch.tensor([True, True, False])
    for loss, truth in ((au_loss, target), (soft_cross_entropy_loss, soft)):
        counts = mask[:, None] & ~truth.isnan()
        x = random_normal(1, *truth.shape).masked_fill(~counts, garbage).requires_grad_()
        loss(x, truth, mask).backward()
        assert x.grad is not None and torch.equal(x.grad != 0, counts)
        nothing = random_normal(2, *truth.shape).requires_grad_()
        none = loss(nothing, truth, torch.zeros(3, dtype=torch.bool))
        none.backward()
        assert none.item() == 0 and nothing.grad is not None and not nothing.grad.any()


def test_gradients_by_finite_differences() -> None:
    mask = torch.tensor([True, True, True, False])
    target, weights = labels(2, 4, 5), random_normal(3, 4, 5).sigmoid()
    for over in ("units", "weights"):
        assert torch.autograd.gradcheck(
            lambda x, over=over: au_loss(x, target, mask, weights, over),
            random_normal(4, 4, 5).requires_grad_(),
            atol=1e-7,
        )
    soft, classes = random_normal(5, 4, 5).softmax(-1), labels(6, 4, classes=5)
    for loss, truth in ((soft_cross_entropy_loss, soft), (cross_entropy_loss, classes)):
        assert torch.autograd.gradcheck(
            lambda x, loss=loss, truth=truth: loss(x, truth, mask), random_normal(7, 4, 5).requires_grad_(), atol=1e-7
        )


def test_half_precision_predictions_are_scored_in_single() -> None:
    x, mask = random_normal(0, 2, 3).bfloat16(), torch.ones(2, dtype=torch.bool)
    assert au_loss(x, torch.ones(2, 3), mask).dtype == torch.float32
    assert soft_cross_entropy_loss(x, torch.full((2, 3), 1 / 3), mask).dtype == torch.float32
