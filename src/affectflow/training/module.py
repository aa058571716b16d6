"""One branch as Lightning trains it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from affectflow.config.systems import Branch
from affectflow.errors import InputError
from affectflow.losses import regression_loss
from affectflow.metrics import ccc
from affectflow.streams.dataset import describe_sequence
from affectflow.streams.index import TARGETS, SplitIndex
from affectflow.streams.inputs import make_inputs
from affectflow.systems.network import Network
from affectflow.training.lit import LightningModule
from affectflow.training.optimizers import build_optimizer, build_schedule


class BranchModule(LightningModule):
    """Trains `network` with the loss of section 3.4 of paper 000 and scores all validation frames together.

    After each epoch `epoch_values` holds `train_loss`, `validation_loss`, `ccc_valence`, `ccc_arousal` and `total`
    (their mean), which are logged too, and `validated` the predictions and annotations that these follow from.

    Args:
        name: of the branch, for messages.
        branch: how it is trained.
        network: `forward(inputs, mask)` gives (batch, time, 2).
        index: the train split, to name a batch that breaks training.
        steps: optimiser steps of the whole training.
        seed: what each epoch's dropout follows from, together with the epoch's number.
    """

    def __init__(self, name: str, branch: Branch, network: Network, index: SplitIndex, steps: int, seed: int) -> None:
        super().__init__()
        self.network = network
        self._name, self._branch, self._index = name, branch, index
        self._steps, self._seed = steps, seed
        self.epoch_values: dict[str, float] = {}
        self.validated: tuple[Tensor, Tensor] = torch.empty(0, 2), torch.empty(0, 2)
        self._scored: list[tuple[Tensor, Tensor]] = []
        self._losses: list[Tensor] = []

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Predictions (batch, time, 2) for a batch of raw samples."""
        inputs = make_inputs(batch, self._branch.streams, self._branch.picture)
        predictions: Tensor = self.network(inputs, batch["mask"])
        return predictions.float()

    def on_train_epoch_start(self) -> None:
        # An epoch's dropout follows from its number, so that a resumed training draws what an uninterrupted one does.
        epoch_seed = np.random.SeedSequence((self._seed, self.current_epoch)).generate_state(1)
        torch.manual_seed(int(epoch_seed[0]))
        self._losses = []

    def training_step(self, batch: dict[str, Tensor], step: int) -> Tensor:
        prediction, target, mask = self._whole_batch(self(batch), batch["target"], batch["mask"])
        weights = self._branch.loss
        loss = regression_loss(prediction, target, mask, weights.mse, weights.ccc)
        if not torch.isfinite(loss):
            raise InputError(self._broken(batch, step, float(loss)))
        self._losses.append(loss.detach())
        return loss

    def _whole_batch(self, prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """On several devices the batch of all of them, so that the loss is the same as on one."""
        world = self.trainer.world_size
        if world == 1:
            return prediction, target, mask
        # Shares differ by one sample; gathering needs equal shapes, and what is masked does not count.
        lacking = -(-self._branch.batch // world) - len(mask)
        mine = (
            nn.functional.pad(prediction, (0, 0, 0, 0, 0, lacking)),
            nn.functional.pad(target, (0, 0, 0, 0, 0, lacking)),
            nn.functional.pad(mask, (0, 0, 0, lacking)),
        )
        prediction, target, mask = (self._gather(part) for part in mine)
        return prediction, target, mask

    def _gather(self, mine: Tensor) -> Tensor:
        every = self.all_gather(mine, sync_grads=mine.requires_grad)
        assert isinstance(every, Tensor)
        return every.flatten(0, 1)

    def _broken(self, batch: dict[str, Tensor], step: int, loss: float) -> str:
        sequences = zip(batch["subject"].tolist(), batch["start"].tolist(), strict=True)
        length = self._branch.sequence.length
        named = (describe_sequence(self._index.subjects[place], start, length) for place, start in sequences)
        optimizer = self._branch.optimizer
        return (
            f"branch {self._name}: the loss became {loss} in epoch {self.current_epoch + 1}, step {step + 1}, on the "
            f"sequences {'; '.join(named)}. Lower optimizer.lr (is {optimizer.lr}), set gradient_clip (is "
            f"{self._branch.gradient_clip}), or look at these frames"
        )

    def validation_step(self, batch: dict[str, Tensor], step: int) -> None:
        real = batch["mask"]
        self._scored.append((self(batch)[real].cpu(), batch["target"][real].cpu()))

    def on_validation_epoch_end(self) -> None:
        prediction, target = (torch.cat(parts) for parts in zip(*self._scored, strict=True))
        self._scored = []
        if self.trainer.world_size > 1:
            prediction, target = self._gathered(prediction), self._gathered(target)
        weights = self._branch.loss
        every = torch.ones(len(target), dtype=torch.bool)
        losses = {
            "train_loss": float(torch.stack(self._losses).mean()),
            "validation_loss": float(regression_loss(prediction, target, every, weights.mse, weights.ccc)),
        }
        self.validated = prediction.clamp(-1, 1), target
        self.epoch_values = losses | validation_scores(*self.validated)
        self.log_dict(self.epoch_values)

    def _gathered(self, mine: Tensor) -> Tensor:
        parts: list[Any] = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(parts, mine)
        return torch.cat(parts)

    def configure_optimizers(self) -> Any:
        settings = self._branch.optimizer
        optimizer = build_optimizer(settings, self.network.parameters())
        schedule = build_schedule(self._branch.schedule, optimizer, settings.lr, self._steps, self._branch.select)
        return optimizer if schedule is None else {"optimizer": optimizer, "lr_scheduler": schedule}


def validation_scores(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """CCC of each output over all its annotated frames, and their mean as `total`.

    Args:
        prediction: shape (frames, 2).
        target: shape (frames, 2), NaN where not annotated.

    Returns:
        `ccc_valence`, `ccc_arousal`, `total`; an output that is annotated nowhere scores 0, and so does one of
        which a prediction is not a number.
    """
    scores = {}
    for column, name in enumerate(TARGETS):
        known = ~target[:, column].isnan()
        x, y = prediction[known, column], target[known, column]
        scores[f"ccc_{name}"] = ccc(x.numpy(), y.numpy()) if len(y) and bool(x.isfinite().all()) else 0.0
    return scores | {"total": sum(scores.values()) / len(scores)}
