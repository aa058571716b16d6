"""Result tables as CSV and JSON: fixed columns, fixed digits, the same bytes for the same numbers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.config.evaluation.fusion import Method
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.metrics.video_scores import PREFIX
from affectflow.report.tables.csv_table import csv_text, score_cell
from affectflow.report.tables.scores import Score


def validation_table(
    track: Track,
    scores: Mapping[str, Score],
    methods: Mapping[str, Method],
    notes: Mapping[str, str],
    corpus: str,
    by_video: bool = False,
) -> str:
    """A paper's table of validation scores as CSV text: a row a method, in the order of `methods`; ours, then the
    paper's figures.

    Args:
        track: what is scored.
        scores: by method.
        methods: with the paper's figures, which are of Aff-Wild2 and can be compared with no other corpus.
        notes: what must be said of a branch, by branch.
        corpus: what was scored.
        by_video: whether the scores' means over videos stand beside them (`affectflow.metrics.video_scores`).

    Raises:
        InputError: a method has no score.
    """
    paper = [f"paper_{name}" for name in track.measures]
    ours = [*track.measures, *(PREFIX + name for name in track.scores if by_video)]
    columns = ["method", *ours, "frames", "subjects", "weights", *paper, "corpus", "note"]
    rows: list[list[object]] = []
    for title, method in methods.items():
        score = _score_of(title, scores)
        cells = [validation_cell(score, column) for column in ours]
        figures = [paper_cell(method.paper[name]) if name in method.paper else "" for name in track.measures]
        note = joined_notes(method.branches, notes)
        rows.append([title, *cells, score.frames, score.subjects, score.weights, *figures, corpus, note])
    return csv_text(columns, rows)


def paper_cell(value: float) -> str:
    """A figure of a paper, with three digits after the point, or four where it has more."""
    return f"{value:.3f}" if round(value, 3) == value else f"{value:.4f}"


def validation_cell(score: Score, column: str) -> str | None:
    """The digits of a score in the table; None for a column that holds no score of ours."""
    by_column = score.values | score.of_videos
    return score_cell(by_column[column]) if column in by_column else None


def joined_notes(branches: Iterable[str], notes: Mapping[str, str]) -> str:
    """What must be said of a method of these branches, each once."""
    parts = (part for branch in branches if notes.get(branch) for part in notes[branch].split("; "))
    return "; ".join(dict.fromkeys(parts))


def write_validation(
    track: Track,
    scores: Mapping[str, Score],
    methods: Mapping[str, Method],
    notes: Mapping[str, str],
    corpus: str,
    table: Path,
    metrics_file: Path,
    by_video: bool = False,
) -> None:
    """Write the validation table, and the same scores as JSON: `{method: {score: number}}`."""
    write_text(table, validation_table(track, scores, methods, notes, corpus, by_video))
    write_text(metrics_file, as_json({title: metrics(_score_of(title, scores), by_video) for title in methods}))


def metrics(score: Score, by_video: bool = False) -> dict[str, float | int]:
    """A score as numbers by name, six decimals."""
    scores = score.values | (score.of_videos if by_video else {})
    values: dict[str, float | int] = {name: round(value, 6) + 0.0 for name, value in scores.items()}
    return values | {"frames": score.frames, "subjects": score.subjects}


def write_metrics(scores: Iterable[Path], out: Path) -> None:
    """Put the scores of all tracks, of files `<split>_track<n>.json` as `write_validation` writes them, into one JSON
    file: `{track<n>: {split: {method: {score: number}}}}`."""
    tracks: dict[str, dict[str, object]] = {}
    for path in scores:
        split, _, track = path.stem.partition("_")
        tracks.setdefault(track, {})[split] = json.loads(path.read_text(encoding="utf-8"))
    write_text(out, as_json(tracks))


def as_json(values: dict[str, Any]) -> str:
    """Indented JSON text with a final newline."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _score_of(title: str, scores: Mapping[str, Score]) -> Score:
    if title not in scores:
        raise InputError(f"method {title!r} has no score; scored are {', '.join(map(repr, scores))}: fuse again")
    return scores[title]
