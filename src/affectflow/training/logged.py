"""Where a training is logged, and what its job's records say of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from affectflow.artifacts.job import current, note
from affectflow.artifacts.record import Code, Tracked
from affectflow.config.system.execution import Tracking
from affectflow.tracking.training_run import About, TrainingRun
from affectflow.training.checkpoints import Checkpoints


@dataclass(frozen=True)
class Logged:
    """Where a training is logged."""

    tracking: Tracking | None
    """MLflow store; None to log nowhere."""
    experiment: str
    """Of MLflow."""
    place: str | None = None
    """`<corpus>/<system>/<track>`, which names the model in MLflow's registry; without it none is registered."""


def open_run(
    about: About, params: Mapping[str, str], tracking: Tracking | None, checkpoints: Checkpoints
) -> TrainingRun | None:
    """The MLflow run of this training, on its first process only; claims the checkpoints for the training."""
    if int(os.environ.get("LOCAL_RANK", "0")):
        return None
    checkpoints.begin(checkpoints.run_id)
    if tracking is None:
        return None
    return TrainingRun(tracking.uri, about, params, checkpoints.run_id, checkpoints.begin)


def describe_job(device: str, tracker: TrainingRun | None) -> None:
    """Let the records of what is about to be written say where it was trained, and name the MLflow run."""
    note(device)
    job = current()
    if job is not None and tracker is not None:
        tracker.settle()
        job.mlflow = None if tracker.run_id is None else Tracked(run=tracker.run_id, uri=tracker.uri)


def own_code() -> Code | None:
    """What this job was made by; None outside of one."""
    job = current()
    return None if job is None else job.code
