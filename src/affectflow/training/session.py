"""What every training shares: device, checkpoints, tracking, epochs, and the folder that is left."""

import logging
import platform
import sys
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from affectflow.artifacts.layout import RUN_NOTES
from affectflow.compute.devices import choose, describe_device, precision_of
from affectflow.compute.memory import explain_full_memory
from affectflow.config.system.execution import Device
from affectflow.config.training.trained import Trained
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.models.folder import Kind, save_json, save_metrics, save_model, settings_file
from affectflow.tracking.pictures import AGREEMENT, CURVES, describe_epochs, draw_agreement, draw_curves
from affectflow.tracking.training_run import About, TrainingRun
from affectflow.tracking.upload import params_of
from affectflow.tracking.workflow_run import current_workflow
from affectflow.training.callbacks import EpochLog, PatientStopping
from affectflow.training.checkpoints import Checkpoints, settings_digest
from affectflow.training.epoch_checkpoints import EpochCheckpoints, best_state
from affectflow.training.epoch_ensemble import EpochEnsemble, ensemble_state
from affectflow.training.global_batch import see_global_batch
from affectflow.training.lit import (
    Callback,
    EMAWeightAveraging,
    LightningDataModule,
    LightningEnvironment,
    Trainer,
    seed_everything,
)
from affectflow.training.logged import Logged, describe_job, open_run, own_code
from affectflow.training.task_module import TaskModule, validation_scores
from affectflow.training.whole_checkpoints import WholeCheckpoints


