"""The same methods over several seeds or folds: the scores of each, their mean and deviation (paper 003, table 2)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.report.csv_table import score_cell, write_table
from affectflow.training.late_fusion import FusedMethod, read_weights

OFFICIAL = "official"
"""Row of the corpus's own split beside the folds; paper 003 calls it "Original"."""


def write_spread(weights: Mapping[str, Path], out: Path, official: Path | None = None) -> None:
    """Write, for each method, a row a run, the mean and sample deviation of these and, of folds, the official split.

    Args:
        weights: by run, such as `123` or `fold1`: what the fusion stored, with the scores of its validation split.
        out: CSV file; columns method, run, and the track's scores. One run has no deviation.
        official: what the fusion stored of the official split; it is no part of mean and deviation.

    Raises:
        InputError: a file is missing or damaged.
    """
    runs = {name: read_weights(path) for name, path in weights.items()}
    beside = {} if official is None else {OFFICIAL: read_weights(official)}
    first = next(iter(runs.values()))
    scores = next(iter(first.values())).predicts.scores
    rows: list[list[object]] = []
    for title in first:
        each = {name: _values(run[title]) for name, run in runs.items()}
        values = list(each.values())
        each["mean"] = np.mean(values, axis=0)
        each["deviation"] = np.std(values, axis=0, ddof=1) if len(values) > 1 else np.full(len(scores), np.nan)
        each |= {name: _values(run[title]) for name, run in beside.items()}
        rows += [[title, name, *map(score_cell, its)] for name, its in each.items()]
    write_table(out, ["method", "run", *scores], rows)


def _values(method: FusedMethod) -> np.ndarray:
    return np.array([method.scores[name] for name in method.predicts.scores])
