"""A small project folder in which the scripts train, log scores and catch up, for the tests of tracking."""

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import warm
import yaml
from artifact_factory import make_corpus
from mlflow.tracking import MlflowClient
from repository import ROOT
from training_lab import PEOPLE, branch

from affectflow.tracking.store import client

PLACE, EXPERIMENT = "demo/ntua/va", "demo/ntua"
SCORES = {"ccc_valence": 0.25, "ccc_arousal": 0.5, "total": 0.375, "frames": 111, "subjects": 3}
KEYS = ("train_loss", "validation_loss", "ccc_valence", "ccc_arousal", "total", "lr")


class Project:
    """A folder with the artifacts of a small corpus and settings that name a store."""

    def __init__(self, folder: Path, uri: str, workflow: str = "w0") -> None:
        self.folder, self.uri, self.workflow = folder, uri, workflow
        make_corpus(folder, PEOPLE)
        self.settings(uri)

    @property
    def api(self) -> MlflowClient:
        return client(self.uri)

    def settings(self, uri: str) -> None:
        """Write config.yaml."""
        self.uri = uri
        values = {
            "corpus": {"kind": "demo"},
            "system": {"extends": str(ROOT / "config/systems/ntua.yaml")},
            "tracking": {"uri": uri},
        }
        (self.folder / "config.yaml").write_text(yaml.safe_dump(values))

    def model(self, name: str = "F") -> Path:
        return self.folder / f"models/{PLACE}/{name}/official-1"

    def run_json(self, name: str = "F") -> dict[str, Any]:
        values: dict[str, Any] = json.loads((self.model(name) / "run.json").read_text())
        return values

    def start_training(self, name: str = "F", epochs: int = 3) -> subprocess.Popen[str]:
        """The train script, as the workflow calls it."""
        options = {
            "branch-name": name,
            "edition": "abaw2",
            "branch": branch(epochs=epochs).model_dump_json(),
            "manifest": "va=work/manifest.parquet",
            "labels": "va=work/labels.parquet",
            "work": "work",
            "seed": 1,
            "device": '{"gpus": 0, "threads": 1}',
            "tracking": json.dumps({"uri": self.uri}),
            "experiment": EXPERIMENT,
            "place": PLACE,
            "checkpoints": f"checkpoints/{name}",
            "out": self.model(name).relative_to(self.folder),
        }
        return self._start("workflow/scripts/train.py", options)

    def train(self, name: str = "F", epochs: int = 3) -> str:
        """Train to the end; gives what was said."""
        return wait_for_success(self.start_training(name, epochs))

    def log_scores(self, *names: str) -> str:
        """Log scores of a method that is named as those of the paper are."""
        results = self.folder / "results"
        results.mkdir(exist_ok=True)
        (results / "validation_track1.json").write_text(json.dumps({"Audio + Visual (F + BCF)": SCORES}))
        (results / "validation_track1.csv").write_text("method,total\nAudio + Visual (F + BCF),0.3750\n")
        options = {
            "metrics": "results/validation_track1.json",
            "table": "results/validation_track1.csv",
            "tracking": json.dumps({"uri": self.uri}),
            "experiment": EXPERIMENT,
            "place": PLACE,
            "out": "results/tracked_scores_track1.json",
        }
        trainings = [("training", f"{name}={self.model(name).relative_to(self.folder)}/run.json") for name in names]
        return wait_for_success(self._start("workflow/scripts/log_scores.py", options, *trainings))

    def track(self) -> subprocess.CompletedProcess[str]:
        """`affectflow sync-mlflow`."""
        command = [warm.python(), "-m", "affectflow.cli.main", "sync-mlflow", "--settings", "config.yaml"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)

    def _start(self, script: str, options: Mapping[str, object], *more: tuple[str, object]) -> subprocess.Popen[str]:
        words = [str(word) for name, value in [*options.items(), *more] for word in (f"--{name}", value)]
        return subprocess.Popen(
            [warm.python(), str(ROOT / script), *words],
            cwd=self.folder,
            env=os.environ | {"AFFECTFLOW_RUN": self.workflow},
            stderr=subprocess.PIPE,
            text=True,
        )


def wait_for_success(process: subprocess.Popen[str]) -> str:
    """Wait for a process that must end well; gives what it wrote to standard error."""
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    return stderr


def assert_every_metric(project: Project, name: str, epochs: int) -> None:
    """The run of a training holds each number of metrics.csv once, and the throughput of each epoch."""
    run = project.run_json(name)
    with (project.model(name) / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["epoch"]) for row in rows] == list(range(1, epochs + 1))
    for key in KEYS:
        history = sorted(project.api.get_metric_history(run["mlflow_run"], key), key=lambda metric: metric.step)
        assert [(m.step, m.value) for m in history] == [(int(row["epoch"]), float(row[key])) for row in rows], key
    speeds = project.api.get_metric_history(run["mlflow_run"], "frames_per_second")
    assert {m.step: m.value for m in speeds} == {
        step: note["frames_per_second"] for step, note in enumerate(run["by_epoch"], start=1)
    }
