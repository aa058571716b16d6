"""A corpus with stored features, and branches with temporal encoders on them, for the tests of segments."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from artifact_factory import Person, make_corpus
from training_lab import CPU, VA, paths

from affectflow.artifacts.layout import feature_file
from affectflow.artifacts.schemas import FEATURES, predictions_schema
from affectflow.artifacts.tables import arrow_writer, read_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader
from affectflow.core.tasks import Tasks
from affectflow.dataloading.index import Labelled
from affectflow.inference.predict import predict_split
from affectflow.training.data import SequenceData
from affectflow.training.train import train_branch

PEOPLE = [
    Person("a", "train", 23),
    Person("b", "train", 40, unannotated=frozenset(range(8, 24))),
    Person("c", "train", 9, unannotated=frozenset(range(9))),
    Person("d", "train", 16),
    Person("e", "validation", 31),
    Person("f", "validation", 5),
    Person("g", "validation", 8),
    Person("h", "test", 20),
    Person("i", "test", 37),
    Person("j", "test", 3),
]
SIZE = 5


def features_of(person: Person) -> np.ndarray:
    """Of every frame: valence in the millions, arousal, one that never varies, noise; shape (frames, SIZE)."""
    random = np.random.default_rng(len(person.subject) + sum(person.subject.encode()))
    affect, noise = person.affect(), random.normal(0, 1, (person.frames, 2))
    columns = [3e6 + 5e5 * affect[:, 0], affect[:, 1], np.full(person.frames, 7.5), noise[:, 0], 0.01 * noise[:, 1]]
    return np.stack(columns, axis=1).astype(np.float32)


def write_corpus(root: Path) -> Path:
    """Artifacts below `root`/work, and the features of all splits in `root`/features."""
    _, _, work = make_corpus(root, PEOPLE)
    for split in ("train", "validation", "test"):
        with arrow_writer(root / "features" / feature_file(split), FEATURES) as rows:
            for person in (candidate for candidate in PEOPLE if candidate.split == split):
                for frame, numbers in enumerate(features_of(person)):
                    rows.append({"subject": person.subject, "frame": frame, "found": True, "feature": numbers})
    return work


def segments(network: dict[str, Any], **changes: Any) -> Branch:
    """A branch on the features of branch CNN, in segments of 8 frames."""
    values: dict[str, Any] = {
        "streams": ["features"],
        "features": {"of": ["CNN"]},
        "network": {"joined": 8, "regressor": [6], "dropout": 0.2} | network,
        "sequence": {"length": 8, "stride": 8},
        "loss": {"mse": 0.0, "ccc": 2.0},
        "optimizer": {"name": "adam", "lr": 3e-3, "weight_decay": 0.0},
        "schedule": {"name": "constant"},
        "batch": 2,
        "epochs": 3,
    }
    return Branch.model_validate(values | changes)


def lstm(network: dict[str, Any] | None = None, **changes: Any) -> Branch:
    return segments({"name": "segment_lstm", "hidden": 7} | (network or {}), **changes)


def transformer(network: dict[str, Any] | None = None, **changes: Any) -> Branch:
    architecture = {"name": "segment_transformer", "layers": 2, "heads": 2, "feedforward": 12} | (network or {})
    changes = {"sequence": {"length": 8, "stride": 3, "predicted": "averaged", "cut": "strides"}} | changes
    return segments(architecture, **changes)


def data_of(work: Path, branch: Branch, seed: int = 1) -> SequenceData:
    source = Labelled(work / "manifest.parquet", work / "labels.parquet")
    return SequenceData(branch, Tasks((VA,)), [source], work, seed, Loader(), {"CNN": work.parent / "features"})


def train(work: Path, folder: Path, branch: Branch, device: Device = CPU, **more: Any) -> Path:
    """Train a branch; `more` goes to `Paths`."""
    features = {"CNN": work.parent / "features"} if branch.features else {}
    training_paths = replace(paths(work, folder), features=features, **more)
    return train_branch(
        "X", branch, Tasks((VA,)), training_paths, seed=1, loader=Loader(), device=device, tracking=None, experiment="x"
    )


def predict(work: Path, model: Path, split: str, out: Path, features: bool = True) -> dict[str, np.ndarray]:
    """Predictions of all subjects of a split, by subject, of shape (frames, 2)."""
    folders = {"CNN": work.parent / "features"} if features else {}
    predict_split(model, work / "manifest.parquet", work, split, out, device=CPU, loader=Loader(), features=folders)
    table = read_parquet(out, predictions_schema(VA)).to_pylist()
    rows_by_subject: dict[str, list[list[float]]] = {}
    for row in table:
        rows_by_subject.setdefault(row["subject"], []).append([row["valence"], row["arousal"]])
    return {name: np.array(rows) for name, rows in rows_by_subject.items()}
