"""A script of the workflow that is killed in the middle of its work, and run again."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import warm
from repository import ROOT
from training_lab import paths

from affectflow.config.system.branch import Branch


def kill_at(words: Sequence[str], line: str) -> None:
    """Start `python WORDS` anew, as a user's runs do, and kill it once standard error has a line that begins so."""
    command, environment = [sys.executable, *words], os.environ | {"LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        seen = next((text for text in process.stderr if text.startswith(line)), None)
        process.send_signal(signal.SIGKILL)
    assert seen is not None and process.returncode == -signal.SIGKILL, f"never {line!r}, exit {process.returncode}"


def run_again(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run the same words to their end."""
    return subprocess.run([warm.python(), *words], capture_output=True, text=True)


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
