"""A trained branch on disk: parameters, typed settings, scores by epoch. All that prediction needs."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor
from torch.nn import Module

from affectflow.artifacts.atomic import atomic_path, write_text
from affectflow.artifacts.layout import METRICS, MODEL, SETTINGS
from affectflow.config.system.branch import Branch
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import Track, TrackName
from affectflow.models.readout import Readout
from affectflow.networks.initial import below
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network

Kind = Literal["branch", "pretraining"]
"""What was trained."""


@dataclass(frozen=True)
class TrainedBranch:
    """A branch read from its folder, ready to predict."""

    name: str
    branch: Branch
    tasks: Tasks
    inputs: dict[str, tuple[int, ...]]
    networks: tuple[Network, ...]
    """The network after the kept epoch, or after each of those that are kept: what they predict is averaged."""

    @property
    def network(self) -> Network:
        """The only network.

        Raises:
            InputError: there are those of several epochs.
        """
        if len(self.networks) > 1:
            raise InputError(
                f"branch {self.name}: keeps the epochs {self.branch.ensemble_epochs[0]} to "
                f"{self.branch.ensemble_epochs[-1]}, "
                "whose predictions are averaged; only a branch that keeps one epoch (without epoch_ensemble) can "
                "be a teacher, "
                "or lend features or weights"
            )
        return self.networks[0]

    @property
    def readout(self) -> Readout:
        """What the network's raw numbers mean."""
        return Readout(self.tasks, self.branch.bins)


def settings_file(kind: Kind) -> str:
    """Name of the file that describes what was trained: `branch.json` or `pretraining.json`."""
    return f"{kind}.json"


def save_model(folder: Path, state: Mapping[str, Tensor]) -> None:
    """Write parameters; equal ones give equal bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in sorted(state.items())}
    with atomic_path(folder / MODEL) as temporary:
        # Not by save_file, whose error for a full disk is of its own kind.
        temporary.write_bytes(save(tensors))


def epoch_prefix(epoch: int) -> str:
    """What the names of an epoch's parameters begin with, in the model of a branch that keeps several epochs."""
    return f"epoch{epoch}."


def epoch_of(parameter: str) -> int | None:
    """The epoch whose parameter a name is, in such a model; None in that of one network."""
    match = re.match(r"epoch([0-9]+)\.", parameter)
    return int(match[1]) if match else None


def save_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write values as JSON with one key a line."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def save_metrics(folder: Path, rows: Sequence[Mapping[str, float | int]]) -> None:
    """Write one row an epoch, numbers with all their digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / METRICS, text.getvalue())


def read_branch(folder: Path) -> tuple[Branch, dict[str, Any]]:
    """The settings of a trained branch, and all that its `branch.json` holds.

    Raises:
        InputError: the file is missing or damaged.
    """
    path = folder / SETTINGS
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return validated(Branch, values["settings"], str(path)), values
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected the folder of a trained branch") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the settings of a trained branch ({error}); train it again") from error


def read_described(folder: Path) -> tuple[Kind, dict[str, Any]]:
    """What a folder holds, and all that its settings file says.

    Raises:
        InputError: it has no settings file, or a damaged one.
    """
    path = folder / settings_file("pretraining")
    if not path.exists():
        return "branch", read_branch(folder)[1]
    try:
        return "pretraining", dict(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: not the settings of a pre-training ({error}); train it again") from error


def trained_tasks(values: Mapping[str, Any]) -> Tasks:
    """What a branch predicts, from what its `branch.json` holds."""
    return tasks_of(values["track"], values["edition"])


def chosen_track(tasks: Tasks, name: TrackName | None, folder: Path) -> Track:
    """The track of that name among those that a branch has learnt; the only one when not given.

    Raises:
        InputError: the branch of `folder` has not learnt it, or several and none is named.
    """
    tracks = {track.name: track for track in tasks.tracks}
    if name is None and len(tracks) == 1:
        return tasks.tracks[0]
    if name not in tracks:
        raise InputError(f"{folder}: has learnt {', '.join(tracks)}; asked for is {name or 'none of them by name'}")
    return tracks[name]


def load_model(folder: Path) -> TrainedBranch:
    """Read a trained branch.

    Raises:
        InputError: a file is missing, damaged, or they do not belong together.
    """
    branch, values = read_branch(folder)
    if not (folder / MODEL).exists():
        raise InputError(f"{folder / MODEL}: no such file; expected the folder of a trained branch")
    try:
        state = load_file(folder / MODEL)
        inputs = {stream: tuple(shape) for stream, shape in values["inputs"].items()}
        tasks = trained_tasks(values)
        sizes = Readout(tasks, branch.bins).sizes
        # Of kept epochs each tensor is of one of them: what is left over is named.
        parts = {epoch: below(state, epoch_prefix(epoch)) for epoch in branch.ensemble_epochs} or {0: state}
        if len(state) != sum(map(len, parts.values())):
            raise KeyError(f"{len(state)} tensors, expected those of the epochs {', '.join(map(str, parts))}")
        networks = []
        for part in parts.values():
            network = build_network(branch.network, inputs, sizes)
            network.load_state_dict(part)
            networks.append(network.eval())
    except (KeyError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{folder}: not a whole trained branch ({error}); train it again") from error
    return TrainedBranch(values["branch"], branch, tasks, inputs, tuple(networks))


def parameter_counts(network: Module) -> dict[str, int]:
    """Parameters in all and by part of the network."""
    parts = {name: _count(part) for name, part in network.named_children()}
    return {"total": _count(network)} | {name: count for name, count in parts.items() if count}


def _count(part: Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())
