"""Train one branch of a system."""

import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from affectflow.artifacts.job import current
from affectflow.artifacts.record import Code, Tracked
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.errors import InputError
from affectflow.streams.dataset import Sequences
from affectflow.streams.index import artifact_files
from affectflow.systems.network import Network
from affectflow.systems.registry import build_network
from affectflow.tracking.training_run import About, TrainingRun
from affectflow.tracking.upload import params_of
from affectflow.tracking.workflow_run import current_workflow
from affectflow.tracks import Track
from affectflow.training.callbacks import EpochLog, PatientStopping
from affectflow.training.checkpoints import BEST, Checkpoints, settings_digest
from affectflow.training.data import SequenceData
from affectflow.training.device import choose, describe_device, precision_of
from affectflow.training.lit import ModelCheckpoint, Trainer, seed_everything
from affectflow.training.memory import told_when_memory_is_full
from affectflow.training.model_folder import (
    RUN,
    SETTINGS,
    parameter_counts,
    save_json,
    save_metrics,
    save_model,
)
from affectflow.training.module import BranchModule
from affectflow.training.pictures import AGREEMENT, CURVES, draw_agreement, draw_curves
from affectflow.training.whole_checkpoints import WholeCheckpoints
from affectflow.weights import load_state, read_registry, word_vectors


@dataclass(frozen=True)
class Paths:
    """Where a training job reads and writes."""

    manifest: Path
    labels: Path
    work: Path
    """Folder `work/<corpus>` of the artifacts."""
    checkpoints: Path
    """Folder of this job alone; emptied when the training has ended."""
    out: Path
    """Folder of the trained branch."""
    weights: Path
    """Registry of published weights."""
    weights_dir: Path
    """Folder where weight files are kept."""


