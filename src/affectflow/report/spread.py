"""The same method over several seeds or folds: mean and deviation of its validation scores."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.report.csv_table import score_cell, write_table
from affectflow.training.late_fusion import read_weights


def write_spread(weights: Mapping[str, Path], out: Path) -> None:
    """Write a row a method and score: its mean and sample deviation over runs, then each run's (paper 003, table 2).

    Args:
        weights: by run, such as `123` or `fold1`: what the fusion stored, with the scores of its validation split.
        out: CSV file; columns method, score, mean, deviation, and one a run.

    Raises:
        InputError: a file is missing or damaged.
    """
    runs = {name: read_weights(path) for name, path in weights.items()}
    rows = []
    for title, first in next(iter(runs.values())).items():
        for name in first.predicts.scores:
            values = [run[title].scores[name] for run in runs.values()]
            both = float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
            rows.append([title, name, *map(score_cell, [*both, *values])])
    write_table(out, ["method", "score", "mean", "deviation", *runs], rows)
