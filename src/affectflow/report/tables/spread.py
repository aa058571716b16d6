"""The same methods over several seeds or folds: the scores of each, their mean and deviation (Meng et al., table 2)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.fusion.late_fusion import FusedMethod, read_validated
from affectflow.report.tables.csv_table import write_figures
from affectflow.report.tables.spread_rows import DEVIATION, MEAN, OFFICIAL


def write_spread(weights: Mapping[str, Path], out: Path, official: Path | None = None) -> None:
    """Write, for each method, a row a run, the mean and sample deviation of these and, of folds, the official split.

    Args:
        weights: by run, such as `123` or `fold1`: what the fusion stored, with the scores of its validation split.
        out: CSV file, and JSON beside it; columns method, run, and the track's scores and errors. One run has no
            deviation.
        official: what the fusion stored of the official split; it is no part of mean and deviation.

    Methods without validation scores have no rows.

    Raises:
        InputError: a file is missing, damaged or lacks a score.
    """
    runs = {name: read_validated(path) for name, path in weights.items()}
    write_spread_of(runs, out, None if official is None else read_validated(official))


def write_spread_of(
    runs: Mapping[str, Mapping[str, FusedMethod]], out: Path, official: Mapping[str, FusedMethod] | None
) -> None:
    """Write it of methods with their scores, by run and title; the rest as `write_spread`."""
    official_runs = {} if official is None else {OFFICIAL: official}
    first = next(iter(runs.values()))
    measures = next(iter(first.values())).predicts.measures
    rows: list[list[object]] = []
    for title in first:
        by_run = {name: _values(title, run) for name, run in runs.items()}
        values = list(by_run.values())
        by_run[MEAN] = np.mean(values, axis=0)
        by_run[DEVIATION] = np.std(values, axis=0, ddof=1) if len(values) > 1 else np.full(len(measures), np.nan)
        by_run |= {name: _values(title, run) for name, run in official_runs.items()}
        rows += [[title, name, *map(float, run_values)] for name, run_values in by_run.items()]
    write_figures(out, ["method", "run", *measures], rows)


def _values(title: str, run: Mapping[str, FusedMethod]) -> np.ndarray:
    method = run[title]
    if lacking := [name for name in method.predicts.measures if name not in method.scores]:
        raise InputError(f"method {title!r} was fused without {', '.join(lacking)}: fuse again")
    return np.array([method.scores[name] for name in method.predicts.measures])
