"""Train one branch of a system."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.streams.dataset import Sequences
from affectflow.streams.index import artifact_files
from affectflow.streams.needs import artifacts_of
from affectflow.systems.network import Network
from affectflow.systems.registry import build_network
from affectflow.tracks import Track
from affectflow.training.data import SequenceData
from affectflow.training.model_folder import parameter_counts, read_model
from affectflow.training.module import BranchModule
from affectflow.training.session import Logged, Plan, Session
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
    pretrained: Mapping[str, Path] = field(default_factory=dict)
    """Model file of each pre-training that the branch starts from, by name; other names are of the registry."""


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
    settings = branch.model_dump(mode="json")
    logged = Logged(tracking, experiment, place)
    plan = Plan("branch", name, branch, settings, track, seed, paths.checkpoints, paths.out, logged)
    session = Session(plan, device, gpus)
    data = SequenceData(branch, track, paths.manifest, paths.labels, paths.work, seed, loader)
    network = build_network(branch.network, data.inputs(), outputs=len(track.outputs))
    _initialise(network, branch, paths)
    words = _words(branch, track, paths)
    module = BranchModule(name, branch, track, network, data.train.index, data.steps * branch.epochs, seed, words)
    artifacts = [
        path
        for index in (data.train.index, data.validation.index)
        for path in artifact_files(index, artifacts_of(branch), paths.work)
    ]
    files = (paths.manifest, paths.labels, *paths.pretrained.values())
    frames = len(data.train) * branch.sequence.length
    fitted = session.fit(module, data, frames, code, files, artifacts)
    if fitted is None:
        return paths.out
    description = {
        "branch": name,
        "track": track.name,
        "edition": track.edition,
        "outputs": list(track.outputs),
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


def _described(data: Sequences) -> dict[str, int]:
    index = data.index
    return {
        "subjects": len(index.subjects),
        "frames": index.frames,
        "annotated": index.annotated,
        "sequences": len(data),
    }


def _initialise(network: Network, branch: Branch, paths: Paths) -> None:
    for stream, weights in branch.init.items():
        if weights in paths.pretrained:
            state = read_model(paths.pretrained[weights])
        else:
            state = load_state(weights, read_registry(paths.weights), paths.weights_dir)
        network.load_initial(stream, state, weights)


def _words(branch: Branch, track: Track, paths: Paths) -> NDArray[np.float32] | None:
    if not branch.loss.embedding:
        return None
    registry = read_registry(paths.weights)
    return word_vectors(branch.loss.words, track.outputs, registry, paths.weights_dir)
