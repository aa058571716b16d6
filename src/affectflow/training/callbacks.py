"""What happens at the end of every epoch."""

import sys
import time
from typing import Any

import torch
from torch import Tensor

from affectflow.config.training.trained import Trained
from affectflow.core.tasks import Tasks
from affectflow.tracking.pictures import spread
from affectflow.tracking.training_run import TrainingRun
from affectflow.training.lit import Callback, LightningModule, Trainer
from affectflow.training.task_module import TaskModule


class EpochLog(Callback):
    """Collects one row an epoch, prints it and hands it to the tracker. A checkpoint carries all that it holds.

    `rows` holds the scores by epoch, which equal trainings share; `notes` what differs between them: `time`, the end
    of the epoch in ms since 1970, and `frames_per_second`. `shown` holds predictions (frames, outputs) and annotations
    (frames, targets) of validation frames, spread evenly, of the epoch that is best so far; where several are kept, the
    mean of their predictions.

    Args:
        name: of what is trained.
        settings: for how many epochs at most, and which score says what is best.
        tasks: what is predicted.
        frames: of an epoch, for the throughput.
        tracker: MLflow run; None to log nowhere.
        trains_on_validation: whether it learns from the people whom it validates on, which every line then says.
    """

    def __init__(
        self,
        name: str,
        settings: Trained,
        tasks: Tasks,
        frames: int,
        tracker: TrainingRun | None,
        trains_on_validation: bool = False,
    ) -> None:
        self.rows: list[dict[str, float | int]] = []
        self.notes: list[dict[str, float | int]] = []
        self.shown: tuple[Tensor, Tensor] = torch.empty(0, len(tasks.outputs)), torch.empty(0, len(tasks.targets))
        self._name, self._epochs, self._select, self._scores = name, settings.last_epoch, settings.select, tasks.scores
        self._frames, self._tracker, self._kept_epochs = frames, tracker, settings.ensemble_epochs
        self._aside = "  (of people whom it has learnt from)" if trains_on_validation else ""
        self._begin = 0.0
        self._trained = 0.0
        self._lr = 0.0

    @property
    def best(self) -> dict[str, float | int]:
        """The row of the best epoch, the first where several are."""
        return max(self.rows, key=lambda row: row[self._select])

    @property
    def epochs_since_best(self) -> int:
        """Epochs after the best one."""
        return len(self.rows) - 1 - self.rows.index(self.best) if self.rows else 0

    @property
    def kept_rows(self) -> list[dict[str, float | int]]:
        """The rows of the epochs that the settings keep; that of the best one where they name none."""
        return [row for row in self.rows if row["epoch"] in self._kept_epochs] if self._kept_epochs else [self.best]

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._begin = time.monotonic()

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._lr = float(trainer.optimizers[0].param_groups[0]["lr"])

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._trained = time.monotonic() - self._begin

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, TaskModule)
        values = module.epoch_values
        row: dict[str, float | int] = {"epoch": trainer.current_epoch + 1, "steps": trainer.global_step}
        self.rows.append(row | {"lr": self._lr} | values)
        speed = self._frames / self._trained
        self.notes.append({"time": int(time.time() * 1000), "frames_per_second": round(speed, 3)})
        if self.kept_rows and self.kept_rows[-1] is self.rows[-1]:
            prediction, target = module.validated
            places = spread(len(target))
            before, share = self.shown[0], 1 / len(self.kept_rows)
            mean = prediction[places].clone() if share == 1 else torch.lerp(before, prediction[places], share)
            self.shown = mean, target[places].clone()
        if not trainer.is_global_zero:
            return
        scores = " ".join(f"{name} {values[name]:.4f}" for name in self._scores)
        print(
            f"{self._name}: epoch {row['epoch']}/{self._epochs}  loss {values['train_loss']:.4f}  validation loss "
            f"{values['validation_loss']:.4f}  {scores}  {speed:.0f} frames/s{self._aside}",
            file=sys.stderr,
            flush=True,
        )
        if self._tracker is not None:
            self._tracker.epoch(self.rows[-1], self.notes[-1])

    def state_dict(self) -> dict[str, Any]:
        return {
            "rows": [dict(row) for row in self.rows],
            "notes": [dict(note) for note in self.notes],
            "shown": self.shown,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rows, self.notes = list(state["rows"]), list(state["notes"])
        prediction, target = state["shown"]
        self.shown = prediction, target


class PatientStopping(Callback):
    """Stops a training that has waited long enough for a better epoch: at the end of an epoch, and where one that had
    stopped is started again, before its first step.

    Args:
        log: of its epochs; called before this.
        patience: epochs that are waited for.
    """

    def __init__(self, log: EpochLog, patience: int) -> None:
        self._log, self._patience = log, patience

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        trainer.should_stop = self._log.epochs_since_best >= self._patience

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        trainer.should_stop = self._log.epochs_since_best >= self._patience
