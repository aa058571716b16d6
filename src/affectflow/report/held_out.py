"""The demo's score on its test split; the test labels of a real corpus are its organisers' alone."""

from pathlib import Path

import numpy as np

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import read_predictions
from affectflow.corpus.labels import read_labels
from affectflow.errors import InputError
from affectflow.report.scores import score
from affectflow.report.tables import as_json, metrics
from affectflow.training.annotated import annotated
from affectflow.training.late_fusion import read_method

DECLARATION = (
    "Labels of a synthetic corpus, held out of the whole workflow and read for this score alone. "
    "It shows that the workflow works and says nothing about people."
)


def score_held_out(
    fused: Path, held_out: Path, weights: Path, method: str, corpus: str, tolerance: int, out: Path
) -> None:
    """Score the fused test predictions against the demo's held-out labels, and write it as JSON.

    Args:
        fused: test predictions of `method`.
        held_out: folder with one label file a test subject.
        weights: what the fusion stored: the track, and how the weights were found.
        method: the method that was submitted.
        corpus: its name, for the file.
        tolerance: largest difference of frames and label rows that is reconciled by frame number.
        out: the file to write.

    Raises:
        InputError: labels do not fit the predictions.
    """
    chosen = read_method(weights, method)
    track = chosen.predicts
    predictions = read_predictions(fused, track)
    laid = np.full((predictions.starts[-1], len(track.targets)), np.nan, np.float32)
    for start, (subject, frames) in zip(predictions.starts, predictions.frames.items(), strict=False):
        path = held_out / f"{subject}.txt"
        labels = read_labels(path, track)
        if abs(frames - len(labels)) > tolerance:
            raise InputError(
                f"{path}: has {len(labels)} rows, but {fused} has {frames} frames of subject {subject}; make the demo "
                "anew"
            )
        used = min(frames, len(labels))
        laid[start : start + used] = labels[:used]
    found = score(predictions.values, predictions.starts, annotated(laid, predictions, held_out, track), chosen)
    values = {"declaration": DECLARATION, "synthetic": True, "corpus": corpus, "method": method}
    write_text(out, as_json({**values, "weights": found.weights, **metrics(found)}))
