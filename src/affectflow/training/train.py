"""Train one branch of a system."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.streams.dataset import Sequences
from affectflow.streams.index import Labelled, artifact_files
from affectflow.streams.needs import artifacts_of
from affectflow.systems.network import Network
from affectflow.systems.registry import build_network
from affectflow.tasks import Tasks
from affectflow.tracks import TrackName
from affectflow.training.data import SequenceData
from affectflow.training.model_folder import parameter_counts, read_model
from affectflow.training.module import BranchModule
from affectflow.training.session import Logged, Plan, Session
from affectflow.weights import load_state, read_registry, word_vectors


@dataclass(frozen=True)
class Paths:
    """Where a training job reads and writes."""

    sources: Mapping[TrackName, Labelled]
    """Manifest and labels of each track that is learnt."""
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
    pretrained: Mapping[str, Path] = field(default_factory=dict)
    """Model file of each pre-training and branch that the branch starts from, by the name that its `init` gives; other
    names are of the registry."""


def train_branch(
    name: str,
    branch: Branch,
    tasks: Tasks,
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
        tasks: what it predicts.
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
    settings = branch.model_dump(mode="json")
    logged = Logged(tracking, experiment, place)
    plan = Plan("branch", name, branch, settings, tasks, seed, paths.checkpoints, paths.out, logged)
    session = Session(plan, device, gpus)
    sources = [paths.sources[track.name] for track in tasks.tracks]
    data = SequenceData(branch, tasks, sources, paths.work, seed, loader)
    if left_out := data.train.index.left_out:
        print(f"{name}: {_said(left_out)} (overlap: {branch.overlap})", file=sys.stderr)
    network = build_network(branch.network, data.inputs(), outputs=len(tasks.outputs))
    _initialise(network, branch, paths)
    words = _words(branch, tasks, paths)
    module = BranchModule(name, branch, tasks, network, data.train.index, data.steps * branch.epochs, seed, words)
    artifacts = [
        path
        for index in (data.train.index, data.validation.index)
        for path in artifact_files(index, artifacts_of(branch), paths.work)
    ]
    files = [file for its in sources for file in (its.manifest, its.labels) if file is not None]
    files += paths.pretrained.values()
    frames = len(data.train) * branch.sequence.length
    fitted = session.fit(module, data, frames, code, files, artifacts)
    if fitted is None:
        return paths.out
    description = {
        "branch": name,
        "track": tasks.name,
        "edition": tasks.edition,
        "outputs": list(tasks.outputs),
        "inputs": data.inputs(),
        "seed": seed,
        "parameters": parameter_counts(network),
        "kept": fitted.log.kept,
        "epochs": len(fitted.log.rows),
        "splits": {split.index.split: _described(split) for split in (data.train, data.validation)},
        "note": branch.note,
        "settings": settings,
    }
    session.write(fitted, description, data.validation.index.annotated)
    return paths.out


def _described(data: Sequences) -> dict[str, int | list[str]]:
    index = data.index
    left_out: dict[str, int | list[str]] = {"left_out": list(index.left_out)} if index.left_out else {}
    return left_out | {
        "subjects": len(index.subjects),
        "frames": index.frames,
        "annotated": index.annotated,
        "sequences": len(data),
    }


def _said(left_out: Sequence[str]) -> str:
    return (
        f"{len(left_out)} training subjects are left out, since another track validates or tests on them: "
        f"{', '.join(left_out)}"
    )


def _initialise(network: Network, branch: Branch, paths: Paths) -> None:
    for stream, weights in branch.init.items():
        if weights in paths.pretrained:
            state = read_model(paths.pretrained[weights])
        else:
            state = load_state(weights, read_registry(paths.weights), paths.weights_dir)
        network.load_initial(stream, state, weights)


def _words(branch: Branch, tasks: Tasks, paths: Paths) -> NDArray[np.float32] | None:
    if not branch.loss.embedding:
        return None
    registry = read_registry(paths.weights)
    classes = next(track.outputs for track in tasks.tracks if track.name == "expr")
    return word_vectors(branch.loss.words, classes, registry, paths.weights_dir)
