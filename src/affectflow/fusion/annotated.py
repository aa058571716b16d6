"""Predictions meet labels: the frames that count for weights and scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affectflow.artifacts.predictions import Predictions, Scores
from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import in_one_piece, read_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.metrics.moments import Moments


@dataclass(frozen=True, eq=False)
class Annotated:
    """Labels laid on the rows of predictions."""

    targets: Scores
    """Shape (rows, targets), NaN where not annotated."""
    frames: int
    """Annotated frames: those with valence and arousal, with an expression, with any action unit; or clips, with the
    intensities of all reactions."""
    subjects: int
    """Subjects with at least one annotated frame."""

    def moments(self, branches: Sequence[Predictions], target: int) -> Moments:
        """Moments of the branches' output of that place and, last, the labels, over the annotated frames."""
        labels = self.targets[:, target]
        return Moments.of([*(branch.values[:, target] for branch in branches), labels], where=~np.isnan(labels))


def expand_labels(labels: Path, predictions: Predictions, track: Track) -> Annotated:
    """Lay labels on the rows of predictions, by subject and frame number.

    Label rows after a subject's last decoded frame have no prediction and fall away; the manifest has checked
    that they are few. Subjects without predictions are those of other splits.

    Raises:
        InputError: a predicted subject has no labels, or nothing is annotated.
    """
    table = read_parquet(labels, labels_schema(track))
    coded = in_one_piece(table["subject"]).dictionary_encode()
    names = coded.dictionary.to_pylist()
    unlabelled = sorted(set(predictions.subjects) - set(names))
    if unlabelled:
        some = ", ".join(unlabelled[:20]) + (", …" if len(unlabelled) > 20 else "")
        raise InputError(f"{labels}: {len(unlabelled)} subject(s) of {predictions.source} have no labels: {some}")
    place = {subject: number for number, subject in enumerate(predictions.subjects)}
    subject = np.array([place.get(name, -1) for name in names])[coded.indices.to_numpy()]
    frame = table["frame"].to_numpy()
    used = (subject >= 0) & (frame < np.diff(predictions.starts)[subject])
    rows = predictions.starts[subject[used]] + frame[used]
    targets = np.full((predictions.starts[-1], len(track.targets)), np.nan, np.float32)
    for column, name in enumerate(track.targets):
        targets[rows, column] = pc.fill_null(table[name].cast(pa.float32()), np.nan).to_numpy()[used]
    return annotated(targets, predictions, labels, track)


def annotated(targets: Scores, predictions: Predictions, source: Path, track: Track) -> Annotated:
    """Count labels laid on the rows of predictions; a frame that lacks one of several numbers lacks all.

    Raises:
        InputError: no frame is annotated.
    """
    missing = np.isnan(targets)
    if track.continuous:
        missing |= missing.any(axis=1, keepdims=True)
    none = missing.all(axis=1)
    if none.all():
        raise InputError(f"{source}: no frame of {predictions.source} is annotated; nothing can be scored")
    counts = np.add.reduceat(~none, predictions.starts[:-1], dtype=np.int64)
    return Annotated(
        np.where(missing, np.float32(np.nan), targets), frames=int(counts.sum()), subjects=int((counts > 0).sum())
    )
