"""The demo's score on its test split; the test labels of a real corpus are its organisers' alone."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import Predictions, Scores, read_branches
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.abaw_labels import read_labels
from affectflow.datasets.video.hume_tables import read_clip
from affectflow.fusion.annotated import annotated
from affectflow.fusion.late_fusion import read_method, read_weights
from affectflow.metrics.intervals import intervals
from affectflow.report.tables.scores import Validation
from affectflow.report.tables.validation import as_json, metrics

TABLE = "labels.csv"
"""Labels of all test clips, where clips are annotated as a whole."""

DECLARATION = (
    "Labels of a synthetic corpus, held out of the whole workflow and read for this score alone. "
    "It shows that the workflow works and says nothing about people."
)


def score_held_out(
    predictions: Mapping[str, Path],
    held_out: Path,
    weights: Path,
    method: str,
    corpus: str,
    tolerance: int,
    scoring: Scoring,
    seed: int,
    out: Path,
) -> None:
    """Score test predictions against the demo's held-out labels, and write it as JSON.

    The file holds the scores of `method`, and below `methods` those of every method whose branches are all given, with
    their intervals, not rounded: `{method: {score: [value, low, high]}}`.

    Args:
        predictions: of the test split, by branch.
        held_out: folder with one label file a test subject, or with one table of clips, `labels.csv`.
        weights: what the fusion stored: the track, the methods, and how the weights were found.
        method: the method that was submitted.
        corpus: its name, for the file.
        tolerance: largest difference of frames and label rows that is reconciled by frame number.
        scoring: level and resamples of the intervals.
        seed: of the resampling.
        out: the file to write.

    Raises:
        InputError: labels do not fit the predictions, or tables do not fit together.
    """
    methods = {
        title: candidate
        for title, candidate in read_weights(weights).items()
        if set(candidate.branches) <= set(predictions)
    }
    track = read_method(weights, method).predicts
    tables = read_branches(predictions, track)
    first = next(iter(tables.values()))
    labels = annotated(_expand_labels(first, held_out, track, tolerance), first, held_out, track)
    validation = Validation(track, methods, tables, labels)
    scores = {title: validation.score(title) for title in methods}
    ends = {
        title: intervals(track, method_score.tallies, level=scoring.level, resamples=scoring.resamples, seed=seed)
        for title, method_score in scores.items()
    }
    values = {
        "declaration": DECLARATION,
        "synthetic": True,
        "corpus": corpus,
        "method": method,
        "weights": scores[method].weights,
        **metrics(scores[method]),
        "methods": {
            title: {
                name: [_number(v) for v in (value, *ends[title][name])] for name, value in method_score.values.items()
            }
            for title, method_score in scores.items()
        },
    }
    write_text(out, as_json(values))


def _expand_labels(predictions: Predictions, held_out: Path, track: Track, tolerance: int) -> Scores:
    expanded = np.full((predictions.starts[-1], len(track.targets)), np.nan, np.float32)
    if track.per_clip:
        for row, subject in enumerate(predictions.subjects):
            expanded[row] = read_clip([held_out / TABLE], subject, track)
        return expanded
    for start, (subject, frames) in zip(predictions.starts, predictions.frames.items(), strict=False):
        path = held_out / f"{subject}.txt"
        labels = read_labels(path, track)
        if abs(frames - len(labels)) > tolerance:
            raise InputError(
                f"{path}: has {len(labels)} rows, but {predictions.source} has {frames} frames of subject {subject}; "
                "make the demo anew"
            )
        count = min(frames, len(labels))
        expanded[start : start + count] = labels[:count]
    return expanded


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
