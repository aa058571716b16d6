"""Systems that were run in a folder, by what a leaderboard reads of them: predictions, weights, labels, records."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from record_factory import MACHINE, make_artifact, source, write_record

from affectflow.artifacts.layout import Layout
from affectflow.artifacts.predictions import Predictions, write_predictions
from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.tracks import Track, TrackName, track_of
from affectflow.fusion.late_fusion import fuse
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.make import asked_of, write_entry

SUBJECTS, FRAMES = 6, 30
NOISE = {"F": 0.2, "A": 0.5}
"""Branches, and how far they stray."""
METHODS: dict[str, dict[str, Any]] = {
    "Visual (F)": {"branches": ["F"], "paper": {"total": 0.435}},
    "Audio": {"branches": ["A"]},
    "Both": {"branches": ["F", "A"], "paper": {"total": 0.5021}},
}
PARAMETERS = {"F": 20_000, "A": 500}
TRAINING_SECONDS = {"F": 90, "A": 30}
"""Seconds."""
MEASURED: dict[str, Mapping[str, float]] = {"F": {"frames": 180, "seconds": 3.0}, "A": {"frames": 180, "seconds": 0.6}}
SCORING = {"level": 0.9, "resamples": 100}
_BEGIN = datetime(2030, 1, 2, tzinfo=UTC)


def at(seconds: float) -> str:
    """A moment, some seconds after the first training began."""
    return (_BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def make_labels(folder: Path, corpus: str, track: Track, rule: str | None = None) -> str:
    """Labels of a corpus; where a rule is given, it has made what is annotated."""
    path = f"work/{corpus}/{track.name}/labels.parquet"
    kind = np.float32 if track.name == "va" else np.int8
    frames = np.tile(np.arange(FRAMES, dtype=np.int32), SUBJECTS)
    columns = {"subject": pa.array(np.repeat(_names(), FRAMES)), "frame": frames}
    columns |= {name: values.astype(kind) for name, values in zip(track.targets, _truth(track).T, strict=True)}
    write_parquet(folder / path, columns, labels_schema(track))
    text = f"data/{corpus}/{track.name}.txt"
    return write_record(folder, path, "labels", [make_artifact(folder, text, rule) if rule else source(folder, text)])


def make_system(
    folder: Path,
    corpus: str,
    system: str,
    track: Track,
    *,
    kind: str = "affwild2",
    seed: int = 0,
    measured: Mapping[str, Mapping[str, float]] = MEASURED,
    notes: Mapping[str, str] | None = None,
    methods: Mapping[str, Any] = METHODS,
) -> str:
    """What a run leaves of a system, whose branches start from one encoder; `make_labels` comes first. Gives the path
    of its entry."""
    random, place = np.random.default_rng(seed), f"{corpus}/{system}/{track.name}"
    encoder = make_artifact(
        folder, f"models/images/{system}/enc/1/model.safetensors", "pretrain", start=at(0), end=at(60)
    )
    labels, weights = f"work/{corpus}/{track.name}/labels.parquet", f"fusion/{place}/official-1/weights.json"
    tables, branch_files = {}, {}
    for branch, noise in NOISE.items():
        folder_of = f"models/{place}/{branch}/official-1"
        training = {"run": "0123abc", "start": at(100), "end": at(100 + TRAINING_SECONDS[branch])}
        model = make_artifact(folder, f"{folder_of}/model.safetensors", "train", [encoder, labels], **training)
        text = json.dumps({"branch": branch, "parameters": {"total": PARAMETERS[branch], "face": 7}})
        branch_files[branch] = source(folder, f"{folder_of}/branch.json", text)
        write_record(folder, branch_files[branch], "train", [encoder, labels], **training)
        tables[branch] = f"predictions/{place}/{branch}/official-1/validation.parquet"
        write_predictions(folder / tables[branch], track, _template(), _noisy_outputs(track, random, noise))
        machine = MACHINE.model_copy(update={"device": "a card", "host": "there"})
        details: dict[str, Any] = {"measured": measured.get(branch), "machine": machine, "model": folder_of}
        write_record(folder, tables[branch], "predict", [model, branch_files[branch]], **details)
    checked_methods = {title: Method.model_validate(method) for title, method in methods.items()}
    paths = {branch: folder / path for branch, path in tables.items()}
    fuse(paths, track, folder / labels, checked_methods, Fusion(step=0.1), folder / weights)
    write_record(folder, weights, "fuse", [*tables.values(), labels])
    options = {
        "corpus": corpus, "kind": kind, "system": system, "weights": weights, "labels": labels,
        "prediction": [f"{branch}={path}" for branch, path in tables.items()],
        "branch": [f"{branch}={path}" for branch, path in branch_files.items()],
        "methods": methods, "submitted": next(iter(methods)), "notes": dict(notes or {}), "scoring": SCORING, "seed": 1,
    }  # fmt: skip
    out = Layout(corpus, system).leaderboard_entry(track.name)
    write_entry(Chain(folder), asked_of(options), folder / out)
    return write_record(
        folder, out, "leaderboard_entry", [weights, labels, *tables.values(), *branch_files.values()], **options
    )


def make_systems(folder: Path) -> list[str]:
    """Two systems on a corpus of people, one of them on another track, too, and one on a corpus that a rule has made;
    the paths of their entries."""
    entries = []
    runs: list[tuple[str, TrackName, tuple[str, ...], str | None]] = [
        ("people", "va", ("one", "two"), None),
        ("people", "au", ("one",), None),
        ("demo", "va", ("one",), "demo"),
    ]
    for corpus, track, systems, rule in runs:
        make_labels(folder, corpus, track_of(track), rule)
        entries += [make_system(folder, corpus, name, track_of(track), seed=n) for n, name in enumerate(systems)]
    return entries


def _names() -> list[str]:
    return [f"val-{number}" for number in range(SUBJECTS)]


def _template() -> Predictions:
    return Predictions(Path(), tuple(_names()), np.arange(SUBJECTS + 1) * FRAMES, np.empty((0, 0), np.float32))


def _truth(track: Track) -> np.ndarray:
    """What is annotated, shape (rows, targets): the same in every system of a corpus."""
    random, rows = np.random.default_rng(5), SUBJECTS * FRAMES
    if track.name == "va":
        return random.uniform(-1, 1, (rows, 2))
    highest = len(track.outputs) if track.name == "expr" else 2
    return random.integers(0, highest, (rows, len(track.targets))).astype(float)


def _noisy_outputs(track: Track, random: np.random.Generator, noise: float) -> np.ndarray:
    """Outputs of a branch that sees what is annotated through noise, shape (rows, outputs)."""
    truth = _truth(track)
    scores = np.eye(len(track.outputs))[truth[:, 0].astype(int)] if track.name == "expr" else truth
    return np.clip(scores + random.normal(0, noise, scores.shape), *track.bounds).astype(np.float32)
