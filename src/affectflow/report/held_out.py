"""The demo's score on its test split; the test labels of a real corpus are its organisers' alone."""

from pathlib import Path

import numpy as np

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import read_predictions
from affectflow.corpus.labels import read_va
from affectflow.errors import InputError
from affectflow.metrics import ccc
from affectflow.report.scores import Score
from affectflow.report.tables import as_json, metrics
from affectflow.training.annotated import annotated
from affectflow.training.late_fusion import read_method

DECLARATION = (
    "Labels of a synthetic corpus, held out of the whole workflow and read for this score alone. "
    "It shows that the workflow works and says nothing about people."
)


def score_held_out(
    fused: Path, held_out: Path | None, weights: Path, method: str, corpus: str, tolerance: int, out: Path
) -> None:
    """Score the fused test predictions against the demo's held-out labels, and write it as JSON.

    Args:
        fused: test predictions of `method`.
        held_out: folder with one label file a test subject; None where the corpus has none.
        weights: what the fusion stored, to name how the weights were found.
        method: the method that was submitted.
        corpus: its name, for the file.
        tolerance: largest difference of frames and label rows that is reconciled by frame number.
        out: the file to write.

    Raises:
        InputError: the corpus has no held-out labels, or these do not fit the predictions.
    """
    if held_out is None:
        raise InputError(
            f"corpus {corpus} has no held-out test labels: only the demo is scored on its test split; "
            "a real corpus is scored by its organisers"
        )
    chosen = read_method(weights, method)
    predictions = read_predictions(fused)
    laid = np.full((2, predictions.starts[-1]), np.nan, np.float32)
    for start, (subject, frames) in zip(predictions.starts, predictions.frames.items(), strict=False):
        path = held_out / f"{subject}.txt"
        labels = np.stack(read_va(path))
        rows = labels.shape[1]
        if abs(frames - rows) > tolerance:
            raise InputError(
                f"{path}: has {rows} rows, but {fused} has {frames} frames of subject {subject}; make the demo anew"
            )
        used = min(frames, rows)
        laid[:, start : start + used] = labels[:, :used]
    found = annotated(laid[0], laid[1], predictions, held_out)
    counted = ~np.isnan(found.valence)
    score = Score(
        ccc(predictions.valence[counted], found.valence[counted]),
        ccc(predictions.arousal[counted], found.arousal[counted]),
        found.frames,
        found.subjects,
        chosen.found_by,
    )
    values = {"declaration": DECLARATION, "synthetic": True, "corpus": corpus, "method": method}
    write_text(out, as_json({**values, "weights": score.weights, **metrics(score)}))
