"""What happens at the end of every epoch."""

import sys
import time
from typing import Any

from affectflow.training.lit import Callback, EarlyStopping, LightningModule, Trainer
from affectflow.training.module import BranchModule
from affectflow.training.tracking import Tracker


class PatientStopping(EarlyStopping):
    """Early stopping that a resumed training remembers: it runs no epoch more than an uninterrupted one."""

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        trainer.should_stop = self.wait_count >= self.patience


class EpochLog(Callback):
    """Collects one row an epoch, prints it and hands it to the tracker. A checkpoint carries the rows.

    Args:
        name: of the branch.
        epochs: at most so many.
        frames: of an epoch, for the throughput.
        tracker: MLflow run; None to log nowhere.
    """

    def __init__(self, name: str, epochs: int, frames: int, tracker: Tracker | None) -> None:
        self.rows: list[dict[str, float | int]] = []
        self._name, self._epochs, self._frames, self._tracker = name, epochs, frames, tracker
        self._begin = 0.0
        self._trained = 0.0
        self._lr = 0.0

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._begin = time.monotonic()

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._lr = float(trainer.optimizers[0].param_groups[0]["lr"])

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._trained = time.monotonic() - self._begin

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, BranchModule)
        values = module.epoch_values
        row: dict[str, float | int] = {"epoch": trainer.current_epoch + 1, "steps": trainer.global_step}
        self.rows.append(row | {"lr": self._lr} | values)
        speed = self._frames / self._trained
        if not trainer.is_global_zero:
            return
        print(
            f"{self._name}: epoch {row['epoch']}/{self._epochs}  loss {values['train_loss']:.4f}  validation loss "
            f"{values['validation_loss']:.4f}  CCC valence {values['ccc_valence']:.4f} arousal "
            f"{values['ccc_arousal']:.4f} total {values['total']:.4f}  {speed:.0f} frames/s",
            file=sys.stderr,
            flush=True,
        )
        if self._tracker is not None:
            self._tracker.metrics(values | {"lr": self._lr, "frames_per_second": speed}, int(row["epoch"]))

    def state_dict(self) -> dict[str, Any]:
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rows = list(state["rows"])