@dataclass(frozen=True)
class Plan:
    """One training."""

    kind: Kind
    name: str
    """Of the branch or pre-training."""
    settings: Trained
    dumped: Mapping[str, Any]
    """The settings, as JSON can hold them."""
    tasks: Tasks
    """What is predicted."""
    seed: int
    """Fixes initial weights, order, augmentation and dropout."""
    checkpoints: Path
    """Folder of this training alone; emptied when it has ended."""
    out: Path
    """Folder that it leaves."""
    logged: Logged
    trains_on_validation: bool = False
    """Whether it learns from the people whom it validates on."""

    @property
    def title(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Fitted:
    """A training that has ended, before it is written."""

    log: EpochLog
    state: dict[str, Tensor]
    """Parameters of the network after the kept epoch, or after each of the kept ones."""
    about: About
    tracker: TrainingRun | None
    checkpoints: Checkpoints
    resumed: bool
    device: str
    """What it ran on."""


class Session:
    """One training on this machine. Made first, since it fixes the random numbers of what is built after it; then
    `fit`, then `write`.

    Args:
        plan: what is trained.
        device: accelerator, precision and CPU threads.
        gpus: lent to this job; those of `device` when not given.

    Raises:
        InputError: a batch cannot be shared by the devices.
    """

    def __init__(self, plan: Plan, device: Device, gpus: int | None = None) -> None:
        torch.set_num_threads(device.threads)
        self._begin = time.time()
        self._plan, self._device = plan, device
        self._accelerator, self.devices = choose(device, gpus)
        if plan.settings.largest_batch < self.devices:
            raise InputError(
                f"{plan.title}: batch {plan.settings.largest_batch} cannot be shared by {self.devices} GPUs or "
                "processes; set it higher"
            )
        self._precision = precision_of(device, self._accelerator)
        seed_everything(plan.seed, workers=True, verbose=False)

    def fit(
        self,
        module: TaskModule,
        data: LightningDataModule,
        frames: int,
        code: str,
        files: Iterable[Path],
        artifacts: Iterable[Path],
    ) -> Fitted | None:
        """Train, from the last checkpoint of the same training where there is one.

        Args:
            module: what is trained.
            data: train and validation batches.
            frames: of an epoch, for the throughput.
            code: fingerprint of the code; another one makes old checkpoints void, as do other settings and inputs.
            files: inputs that are small.
            artifacts: inputs that are large.

        Returns:
            None on all processes of a training on several devices but the first.

        Raises:
            InputError: full memory, or a loss that is not finite, with the batch named.
        """
        plan = self._plan
        fixed = {
            plan.kind: plan.dumped,
            "track": plan.tasks.name,
            "edition": plan.tasks.edition,
            "seed": plan.seed,
            "precision": self._precision,
            "threads": self._device.threads,
        }
        digest = settings_digest(fixed | {"code": code}, files, artifacts)
        checkpoints = Checkpoints(plan.checkpoints, digest)
        about = About(
            plan.kind, plan.name, plan.seed, plan.logged.experiment, plan.logged.place, own_code(), current_workflow()
        )
        tracker = open_run(about, params_of(plan.kind, plan.name, fixed), plan.logged.tracking, checkpoints)
        log = EpochLog(plan.name, plan.settings, plan.tasks, frames, tracker, plan.trains_on_validation)
        trainer = self._trainer(log, checkpoints)
        if self.devices > 1:
            module.network = see_global_batch(module.network, "cuda" if self._accelerator == "gpu" else "cpu")
        resumed = checkpoints.last
        if resumed is not None:
            print(f"{plan.name}: going on from {resumed}", file=sys.stderr)
        if tracker is not None:
            tracker.settle()
        try:
            with explain_full_memory(plan.title):
                trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
        except BaseException as error:
            if tracker is not None:
                tracker.abandon("FAILED" if isinstance(error, Exception) else "KILLED")
            raise
        if not trainer.is_global_zero:
            return None
        device = describe_device(self._accelerator, self.devices)
        describe_job(device, tracker)
        ensemble_epochs = plan.settings.ensemble_epochs
        state = ensemble_state(plan.checkpoints, ensemble_epochs) if ensemble_epochs else best_state(checkpoints, log)
        return Fitted(log, state, about, tracker, checkpoints, resumed is not None, device)

    def write(self, fitted: Fitted, description: Mapping[str, Any], annotated: int) -> None:
        """Leave the folder, end the MLflow run, and note that the checkpoints are not needed again.

        Args:
            fitted: what `fit` gave.
            description: for the settings file.
            annotated: validation frames that count, for the pictures.
        """
        plan, logged = self._plan, self._plan.logged
        save_model(plan.out, fitted.state)
        save_metrics(plan.out, fitted.log.rows)
        save_json(plan.out / settings_file(plan.kind), description)
        self._draw(fitted.log, annotated)
        tracker = fitted.tracker
        run = {
            "mlflow_run": tracker.run_id if tracker is not None else None,
            "mlflow_uri": logged.tracking.uri if logged.tracking is not None else None,
            "mlflow_failure": "the training was interrupted while it was logged" if tracker is not None else None,
            "experiment": logged.experiment,
            "place": logged.place,
            "workflow": fitted.about.workflow,
            "resumed": fitted.resumed,
            "seconds": round(time.time() - self._begin, 3),
            "accelerator": self._accelerator,
            "devices": self.devices,
            "device": fitted.device,
            "precision": self._precision,
            "threads": self._device.threads,
            "host": platform.node(),
            "torch": torch.__version__,
            "by_epoch": fitted.log.notes,
        }
        save_json(plan.out / RUN_NOTES, run)
        if tracker is not None:
            failure = tracker.complete(plan.out)
            save_json(plan.out / RUN_NOTES, run | {"mlflow_run": tracker.run_id, "mlflow_failure": failure})
        fitted.checkpoints.end()

    def _trainer(self, log: EpochLog, checkpoints: Checkpoints) -> Trainer:
        settings, device = self._plan.settings, self._device
        stops: Callback = PatientStopping(log, settings.patience)
        if settings.ensemble_epochs:
            stops = EpochEnsemble(self._plan.checkpoints, settings.ensemble_epochs)
        # First, so that all others see at an epoch's end what it has been validated with.
        averages = [EMAWeightAveraging(use_buffers=False, decay=settings.ema)] if settings.ema else []
        _quiet()
        return Trainer(
            accelerator=self._accelerator,
            devices=self.devices,
            strategy="ddp" if self.devices > 1 else "auto",
            precision=self._precision,
            max_epochs=settings.last_epoch,
            gradient_clip_val=settings.gradient_clip or None,
            deterministic=device.deterministic,
            callbacks=[*averages, log, stops, EpochCheckpoints(checkpoints, log)],
            logger=False,
            enable_progress_bar=sys.stderr.isatty(),
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=self._plan.checkpoints,
            # A job starts its own processes, under Slurm too, where Lightning would expect one task a device.
            plugins=[WholeCheckpoints(), LightningEnvironment()],
        )

    def _draw(self, log: EpochLog, annotated: int) -> None:
        plan, epochs = self._plan, [int(row["epoch"]) for row in log.kept_rows]
        draw_curves(plan.out / CURVES, log.rows, plan.tasks, epochs, plan.title)
        prediction, target = (tensor.numpy() for tensor in log.shown)
        plotted = int((~np.isnan(target)).any(axis=1).sum())
        frames = f"{plotted}" if plotted == annotated else f"{plotted} of {annotated}"
        rows = "clips" if plan.tasks.tracks[0].per_clip else "frames"
        title = (
            f"{plan.title}, {describe_epochs(epochs)}: {frames} validation {rows}"
            f"{' of people it knows' * plan.trains_on_validation}"
        )
        scores = log.kept_rows[0] if len(epochs) == 1 else validation_scores(plan.tasks, *log.shown)
        draw_agreement(plan.out / AGREEMENT, plan.tasks, prediction, target, scores, title)


def _quiet() -> None:
    """Keep Lightning's advice, and warnings that are for its developers, out of the log; its errors stay."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
