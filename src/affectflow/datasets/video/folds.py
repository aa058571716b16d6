"""Folds of a cross-validation: parts of the training and validation subjects that are alike and share no video."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import as_array, in_one_piece, read_parquet, spans, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Member:
    """A subject that goes to one of the folds."""

    subject: str
    video: str
    frames: int
    labels: Floats
    """What its annotations say: frames with each label, shape (labels,), the same labels for every member."""


def assign_folds(members: Sequence[Member], count: int, seed: int) -> dict[str, int]:
    """The fold of each subject, from 1 to `count`, so that folds are alike in frames and in labels.

    The subjects of a video stay together. Videos go one after the other, the long ones first, to the fold that has
    least of what they bring: of frames and, with the same weight, of their labels, each as a share of all there are. A
    rare label counts as much as a frequent one. (scikit-learn's StratifiedGroupKFold, which goes by the frames of one
    class each, knows no action units.)

    Args:
        members: subjects, in any order.
        count: number of folds.
        seed: of the order among videos of similar length; each seed gives other folds.

    Raises:
        InputError: there are fewer than two folds, or fewer videos than folds.
    """
    videos = sorted({member.video for member in members})
    if not 2 <= count <= len(videos):
        raise InputError(
            f"{count} folds of {len(videos)} videos for training and validation; set from 2 folds up to one a video"
        )
    contributions = {video: np.zeros(1 + len(members[0].labels)) for video in videos}
    for member in members:
        contributions[member.video] += [member.frames, *member.labels]
    total = np.maximum(sum(contributions.values()), 1)
    weight = np.array([len(total) - 1, *np.ones(len(total) - 1)])
    shuffled = np.random.default_rng(seed).permutation(len(videos))
    fold_of: dict[str, int] = {}
    loads, sizes = np.zeros((count, len(total))), np.zeros(count, int)
    # Lengths are similar where they round to the same power of two; sorting keeps the random order among them.
    for video in sorted((videos[i] for i in shuffled), key=lambda video: -int(contributions[video][0]).bit_length()):
        share = contributions[video] / total
        fold = min(range(count), key=lambda fold: (loads[fold] @ (weight * share), sizes[fold]))
        loads[fold] += share
        sizes[fold] += 1
        fold_of[video] = fold + 1
    return {member.subject: fold_of[member.video] for member in members}


def fold_manifest(manifest: Path, labels: Path, track: Track, count: int, fold: int, seed: int, out: Path) -> None:
    """Write the manifest of a fold: its subjects are the validation split, those of all other folds the training split.

    Subjects of other splits stay where they are, as do those of whose videos no frame was decoded.

    Args:
        manifest: the corpus's own manifest.
        labels: the label table of the track.
        track: whose labels the folds are balanced by.
        count: number of folds.
        fold: which one, from 1 to `count`.
        seed: see `assign_folds`.
        out: the manifest to write.

    Raises:
        InputError: there is no such fold, a training or validation subject has no labels, or as `assign_folds`.
    """
    if not 1 <= fold <= count:
        raise InputError(f"fold {fold} of {count} folds; expected a number from 1 to {count}")
    table = read_parquet(manifest, MANIFEST)
    rows = [row for row in table.to_pylist() if row["split"] in ("train", "validation") and row["frames"]]
    label_counts = _label_counts(labels, track)
    missing = [row["subject"] for row in rows if row["subject"] not in label_counts]
    if missing:
        raise InputError(
            f"{labels}: no labels of subject {missing[0]}, which {manifest} has for training or validation"
        )
    members = [Member(row["subject"], row["video"], row["frames"], label_counts[row["subject"]]) for row in rows]
    fold_of = assign_folds(members, count, seed)
    splits = [
        ("validation" if fold_of[subject] == fold else "train") if subject in fold_of else split
        for subject, split in zip(table["subject"].to_pylist(), table["split"].to_pylist(), strict=True)
    ]
    columns = {name: in_one_piece(table[name]) for name in table.column_names}
    write_parquet(out, columns | {"split": splits}, MANIFEST)


def _label_counts(path: Path, track: Track) -> dict[str, Floats]:
    """Frames with each label by subject: each quarter of the range of a number, each class, or each unit present; of a
    clip which number is the largest."""
    table = read_parquet(path, labels_schema(track))
    values = np.stack([as_array(table[name].cast(pa.float32())) for name in track.targets], axis=1)
    if track.per_clip:
        marks = values.argmax(axis=1)[:, None] == np.arange(len(track.targets))
    elif track.continuous:
        annotated = ~np.isnan(values)
        quarters = np.digitize(values, np.linspace(*track.bounds, 5)[1:-1])
        marks = np.concatenate([(quarters == quarter) & annotated for quarter in range(4)], axis=1)
    elif track.kind == "classes":
        marks = values == np.arange(len(track.outputs))
    else:
        marks = values == 1
    return {subject: marks[rows].sum(axis=0).astype(np.float64) for subject, rows in spans(table["subject"]).items()}
