"""A copy of the project with a miniature demo corpus, on which the real workflow runs."""

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import warm
import yaml

PARTS = ("Snakefile", "profiles", "rules", "workflow", "src", "config", "requirements", "envs", "docs/captions")

BRANCH = {
    "init": None,
    "network": {"backbone": "resnet18", "width": 4, "hidden": 8},
    "optimizer": {"name": "adamw", "lr": 1e-3},
    "schedule": {"name": "onecycle"},
    "picture": {"size": 32},
    "batch": 4,
    "epochs": 2,
}
SETTINGS = {
    "corpus": {
        "kind": "demo",
        "subjects": [3, 2, 3],
        "seconds": 2.0,
        "rate": 10,
        "width": 480,
        "height": 270,
    },
    "system": {
        "extends": "systems/ntua.yaml",
        "tracks": {
            "va": {"branches": dict.fromkeys(("F", "BCF", "A"), BRANCH)},
            "expr": {
                "branches": dict.fromkeys(("F", "BCF", "A"), BRANCH)
                | {"BCF-emb": BRANCH | {"loss": {"word_embeddings": "random_init"}}}
            },
            "au": {"branches": dict.fromkeys(("F", "BCF", "A"), BRANCH)},
        },
    },
    "tracks": ["va"],  # most tests need no more
    "device": {"threads": 1},
}

RESULTS = (
    "results/test_track1.csv",
    "results/validation_track1.csv",
    "results/demo_test_score_track1.json",
    "results/metrics.json",
)

TOPS = ("data", "work", "models", "predictions", "fusion", "results")
"""Folders that a run writes its files to."""

Job = tuple[str, str]
"""A rule and its wildcards, as Snakemake prints them."""


@dataclass
class Miniature:
    """A folder in which the workflow runs by itself."""

    folder: Path
    packages: tuple[Path, ...] = ()
    """Folders in which packages are looked for before the environment."""

    def settings(self, **changes: object) -> None:
        """Write config/config.yaml: the miniature's settings with top-level groups merged."""
        merged: dict[str, object] = {**SETTINGS}
        for key, value in changes.items():
            merged[key] = {**SETTINGS.get(key, {}), **value} if isinstance(value, dict) else value  # type: ignore[dict-item]
        (self.folder / "config" / "config.yaml").write_text(plain_yaml(merged))

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here, with the code that is here."""
        words = ("-m", "affectflow.cli.snakemake", "--cores", "2", "--resources", "gpu=2", *arguments)
        return self.python(*words, check=check)

    def affectflow(self, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of our commands here, with the code that is here."""
        return self.python("-m", "affectflow.cli.main", *arguments, check=check)

    def python(self, *words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python here, with the code that is here; `check` that it ends well."""
        process = subprocess.run(
            [warm.python(), *map(str, words)],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (self.folder / "src", *self.packages)))},
            capture_output=True,
            text=True,
            timeout=900,
        )
        if check:
            assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-6000:]
        return process

    def planned(self, *targets: str) -> set[Job]:
        """The jobs that `snakemake -n` would run."""
        return jobs_of(self.snakemake("-n", *targets).stdout)


def plain_yaml(settings: object) -> str:
    """Settings as YAML that shares nothing by anchors."""
    return yaml.safe_dump(json.loads(json.dumps(settings)))


def jobs_of(output: str) -> set[Job]:
    """Jobs by rule and wildcards, from what Snakemake prints."""
    jobs: set[Job] = set()
    for block in re.split(r"\n(?=(?:local)?rule )", output):
        if head := re.match(r"(?:local)?rule (\w+):", block):
            wildcards = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
            jobs.add((head[1], wildcards[1] if wildcards else ""))
    return jobs


def make_miniature(root: Path, folder: Path) -> Miniature:
    """Copy the project's code from `root` to `folder`, with the miniature's settings."""
    folder.mkdir(parents=True)
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(root / part, folder / part)
    miniature = Miniature(folder)
    miniature.settings()
    return miniature


def write(project: Miniature, settings: str) -> None:
    """Settings of the project, as text."""
    (project.folder / "config/config.yaml").write_text(settings)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, by column."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_all(folder: Path, tops: Iterable[str] = TOPS) -> dict[str, bytes]:
    """All files that a run makes below some folders, but for those that tell times."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for top in tops
        for path in (folder / top).rglob("*")
        if path.is_file()
        and not path.name.endswith((".record.json", "run.json", ".snakemake_timestamp"))
        and "benchmarks" not in path.parts
    }


def read_artifacts(folder: Path) -> dict[str, bytes]:
    """Every result, model, prediction and fusion, without what differs between equal runs."""
    return {
        name: content
        for name, content in read_all(folder, ("results", "models", "predictions", "fusion")).items()
        if not name.endswith(".png") and Path(name).stem != "leaderboard"  # which tells how long all took
    }
