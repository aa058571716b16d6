"""Predictions meet labels: the frames that count for weights and scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.compute as pc

from affectflow.artifacts.predictions import Predictions, Scores
from affectflow.artifacts.schemas import LABELS
from affectflow.artifacts.tables import read_parquet
from affectflow.errors import InputError
from affectflow.statistics import Moments

Target = Literal["valence", "arousal"]
TARGETS: tuple[Target, Target] = ("valence", "arousal")


@dataclass(frozen=True, eq=False)
class Annotated:
    """Labels laid on the rows of predictions, NaN where a frame is not annotated; each of shape (frames,)."""

    valence: Scores
    arousal: Scores
    frames: int
    """Annotated frames: those with both valence and arousal."""
    subjects: int
    """Subjects with at least one annotated frame."""

    def moments(self, branches: Sequence[Predictions], target: Target) -> Moments:
        """Moments of the branches' scores and, last, the labels, over the annotated frames."""
        labels: Scores = getattr(self, target)
        return Moments.of([*(getattr(branch, target) for branch in branches), labels], where=~np.isnan(labels))


def lay_labels(labels: Path, predictions: Predictions, split: str = "validation") -> Annotated:
    """Lay the labels of a split on the rows of its predictions, by subject and frame number.

    Label rows after a subject's last decoded frame have no prediction and fall away; the manifest has checked
    that they are few.

    Raises:
        InputError: a subject of the split has labels and no predictions, or the reverse, or nothing is
            annotated.
    """
    table = read_parquet(labels, LABELS)
    chosen = pc.equal(table["split"], split).to_numpy()
    coded = table["subject"].combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    code, frame = coded.indices.to_numpy()[chosen], table["frame"].to_numpy()[chosen]
    labelled = {names[number] for number in np.unique(code)}
    known = {subject: number for number, subject in enumerate(predictions.subjects)}
    _refuse(sorted(labelled - known.keys()), labels, split, "has labels and no predictions")
    _refuse(sorted(known.keys() - labelled), labels, split, "has predictions and no labels")
    subject = np.array([known.get(name, -1) for name in names])[code]
    decoded = frame < np.diff(predictions.starts)[subject]
    rows = predictions.starts[subject[decoded]] + frame[decoded]
    valence, arousal = (np.full(predictions.starts[-1], np.nan, np.float32) for _ in TARGETS)
    for laid, name in zip((valence, arousal), TARGETS, strict=True):
        laid[rows] = pc.fill_null(table[name], np.nan).to_numpy()[chosen][decoded]
    return annotated(valence, arousal, predictions, labels)


def annotated(valence: Scores, arousal: Scores, predictions: Predictions, source: Path) -> Annotated:
    """Count labels laid on the rows of predictions; a frame that lacks one of the two lacks both.

    Raises:
        InputError: no frame is annotated.
    """
    missing = np.isnan(valence) | np.isnan(arousal)
    if missing.all():
        raise InputError(f"{source}: no frame of {predictions.source} is annotated; nothing can be scored")
    counts = np.add.reduceat(~missing, predictions.starts[:-1], dtype=np.int64)
    return Annotated(
        np.where(missing, np.float32(np.nan), valence),
        np.where(missing, np.float32(np.nan), arousal),
        frames=int(counts.sum()),
        subjects=int((counts > 0).sum()),
    )


def _refuse(subjects: Sequence[str], labels: Path, split: str, what: str) -> None:
    if subjects:
        names = ", ".join(subjects[:20]) + (", …" if len(subjects) > 20 else "")
        raise InputError(
            f"{labels}: {len(subjects)} subject(s) of the {split} split {what}: {names}; predict again for "
            "all of the split"
        )
