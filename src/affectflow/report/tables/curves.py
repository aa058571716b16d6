"""Tables that `dvc plots` draws: training curves, and scores along a video beside its annotations."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.fusion.annotated import expand_labels
from affectflow.fusion.late_fusion import fused, read_fused
from affectflow.report.tables.csv_table import score_cell, write_table

SUBJECTS = 4
"""Subjects of the validation split that trajectories are drawn of."""
ROWS = 400
"""Most rows of a subject: of a longer one every second, third, … frame is drawn."""


def write_training_curves(metrics: Mapping[str, Path], out: Path) -> None:
    """Put the scores by epoch of all branches into one CSV table, a row a branch and epoch, digits as they are.

    Args:
        metrics: `metrics.csv` of each branch.
        out: the table; columns `branch` and those of the branches.

    Raises:
        InputError: a branch's table has no epoch.
    """
    columns: dict[str, None] = {"branch": None}
    rows: list[dict[str, str]] = []
    for branch, path in metrics.items():
        with path.open(encoding="utf-8", newline="") as stream:
            epochs = list(csv.DictReader(stream))
        if not epochs or "epoch" not in epochs[0]:
            raise InputError(f"{path}: no row with an epoch; delete the model's folder to have it trained again")
        columns |= dict.fromkeys(epochs[0])
        rows += [{"branch": branch, **epoch} for epoch in epochs]
    write_table(out, list(columns), ([row.get(column, "") for column in columns] for row in rows))


def write_trajectories(weights: Path, method: str, predictions: Mapping[str, Path], labels: Path, out: Path) -> None:
    """Write fused validation scores and annotations of the first subjects as a CSV table, a row a frame: the track's
    outputs, then its targets as `annotated_<target>`.

    Args:
        weights: what the fusion stored.
        method: the method that is fused.
        predictions: validation predictions by branch.
        labels: label table.
        out: the table; a cell is empty where a frame is not annotated.

    Raises:
        InputError: the method or one of its branches is not given, or tables do not fit together.
    """
    fused_method, tables = read_fused(weights, method, predictions)
    first = next(iter(tables.values()))
    track = fused_method.predicts
    values = np.concatenate([fused(tables, fused_method), expand_labels(labels, first, track).targets], axis=1)
    rows: list[list[str]] = []
    for subject, start, end in zip(first.subjects[:SUBJECTS], first.starts, first.starts[1:], strict=False):
        step = -(-(end - start) // ROWS)
        rows += [[subject, str(row - start), *map(score_cell, values[row].tolist())] for row in range(start, end, step)]
    write_table(out, ["subject", "frame", *track.outputs, *(f"annotated_{target}" for target in track.targets)], rows)
