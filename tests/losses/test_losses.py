import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import affectflow.compute.torch_pair  # noqa: F401  torchmetrics imports torchvision
from affectflow.losses.terms import ccc, ccc_loss, mse_loss, regression_loss
from affectflow.metrics import measures

# isort: split
from torchmetrics.functional import concordance_corrcoef


def batch(seed: int = 0, samples: int = 3, time: int = 5, dtype: torch.dtype = torch.float64):
    random = torch.Generator().manual_seed(seed)
    prediction = torch.randn(samples, time, 2, generator=random, dtype=dtype)
    target = torch.randn(samples, time, 2, generator=random, dtype=dtype) + 0.3 * prediction
    return prediction, target, torch.ones(samples, time, dtype=torch.bool)


def reference_ccc(x: np.ndarray, y: np.ndarray) -> float:
    """Equation 3 with population moments, in plain numpy."""
    return 2 * np.cov(x, y, bias=True)[0, 1] / (np.var(x) + np.var(y) + (np.mean(x) - np.mean(y)) ** 2)


def test_equation_3_by_hand():
    # x = 0, 1, 2; y = 1, 1, 4: means 1 and 2, variances 2/3 and 2, covariance 1; CCC = 2 / (2/3 + 2 + 1) = 6/11.
    x = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64).reshape(1, 3, 1)
    y = torch.tensor([1.0, 1.0, 4.0], dtype=torch.float64).reshape(1, 3, 1)
    assert ccc(x, y, torch.ones(1, 3, dtype=torch.bool)).item() == pytest.approx(6 / 11, abs=1e-12)


def test_equation_4_by_hand():
    # Valence as above (6/11), arousal predicted exactly (1): 1 - (6/11 + 1) / 2 = 5/22.
    x = torch.tensor([[[0.0, 0.5], [1.0, 0.1], [2.0, 0.9]]], dtype=torch.float64)
    y = torch.tensor([[[1.0, 0.5], [1.0, 0.1], [4.0, 0.9]]], dtype=torch.float64)
    mask = torch.ones(1, 3, dtype=torch.bool)
    assert ccc_loss(x, y, mask).item() == pytest.approx(5 / 22, abs=1e-12)
    # Squared errors 1, 0, 4 of six values; 2 x 5/6 + 3 x 5/22.
    assert regression_loss(x, y, mask, mse=2, ccc=3).item() == pytest.approx(2 * 5 / 6 + 3 * 5 / 22, abs=1e-12)


def test_agrees_with_independent_implementations():
    prediction, target, mask = batch(samples=7, time=11)
    flat_x, flat_y = prediction.reshape(-1, 2), target.reshape(-1, 2)
    ours = ccc(prediction, target, mask)
    for column in range(2):
        x, y = flat_x[:, column].numpy(), flat_y[:, column].numpy()
        assert ours[column].item() == pytest.approx(reference_ccc(x, y), abs=1e-12)
        assert ours[column].item() == pytest.approx(measures.ccc(x, y), abs=1e-12)
    # torchmetrics mixes moments over N and N - 1; with equal means the two are one formula.
    centred = flat_x - flat_x.mean(0) + flat_y.mean(0)
    theirs = concordance_corrcoef(centred, flat_y)
    assert torch.allclose(ccc(centred.reshape(prediction.shape), target, mask), theirs, atol=1e-6, rtol=0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-5, 5))
def test_ccc_is_symmetric_and_keeps_common_shift_and_scale(seed: int, scale: float, shift: float):
    prediction, target, mask = batch(seed)
    expected = ccc(prediction, target, mask)
    assert torch.allclose(ccc(target, prediction, mask), expected, atol=1e-9)
    assert torch.allclose(ccc(prediction * scale + shift, target * scale + shift, mask), expected, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_order_and_grouping_of_frames_do_not_matter(seed: int):
    prediction, target, mask = batch(seed, samples=4, time=6)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(seed))
    x, y = (part.reshape(24, 2)[order].reshape(8, 3, 2) for part in (prediction, target))
    expected = regression_loss(prediction, target, mask, 1, 1)
    assert torch.allclose(regression_loss(x, y, mask.reshape(8, 3), 1, 1), expected, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([float("nan"), float("inf"), 1e30]))
def test_what_is_padded_or_not_annotated_does_not_count(seed: int, garbage: float):
    prediction, target, mask = batch(seed)
    longer_x = torch.cat([prediction, torch.full((3, 2, 2), garbage, dtype=torch.float64)], dim=1).requires_grad_()
    longer_y = torch.cat([target, torch.full((3, 2, 2), float("nan"), dtype=torch.float64)], dim=1)
    longer_mask = torch.cat([mask, torch.zeros(3, 2, dtype=torch.bool)], dim=1)
    loss = regression_loss(longer_x, longer_y, longer_mask, 1, 1)
    assert torch.allclose(loss, regression_loss(prediction, target, mask, 1, 1), atol=1e-12)
    loss.backward()
    assert longer_x.grad is not None
    assert (longer_x.grad[:, 5:] == 0).all()
    assert longer_x.grad[:, :5].isfinite().all() and longer_x.grad[:, :5].abs().sum() > 0


def test_one_output_annotated_alone():
    prediction, target, mask = batch()
    target[..., 1] = float("nan")
    x = prediction.requires_grad_()
    loss = ccc_loss(x, target, mask)
    assert loss.item() == pytest.approx((1 - ccc(prediction, target, mask)[0].item()) / 2, abs=1e-12)
    loss.backward()
    assert x.grad is not None and (x.grad[..., 1] == 0).all() and (x.grad[..., 0] != 0).any()


@pytest.mark.parametrize("loss", [ccc_loss, mse_loss])
def test_a_fully_masked_batch_has_no_loss_and_no_gradient(loss):
    prediction, target, mask = batch(dtype=torch.float32)
    prediction.requires_grad_()
    value = loss(prediction, target, torch.zeros_like(mask))
    value.backward()
    assert value.item() == 0
    assert prediction.grad is not None and (prediction.grad == 0).all()


def test_constant_predictions_have_finite_gradients():
    _, target, mask = batch()
    for constant in (target[..., :1].mean(), torch.tensor(0.5)):
        x = torch.full_like(target, float(constant)).requires_grad_()
        ccc_loss(x, target, mask).backward()
        assert x.grad is not None and x.grad.isfinite().all()
    same = torch.full((1, 4, 2), 0.25, dtype=torch.float64)
    assert ccc_loss(same.clone().requires_grad_(), same, torch.ones(1, 4, dtype=torch.bool)).item() == 0


def test_gradient_by_finite_differences():
    prediction, target, mask = batch(samples=2, time=3)
    target[0, 1, 0] = float("nan")
    mask[1, 2] = False
    assert torch.autograd.gradcheck(
        lambda x: regression_loss(x, target, mask, 0.7, 1.3), prediction.requires_grad_(), atol=1e-7
    )


def test_half_precision_predictions_are_scored_in_single():
    prediction, target, mask = batch(dtype=torch.float32)
    assert regression_loss(prediction.bfloat16(), target, mask, 1, 1).dtype == torch.float32
