"""Further terms of the loss: what they add, and where they are refused."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.losses.absolute import mae_loss
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective

NAN = math.nan
RAW = torch.tensor([[0.5, 0.0, 2.0], [-0.5, 1.0, 0.0], [9.0, 9.0, 9.0]], dtype=torch.float64, requires_grad=True)
TARGET = torch.tensor([[1.0, 0.0], [-1.0, NAN], [0.0, 0.0]], dtype=torch.float64)
MASK = torch.tensor([True, True, False])


def test_the_mean_absolute_error_is_over_what_counts() -> None:
    loss = mae_loss(RAW[:, :2], TARGET, MASK)
    assert loss.item() == pytest.approx((0.5 + 0.0 + 0.5) / 3, abs=1e-12)
    loss.backward()
    assert RAW.grad is not None and RAW.grad[1, 1] == 0 and (RAW.grad[2] == 0).all()
    assert mae_loss(RAW[:, :2], torch.full((3, 2), NAN), MASK).item() == 0


def objective(tasks: Tasks, **settings: Any) -> Objective:
    return Objective(Readout(tasks), Loss.model_validate(settings), np.zeros((1, len(tasks.targets)), np.float32))


def test_a_term_is_added_with_its_weight_to_the_loss_of_its_tracks() -> None:
    va, both = tasks_of("va", "abaw2"), tasks_of("va+au", "abaw2")
    raw = torch.randn(4, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    target = torch.cat([raw[:, :2].tanh(), (raw[:, 2:] > 0).double()], dim=1)
    mask = torch.ones(4, dtype=torch.bool)
    for tasks, numbers in ((va, slice(0, 2)), (both, slice(0, 14))):
        arguments = raw[:, numbers], target[:, numbers], mask
        added = objective(tasks, terms={"mae": 0.25})(*arguments) - objective(tasks)(*arguments)
        assert added.item() == pytest.approx(0.25 * mae_loss(raw[:, :2], target[:, :2], mask).item(), abs=1e-12)
        assert torch.equal(objective(tasks, terms={"mae": 0.0})(*arguments), objective(tasks)(*arguments))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"terms": {"none": 1.0}}, "'mae'"),
        ({"terms": {"mae": -1.0}}, "greater than or equal to 0"),
        ({"terms": {"mae": 1.0}, "by_source": "sum"}, "over all that is annotated"),
    ],
)
def test_settings_say_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Loss.model_validate(settings)