def train_branch(
    name: str,
    branch: Branch,
    track: Track,
    paths: Paths,
    *,
    seed: int,
    loader: Loader,
    device: Device,
    tracking: Tracking | None,
    experiment: str,
    place: str | None = None,
    gpus: int | None = None,
    code: str = "",
) -> Path:
    """Train a branch, keep the epoch with the best validation score, and write it as a model folder.

    The folder holds `model.safetensors`, `branch.json` (settings, parameter counts, scores of the kept epoch),
    `metrics.csv` (one row an epoch), `curves.png`, `validation.png` (predictions of the kept epoch against annotations)
    and `run.json` (what differs between equal runs: MLflow run, times, machine).
    An interrupted training goes on after its last whole epoch and ends with the same bytes, where settings, code
    and data are the same; otherwise it starts anew and says so.

    Args:
        name: of the branch.
        branch: its settings.
        track: what it predicts.
        paths: where to read and write.
        seed: fixes initial weights, order, augmentation and dropout.
        loader: how data are read.
        device: accelerator, precision and CPU threads.
        tracking: MLflow store; None to log nowhere.
        experiment: of MLflow.
        place: `<corpus>/<system>/<track>`, which names the model in MLflow's registry; without it none is registered.
        gpus: lent to this job; those of `device` when not given.
        code: fingerprint of the code; another one makes old checkpoints void.

    Returns:
        `paths.out`.

    Raises:
        InputError: an empty split, no annotated frame, missing artifacts or weights (all before the first epoch),
            full memory, or a loss that is not finite, with the batch named.
    """
    torch.set_num_threads(device.threads)
    begin = time.time()
    data = SequenceData(branch, track, paths.manifest, paths.labels, paths.work, seed, loader)
    accelerator, devices = choose(device, gpus)
    if branch.batch < devices:
        raise InputError(f"branch {name}: batch {branch.batch} cannot be shared by {devices} GPUs; set it higher")
    precision = precision_of(device, accelerator)
    seed_everything(seed, workers=True, verbose=False)
    network = build_network(branch.network, data.inputs(), outputs=len(track.outputs))
    _initialise(network, branch, paths)
    settings = branch.model_dump(mode="json")
    words = _words(branch, track, paths)
    fixed = {
        "branch": settings,
        "track": track.name,
        "edition": track.edition,
        "seed": seed,
        "precision": precision,
        "threads": device.threads,
    }
    artifacts = [
        path
        for index in (data.train.index, data.validation.index)
        for path in artifact_files(index, branch.streams, paths.work)
    ]
    digest = settings_digest(fixed | {"code": code}, (paths.manifest, paths.labels), artifacts)
    checkpoints = Checkpoints(paths.checkpoints, digest)
    about = About(name, seed, experiment, place, _own_code(), current_workflow())
    tracker = _tracker(about, params_of(name, fixed), tracking, checkpoints)
    log = EpochLog(name, branch, track, len(data.train) * branch.sequence.length, tracker)
    best = ModelCheckpoint(
        paths.checkpoints,
        BEST,
        monitor=branch.select,
        mode="max",
        save_last=True,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    _quiet()
    trainer = Trainer(
        accelerator=accelerator,
        devices=devices,
        precision=precision,
        max_epochs=branch.epochs,
        gradient_clip_val=branch.gradient_clip or None,
        deterministic=device.deterministic,
        callbacks=[log, PatientStopping(branch.select, mode="max", patience=branch.patience), best],
        logger=False,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        default_root_dir=paths.checkpoints,
        plugins=[WholeCheckpoints()],
    )
    module = BranchModule(name, branch, track, network, data.train.index, data.steps * branch.epochs, seed, words)
    resumed = checkpoints.last
    if resumed is not None:
        print(f"{name}: going on from {resumed}", file=sys.stderr)
    if tracker is not None:
        tracker.settle()
    try:
        with told_when_memory_is_full(name):
            trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
    except BaseException as error:
        if tracker is not None:
            tracker.abandon("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    if not trainer.is_global_zero:
        return paths.out
    used = describe_device(accelerator, devices)
    _describe_job(used, tracker)
    kept = log.kept
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    part = "network."
    save_model(paths.out, {key.removeprefix(part): value for key, value in state.items() if key.startswith(part)})
    save_metrics(paths.out, log.rows)
    description = {
        "branch": name,
        "track": track.name,
        "edition": track.edition,
        "outputs": list(track.outputs),
        "inputs": data.inputs(),
        "seed": seed,
        "parameters": parameter_counts(network),
        "kept": kept,
        "epochs": len(log.rows),
        "splits": {split.index.split: _described(split) for split in (data.train, data.validation)},
        "note": branch.note,
        "settings": settings,
    }
    save_json(paths.out / SETTINGS, description)
    _draw(paths.out, name, track, log, data.validation.index.annotated)
    run = {
        "mlflow_run": tracker.run_id if tracker is not None else None,
        "mlflow_uri": tracking.uri if tracking is not None else None,
        "mlflow_failure": "the training was interrupted while it was logged" if tracker is not None else None,
        "experiment": experiment,
        "place": place,
        "workflow": about.workflow,
        "resumed": resumed is not None,
        "seconds": round(time.time() - begin, 3),
        "accelerator": accelerator,
        "devices": devices,
        "device": used,
        "precision": precision,
        "threads": device.threads,
        "host": platform.node(),
        "torch": torch.__version__,
        "by_epoch": log.notes,
    }
    save_json(paths.out / RUN, run)
    if tracker is not None:
        failure = tracker.complete(paths.out)
        save_json(paths.out / RUN, run | {"mlflow_run": tracker.run_id, "mlflow_failure": failure})
    checkpoints.end()
    return paths.out


def _tracker(
    about: About, params: Mapping[str, str], tracking: Tracking | None, checkpoints: Checkpoints
) -> TrainingRun | None:
    """The MLflow run of this training, on its first process only; claims the checkpoints for the training."""
    if int(os.environ.get("LOCAL_RANK", "0")):
        return None
    checkpoints.begin(checkpoints.run_id)
    if tracking is None:
        return None
    return TrainingRun(tracking.uri, about, params, checkpoints.run_id, checkpoints.begin)


def _own_code() -> Code | None:
    job = current()
    return None if job is None else job.code


def _describe_job(device: str, tracker: TrainingRun | None) -> None:
    """Let the records of what is about to be written say where it was trained, and name the MLflow run."""
    job = current()
    if job is None:
        return
    job.machine = job.machine.model_copy(update={"device": device})
    if tracker is not None:
        tracker.settle()
        job.mlflow = None if tracker.run_id is None else Tracked(run=tracker.run_id, uri=tracker.uri)


def _draw(folder: Path, name: str, track: Track, log: EpochLog, annotated: int) -> None:
    kept = log.kept
    draw_curves(folder / CURVES, log.rows, track, int(kept["epoch"]), f"branch {name}")
    prediction, target = (tensor.numpy() for tensor in log.shown)
    shown = int((~np.isnan(target)).any(axis=1).sum())
    frames = f"{shown}" if shown == annotated else f"{shown} of {annotated}"
    title = f"branch {name}, epoch {kept['epoch']}: {frames} validation frames"
    draw_agreement(folder / AGREEMENT, track, prediction, target, kept, title)


def _described(data: Sequences) -> dict[str, int]:
    index = data.index
    return {
        "subjects": len(index.subjects),
        "frames": index.frames,
        "annotated": index.annotated,
        "sequences": len(data),
    }


def _initialise(network: Network, branch: Branch, paths: Paths) -> None:
    if branch.init:
        registry = read_registry(paths.weights)
        for stream, weights in branch.init.items():
            network.load_initial(stream, load_state(weights, registry, paths.weights_dir), weights)


def _words(branch: Branch, track: Track, paths: Paths) -> NDArray[np.float32] | None:
    if not branch.loss.embedding:
        return None
    registry = read_registry(paths.weights)
    return word_vectors(branch.loss.words, track.outputs, registry, paths.weights_dir)


def _quiet() -> None:
    """Keep Lightning's advice, and warnings that are for its developers, out of the log; its errors stay."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
