"""What the page shows of one track: scores by method and subject, and the data behind its figures."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.metrics.sufficient_statistics import details, scores
from affectflow.report.run_page.clips import clip_data
from affectflow.report.run_page.series import Layer, layers_of, packed
from affectflow.report.run_page.streams import Seen
from affectflow.report.tables.scores import Score, Validation, read_validation

CELLS = 40
"""Cells of the density along valence and along arousal."""
FRAMES, UTTERANCES, CLIPS = ("frames", "subjects"), ("utterances", "videos"), ("clips", "")
"""What is scored: rows, and what they are rows of; a clip is of nothing but itself."""
STRIP = 60
"""Stretches of a subject in its strip of errors."""


@dataclass(frozen=True)
class TrackFiles:
    """Files that a track's part of the page is made from."""

    weights: Path
    labels: Path
    predictions: Mapping[str, Path]
    """Of validation, by branch."""
    curves: Path
    """Scores by epoch of every branch."""
    method: str
    """The submitted one."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A subject's score by the submitted method."""

    place: int
    """In the order of the predictions."""
    name: str
    frames: int
    annotated: int
    scores: dict[str, float]
    """NaN where no frame is annotated."""
    errors: NDArray[np.float64]
    """Mean error of each of `STRIP` stretches: distance of numbers, share of wrong classes or decisions; NaN where
    nothing is annotated."""


@dataclass(frozen=True, eq=False)
class TrackReport:
    """A track's scores; its series are packed when the page is written."""

    validation: Validation
    files: TrackFiles
    scores: Mapping[str, Score]
    """By method."""
    subjects: tuple[Subject, ...]
    """Worst first; of a track of clips none, since a correlation of one clip does not exist."""
    seen: Mapping[str, Seen]
    scored: tuple[str, str]
    """`FRAMES`, `UTTERANCES` or `CLIPS`."""

    @property
    def title(self) -> str:
        return self.validation.track.heading

    @property
    def has_plane(self) -> bool:
        """Whether outputs are points in the plane of valence and arousal."""
        return self.validation.track.name == "va"

    def layers(self) -> list[Layer]:
        return layers_of(self.validation, self.files.method)


def read_track(files: TrackFiles, seen: Mapping[str, Seen], scored: tuple[str, str] = FRAMES) -> TrackReport:
    """Score every method and subject of a track; of a track of clips `scored` is `CLIPS`, whatever is given.

    Raises:
        InputError: files are missing, damaged or do not fit together.
    """
    validation = read_validation(files.weights, files.predictions, files.labels)
    by_method = {title: validation.score(title) for title in validation.methods}
    if validation.track.per_clip:
        return TrackReport(validation, files, by_method, (), seen, CLIPS)
    subjects = _subjects(validation, files.method, by_method[files.method])
    return TrackReport(validation, files, by_method, subjects, seen, scored)


def track_data(report: TrackReport, step: int) -> dict[str, Any]:
    """The track as the page's scripts take it; `step` as in `series.kept`."""
    validation, track = report.validation, report.validation.track
    data = {
        "name": track.name,
        "kind": track.kind,
        "bounds": track.bounds,
        "labels": track.header,
        "curves": _curves(report.files.curves),
    }
    if track.per_clip:
        return data | {"subjects": []} | clip_data(validation, report.files.method, report.scores)
    layers = report.layers()
    limits = validation.methods[report.files.method].thresholds
    return data | {
        "targets": track.targets,
        "outputs": track.outputs,
        "layers": [{"name": layer.name, "decimals": layer.decimals} for layer in layers],
        "thresholds": list(limits.values()),
        "subjects": list(packed(validation, layers, report.seen, step)),
        "plane": _plane(validation, layers[0]) if report.has_plane else None,
        "confusion": _confusion(report) if track.kind == "classes" else None,
        "f1": None if track.continuous else _f1(report),
    }


def _subjects(validation: Validation, method: str, score: Score) -> tuple[Subject, ...]:
    values, targets = validation.fused(method), validation.annotated.targets
    track, starts = validation.track, validation.starts
    errors = _errors(validation, values, method)
    by_score = scores(track, score.tallies)
    names = next(iter(validation.predictions.values())).subjects
    subjects = [
        Subject(
            place=index,
            name=name,
            frames=int(end - begin),
            annotated=int((~np.isnan(targets[begin:end])).any(axis=1).sum()),
            scores={key: float(column[index]) for key, column in by_score.items()},
            errors=_strip(errors[begin:end]),
        )
        for index, (name, begin, end) in enumerate(zip(names, starts, starts[1:], strict=False))
    ]
    return tuple(
        sorted(subjects, key=lambda s: (np.isnan(s.scores["total"]), np.nan_to_num(s.scores["total"]), s.name))
    )


def _errors(validation: Validation, values: NDArray[np.float32], method: str) -> NDArray[np.float64]:
    """Error of every frame, NaN where it is not annotated."""
    targets, track = validation.annotated.targets, validation.track
    if track.kind == "classes":
        wrong = values.argmax(axis=1) != targets[:, 0]
        return np.where(np.isnan(targets[:, 0]), np.nan, wrong)
    if track.continuous:
        return np.asarray(np.sqrt(((values - targets) ** 2).sum(axis=1)), np.float64)
    limits = np.asarray(validation.methods[method].limits, np.float32)
    annotated = ~np.isnan(targets)
    wrong = ((values >= limits) != (targets == 1)) & annotated
    count = annotated.sum(axis=1)
    return np.divide(wrong.sum(axis=1), count, out=np.full(len(values), np.nan), where=count > 0)


def _strip(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = np.array_split(errors, min(STRIP, max(1, len(errors))))
    annotated_parts = [part[~np.isnan(part)] for part in parts]
    return np.array([part.mean() if len(part) else np.nan for part in annotated_parts])


def _plane(validation: Validation, layer: Layer) -> dict[str, Any]:
    """Annotated frames by cell of valence and arousal, as annotated and as predicted: rows from low arousal up."""
    targets = validation.annotated.targets
    annotated = ~np.isnan(targets).any(axis=1)
    edges = np.linspace(-1, 1, CELLS + 1)

    def density(points: NDArray[np.float32]) -> list[list[int]]:
        counts = np.histogram2d(points[:, 1], points[:, 0], bins=(edges, edges))[0]
        cells: list[list[int]] = counts.astype(int).tolist()
        return cells

    return {"annotated": density(targets[annotated]), "predicted": density(layer.values[annotated])}


def _confusion(report: TrackReport) -> list[list[int]]:
    pooled = report.scores[report.files.method].tallies.sum(axis=0)
    matrix: list[list[int]] = details(report.validation.track, pooled)["confusion"].tolist()
    return matrix


def _f1(report: TrackReport) -> dict[str, Any]:
    """F1 by method and class or unit; None where it occurs neither in annotations nor in predictions."""
    track = report.validation.track
    values = {}
    for title, score in report.scores.items():
        f1_by_class = details(track, score.tallies.sum(axis=0))["f1"]
        values[title] = [None if np.isnan(value) else float(value) for value in f1_by_class.values()]
    return {"methods": list(values), "values": list(values.values())}


def _curves(path: Path) -> list[dict[str, Any]]:
    """By branch: its columns over the epochs."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    branches = list(dict.fromkeys(row["branch"] for row in rows))
    columns = [name for name in (rows[0] if rows else ()) if name not in ("branch", "steps", "lr")]
    return [
        {"branch": branch}
        | {
            name: [float(row[name]) if row[name] else None for row in rows if row["branch"] == branch]
            for name in columns
        }
        for branch in branches
    ]
