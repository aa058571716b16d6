"""A small finished run for the report, of the real schemas: annotations, branches that err from them, and the rest."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectflow.artifacts.schemas import BODY, FACES, FRAMES, MANIFEST, VIDEOS, labels_schema, predictions_schema
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.tracks import Track, TrackName, track_of
from affectflow.fusion.late_fusion import fuse
from affectflow.report.run_page.track import TrackFiles
from affectflow.report.run_page.write import ReportFiles
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.validation import write_validation

RATE = 25.0
ERRORS = {"A": 0.6, "F": 0.35, "BCF": 0.25}
"""Branches and how far they stray."""
METHODS = {
    "Audio": Method(branches=("A",)),
    "Visual (F)": Method(branches=("F",)),
    "Audio + Visual (F + BCF)": Method(branches=("A", "F", "BCF"), paper={"total": 0.5}),
}
SUBMITTED = "Audio + Visual (F + BCF)"


@dataclass(frozen=True)
class Someone:
    """A subject of the validation split with a video and a shard of its own, by number."""

    name: str
    frames: int = 120
    no_face: frozenset[int] = frozenset()
    unannotated: frozenset[int] = frozenset()
    sound: bool = True
    damaged: int = 0
    sound_damaged: float = 0.0
    notes: tuple[str, ...] = ()
    container_rate: float = RATE
    times: tuple[float, ...] = field(default=())
    """Seconds of its frames where their rate varies."""


def make_run(
    root: Path, people: list[Someone], tracks: tuple[TrackName, ...] = ("va", "expr", "au"), noise: float = 0.15
) -> ReportFiles:
    """Write a run of `people` below `root`."""
    work = root / "work/demo"
    for number, person in enumerate(people):
        _shard(work, number, person)
    manifests: dict[Track, Path] = {}
    files: dict[TrackName, TrackFiles] = {}
    tables: list[Path] = []
    for name in tracks:
        track = track_of(name)
        manifests[track] = work / name / "manifest.parquet"
        write_parquet(manifests[track], [_manifest(number, person) for number, person in enumerate(people)], MANIFEST)
        files[name] = _track(root, work, track, people, noise)
        tables.append(root / f"results/validation_track{track.number}.csv")
        validation = read_validation(files[name].weights, files[name].predictions, files[name].labels)
        scores = {title: validation.score(title) for title in validation.methods}
        write_validation(track, scores, METHODS, {}, "made", tables[-1], tables[-1].with_suffix(".json"))
    return ReportFiles(work=work, manifests=manifests, tracks=files, tables=tables)


def _times(person: Someone) -> np.ndarray:
    return np.array(person.times) if person.times else np.arange(person.frames) / RATE


def _shard(work: Path, number: int, person: Someone) -> None:
    shard, times = f"shard{number}", _times(person)
    with arrow_writer(work / f"frames/{shard}.arrow", FRAMES) as out:
        for frame in range(person.frames):
            out.append({"video": person.name, "frame": frame, "time": times[frame], "jpeg": b""})
    nothing = dict.fromkeys(("shot", "score", "box", "landmarks", "anchors", "face"))
    with arrow_writer(work / f"faces/{shard}.arrow", FACES) as out:
        for frame in range(person.frames):
            out.append({"subject": person.name, "frame": frame, "found": frame not in person.no_face} | nothing)
    body = {"subject": person.name, "found": True, "joints": [0.0] * 75, "box": [1.0, 2.0, 3.0, 4.0]}
    write_parquet(work / f"body/{shard}.parquet", [body | {"frame": f} for f in range(person.frames)], BODY)
    row = _manifest(number, person) | {"container_rate": person.container_rate, "audio_seconds": person.frames / RATE}
    row |= {"source_width": 64, "source_height": 48}
    row |= {"picture_track": 1, "picture_tracks": 1, "sound_track": 1, "sound_tracks": 1}
    write_parquet(work / f"videos/{shard}.parquet", [{name: row[name] for name in VIDEOS.names}], VIDEOS)
    (work / "preview").mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(work / f"preview/{shard}.jpg"), np.full((360, 1000, 3), 40 + number % 200, np.uint8))


def _manifest(number: int, person: Someone) -> dict[str, Any]:
    return {
        "subject": person.name,
        "video": person.name,
        "shard": f"shard{number}",
        "split": "validation",
        "path": f"data/{number}.mp4",
        "digest": "0" * 64,
        "frames": person.frames,
        "rows": person.frames,
        "difference": 0,
        "rate": RATE,
        "width": 64,
        "height": 48,
        "has_audio": person.sound,
        "expected": person.frames,
        "damaged": person.damaged,
        "sound_damaged": person.sound_damaged,
        "notes": list(person.notes),
    }


def _track(root: Path, work: Path, track: Track, people: list[Someone], noise: float) -> TrackFiles:
    random = np.random.default_rng(7)
    truth = np.concatenate([_truth(track, person, random) for person in people])
    rows = [(person, frame) for person in people for frame in range(1 if track.per_clip else person.frames)]
    subjects, frames = [person.name for person, _ in rows], [frame for _, frame in rows]
    unknown = np.array([frame in person.unannotated for person, frame in rows])
    labels = work / track.name / "labels.parquet"
    _write_labels(labels, track, subjects, frames, truth, unknown)
    predictions = {}
    for branch, error in ERRORS.items():
        predictions[branch] = root / f"predictions/{track.name}/{branch}.parquet"
        slow = random.normal(size=truth.shape)
        slow = 0.2 * slow if track.per_clip else _smooth(slow, 25)
        stray = error * slow * 5 + noise * error * random.normal(size=truth.shape)
        values = _outputs(track, truth + stray)
        columns = {"subject": subjects, "frame": frames} | dict(zip(track.outputs, values.T, strict=True))
        write_parquet(predictions[branch], columns, predictions_schema(track))
    weights = root / f"fusion/{track.name}/weights.json"
    fuse(predictions, track, labels, METHODS, Fusion(step=0.1), weights)
    return TrackFiles(weights, labels, predictions, _curves(root, track), SUBMITTED)


def _truth(track: Track, person: Someone, random: np.random.Generator) -> np.ndarray:
    """Slow waves, shape (rows, outputs): valence and arousal, or how much of each class, unit or emotion there is."""
    time = _times(person)[: 1 if track.per_clip else None, None]
    speed, phase = random.uniform(0.3, 1.1, len(track.outputs)), random.uniform(0, 6.28, len(track.outputs))
    return 0.8 * np.sin(speed * time + phase)


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    kernel = np.hanning(width) / np.hanning(width).sum()
    return np.stack([np.convolve(column, kernel, "same") for column in values.T], axis=1)


def _outputs(track: Track, values: np.ndarray) -> np.ndarray:
    if track.name == "va":
        return np.clip(values, -1, 1).astype(np.float32)
    if track.name in ("au", "eri"):
        return (1 / (1 + np.exp(-4 * values))).astype(np.float32)
    powers = np.exp(4 * values)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def _write_labels(
    path: Path, track: Track, subjects: list[str], frames: list[int], truth: np.ndarray, unknown: np.ndarray
) -> None:
    if track.name == "expr":
        targets = truth.argmax(axis=1)[:, None]
    else:
        targets = truth if track.name == "va" else (truth + 1) / 2 if track.per_clip else (truth > 0).astype(int)
    cells = [
        [None if hidden else value for value, hidden in zip(column, unknown, strict=True)]
        for column in targets.T.tolist()
    ]
    write_parquet(
        path,
        {"subject": subjects, "frame": frames} | dict(zip(track.targets, cells, strict=True)),
        labels_schema(track),
    )


def _curves(root: Path, track: Track) -> Path:
    path = root / f"results/training_curves_track{track.number}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["branch", "epoch", "steps", "lr", "train_loss", "validation_loss", *track.scores])
        for number, branch in enumerate(ERRORS):
            for epoch in range(1, 11):
                loss = (1 + number / 4) / epoch
                table.writerow(
                    [branch, epoch, 4 * epoch, 0.001, loss, loss * 1.1, *[1 - 0.5 / epoch] * len(track.scores)]
                )
    return path
