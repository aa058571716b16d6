"""Gradient descent and the path of its learning rate, as a branch describes them."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from affectflow.config.training.trained import Optimizer, Schedule


def build_optimizer(settings: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser that `settings` describe."""
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.name == "sgd":
        return torch.optim.SGD(parameters, momentum=settings.momentum, **common)
    kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
    return kind(parameters, betas=settings.betas, **common)


def build_schedule(
    settings: Schedule, optimizer: torch.optim.Optimizer, lr: float, steps: int, epochs: int, score: str
) -> dict[str, Any] | None:
    """Lightning's description of the learning-rate schedule; None where the rate is constant.

    Args:
        settings: the branch's `schedule`.
        optimizer: whose rate moves.
        lr: the rate; the highest one, for onecycle.
        steps: optimiser steps of the whole training, for onecycle.
        epochs: passes of the whole training, for linear.
        score: validation score that plateau watches; higher is better.
    """
    if settings.name == "plateau":
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode="max", patience=settings.patience, factor=settings.factor
        )
        return {"scheduler": plateau, "interval": "epoch", "monitor": score}
    if settings.name == "onecycle":
        onecycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
        return {"scheduler": onecycle, "interval": "step"}
    if settings.name == "constant":
        return None
    decay_schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: _share(settings, epoch, epochs))
    return {"scheduler": decay_schedule, "interval": "epoch"}


def _share(settings: Schedule, epoch: int, epochs: int) -> float:
    """What is left of the first rate in an epoch, counted from 0, by exponential or linear."""
    decayed_epochs = max(0, epoch + 1 - settings.hold)
    if settings.name == "exponential":
        return settings.decay**decayed_epochs
    return 1 - decayed_epochs / (epochs - settings.hold + 1)
