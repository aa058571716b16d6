"""A small corpus of artifacts, and training on it, for the tests of training."""

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import warm
from artifact_factory import Person
from repository import ROOT

from affectflow.artifacts.schemas import predictions_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader, Tracking
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.dataloading.index import Labelled
from affectflow.inference.predict import predict_split
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

VA = track_of("va")
PEOPLE = [
    *(Person(f"train {k}", "train", 40) for k in range(5)),
    *(Person(f"val-{k}", "validation", 37) for k in range(3)),
    Person("tést", "test", 21, no_face=frozenset({2, 3})),
]


def branch(**changes: Any) -> Branch:
    values: dict[str, Any] = {
        "streams": ["face"],
        "network": {"backbone": "resnet18", "width": 4, "hidden": 8},
        "optimizer": {"name": "adamw", "lr": 3e-3},
        "schedule": {"name": "onecycle"},
        "picture": {"size": 32},
        "batch": 4,
        "epochs": 3,
    }
    return Branch.model_validate(values | changes)


CPU = Device(gpus=0, threads=1)
SAME_BYTES = ("model.safetensors", "branch.json", "metrics.csv")


def paths(work: Path, folder: Path) -> Paths:
    return Paths(
        sources={"va": Labelled(work / "manifest.parquet", work / "labels.parquet")},
        work=work,
        checkpoints=folder / "checkpoints",
        out=folder / "out",
        weights=folder / "weights.yaml",
        weights_dir=folder / "weights",
    )


def train_words(work: Path, folder: Path, settings: Branch, **changes: str) -> list[str]:
    """What trains a branch on the small corpus of the tests of training."""
    run_paths = paths(work, folder)
    options = {
        "branch-name": "X",
        "edition": "abaw2",
        "branch": settings.model_dump_json(),
        "manifest": f"va={work}/manifest.parquet",
        "labels": f"va={work}/labels.parquet",
        "work": run_paths.work,
        "seed": 1,
        "device": '{"gpus": 0, "threads": 1}',
        "tracking": f'{{"uri": "sqlite:///{folder}/mlflow.db"}}',
        "experiment": "corpus/system",
        "checkpoints": run_paths.checkpoints,
        "out": run_paths.out,
    } | changes
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    return [str(ROOT / "workflow/scripts/train.py"), *words]


def train_by_script(words: list[str], folder: Path, processes: int) -> "subprocess.CompletedProcess[str]":
    """Run `train_words` in a new folder, as one process or as several that start each other."""
    folder.mkdir()
    interpreter = warm.python() if processes == 1 else sys.executable
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCAL_", "MASTER_"))}
    return subprocess.run([interpreter, *words], cwd=folder, env=environment, capture_output=True, text=True)


def train(work: Path, folder: Path, described: Branch, seed: int = 1, uri: str | None = None) -> Path:
    return train_branch(
        "X",
        described,
        Tasks((VA,)),
        paths(work, folder),
        seed=seed,
        loader=Loader(),
        device=CPU,
        tracking=None if uri is None else Tracking(uri=uri),
        experiment="corpus/system",
    )


def predict(work: Path, model: Path, split: str, out: Path) -> dict[str, np.ndarray]:
    predict_split(model, work / "manifest.parquet", work, split, out, device=CPU, loader=Loader())
    table = read_parquet(out, predictions_schema(VA))
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as stream:
        return list(csv.DictReader(stream))
