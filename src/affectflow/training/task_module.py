"""Anything that learns to predict tracks, as Lightning trains it."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from affectflow.config.training.trained import Trained
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.metrics.sufficient_statistics import scores, tally
from affectflow.models.readout import Readout
from affectflow.training.coupled import Coupled
from affectflow.training.lit import LightningModule
from affectflow.training.objective import Objective
from affectflow.training.optimizers import build_optimizer, build_schedule


@dataclass(frozen=True)
class ModuleOutput:
    """What a module gives for a batch of raw samples."""

    raw: Tensor
    """Of the network, shape (…, numbers)."""
    mapped: Tensor | None = None
    """Features in the space of the words, in training with an embedding loss."""
    teacher: Tensor | None = None
    """Raw numbers of the teacher, of the shape of `raw`, in training with one."""


class TaskModule(LightningModule):
    """Trains `network` with the loss of its tasks and scores everything that is validated together.

    After each epoch `epoch_values` holds `train_loss`, `validation_loss` and the tasks' scores, which are logged too,
    and `validated` the predictions and annotations that these follow from.

    Args:
        title: what is trained, for messages: `branch F`.
        settings: how it is trained.
        readout: what it predicts.
        network: whose parameters are kept.
        targets: annotations of all training samples, shape (…, targets), NaN where missing.
        steps: optimiser steps of the whole training.
        seed: what each epoch's dropout follows from, together with the epoch's number.
        words: word vectors of the classes, where the embedding loss needs them.
        coupled: what couples expressions and action units, where they are.
    """

    def __init__(
        self,
        title: str,
        settings: Trained,
        readout: Readout,
        network: nn.Module,
        targets: NDArray[np.float32],
        steps: int,
        seed: int,
        words: NDArray[np.float32] | None = None,
        coupled: Coupled | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.objective = Objective(readout, settings.loss, targets, words, coupled)
        self._title, self._settings, self._readout = title, settings, readout
        self._steps, self._seed = steps, seed
        self.epoch_values: dict[str, float] = {}
        tasks = readout.tasks
        self.validated: tuple[Tensor, Tensor] = torch.empty(0, len(tasks.outputs)), torch.empty(0, len(tasks.targets))
        self._scored: list[tuple[Tensor, Tensor]] = []
        self._losses: list[Tensor] = []

    @abstractmethod
    def forward(self, batch: dict[str, Tensor]) -> ModuleOutput:
        """What a module gives for a batch of raw samples."""

    @abstractmethod
    def real(self, batch: dict[str, Tensor]) -> Tensor:
        """Which of a batch's predictions count, shape (…)."""

    @abstractmethod
    def describe(self, batch: dict[str, Tensor]) -> str:
        """The samples of a batch in words."""

    def on_train_epoch_start(self) -> None:
        # An epoch's dropout follows from its number, so that a resumed training draws what an uninterrupted one does.
        epoch_seed = np.random.SeedSequence((self._seed, self.current_epoch)).generate_state(1)
        torch.manual_seed(int(epoch_seed[0]))
        self._losses = []

    def training_step(self, batch: dict[str, Tensor], step: int) -> Tensor:
        output: ModuleOutput = self(batch)
        mask, sources = self.real(batch), batch.get("source")
        parts = self._whole_batch(output.raw, batch["target"], mask, output.mapped, sources, output.teacher)
        loss: Tensor = self.objective(*parts)
        if not torch.isfinite(loss):
            raise InputError(self._broken(batch, step, float(loss.detach())))
        self._losses.append(loss.detach() / self.objective.scale(mask, sources))
        return loss

    def _whole_batch(self, *parts: Tensor | None) -> tuple[Tensor | None, ...]:
        """On several devices the batch of all of them, so that the loss is the same as on one."""
        world = self.trainer.world_size
        if world == 1:
            return parts
        whole: list[Tensor | None] = []
        for part in parts:
            if part is None:
                whole.append(None)
                continue
            # Shares differ by one sample; gathering needs equal shapes, and what is masked does not count.
            lacking = -(-self._settings.largest_batch // world) - len(part)
            whole.append(self._gather(nn.functional.pad(part, (*(0, 0) * (part.dim() - 1), 0, lacking))))
        return tuple(whole)

    def _gather(self, mine: Tensor) -> Tensor:
        every = self.all_gather(mine, sync_grads=mine.requires_grad)
        assert isinstance(every, Tensor)
        return every.flatten(0, 1)

    def _broken(self, batch: dict[str, Tensor], step: int, loss: float) -> str:
        settings = self._settings
        return (
            f"{self._title}: the loss became {loss} in epoch {self.current_epoch + 1}, step {step + 1}, on the "
            f"{self.describe(batch)}. Lower optimizer.lr (is {settings.optimizer.lr}), set gradient_clip (is "
            f"{settings.gradient_clip}), or look at these frames"
        )

    def validation_step(self, batch: dict[str, Tensor], step: int) -> None:
        real = self.real(batch)
        self._scored.append((self(batch).raw[real].cpu(), batch["target"][real].cpu()))

    def on_validation_epoch_end(self) -> None:
        raw, target = (torch.cat(parts) for parts in zip(*self._scored, strict=True))
        self._scored = []
        if self.trainer.world_size > 1:
            raw, target = self._gathered(raw), self._gathered(target)
        every = torch.ones(len(target), dtype=torch.bool)
        losses = {
            "train_loss": float(torch.stack(self._losses).mean()),
            "validation_loss": float(self.objective.cpu()(raw, target, every)) / self.objective.scale(every),
        }
        self.objective.to(self.device)
        self.validated = self._readout.predicted(raw), target
        self.epoch_values = losses | validation_scores(self._readout.tasks, *self.validated)
        self.log_dict(self.epoch_values)

    def on_train_epoch_end(self) -> None:
        plateau = self.lr_schedulers()
        if isinstance(plateau, ReduceLROnPlateau):
            plateau.step(self.epoch_values[self._settings.select])

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        # That of a plateau is taken above: Lightning would take it after the epoch's checkpoint, and not make it up.
        if metric is None:
            super().lr_scheduler_step(scheduler, metric)

    def _gathered(self, mine: Tensor) -> Tensor:
        parts: list[Any] = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(parts, mine)
        return torch.cat(parts)

    def configure_optimizers(self) -> Any:
        settings = self._settings
        optimizer = build_optimizer(settings.optimizer, self.parameters())
        lengths = self._steps, settings.epochs
        schedule = build_schedule(settings.schedule, optimizer, settings.optimizer.lr, *lengths, settings.select)
        return optimizer if schedule is None else {"optimizer": optimizer, "lr_scheduler": schedule}


def validation_scores(tasks: Tasks, prediction: Tensor, target: Tensor) -> dict[str, float]:
    """The tasks' scores over all annotated frames taken together; all 0 where a prediction is not a number.

    Args:
        tasks: what is scored.
        prediction: shape (frames, outputs).
        target: shape (frames, targets), NaN where not annotated.
    """
    if not bool(prediction.isfinite().all()):
        return dict.fromkeys(tasks.scores, 0.0)
    by_track = {}
    for track, outputs, targets in tasks.parts():
        values, annotations = prediction[:, outputs].numpy(), target[:, targets].numpy()
        counted = tally(track, values, annotations, np.array([0, len(target)]))[0]
        by_track[track.name] = {name: float(value) for name, value in scores(track, counted).items()}
    if len(by_track) == 1:
        return by_track[tasks.tracks[0].name]
    flat = {
        f"{track}_{name}": value for track, track_scores in by_track.items() for name, value in track_scores.items()
    }
    return flat | {"total": float(np.mean([track_scores["total"] for track_scores in by_track.values()]))}
