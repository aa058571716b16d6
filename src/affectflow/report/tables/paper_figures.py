"""Our figures for a table of a paper, read from result files in which they are not rounded."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from affectflow.core.errors import InputError
from affectflow.report.tables.figure_cells import Ours
from affectflow.report.tables.spread_rows import DEVIATION, MEAN, OFFICIAL


def validation_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of a table of intervals."""
    figures: dict[str, dict[str, Ours]] = {}
    for row in rows_of(path):
        figures.setdefault(row["method"], {})[row["score"]] = interval_of(row)
    return figures


def seed_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of a table of several seeds: mean and deviation."""
    figures: dict[str, dict[str, dict[str, float]]] = {MEAN: {}, DEVIATION: {}}
    for row in rows_of(path):
        title, run = row.pop("method"), row.pop("run")
        if run in figures:
            figures[run][title] = {name: number(value) for name, value in row.items()}
    return {
        title: {name: Ours(value, (figures[DEVIATION][title][name],)) for name, value in means.items()}
        for title, means in figures[MEAN].items()
    }


def fold_figures(path: Path, method: str) -> dict[str, dict[str, Ours]]:
    """By run and score, of one method of a table of folds: `fold1` …, `mean` with the deviation, `official`.

    Raises:
        InputError: the table has no such method.
    """
    runs = {row.pop("run"): row for row in rows_of(path) if row.pop("method") == method}
    if not runs:
        raise InputError(f"{path}: has no method {method!r}; make it anew, with the method among those of folded")
    deviation = runs.pop(DEVIATION)
    return {
        run: {
            name: Ours(number(value), (number(deviation[name] if run == MEAN else None),))
            for name, value in row.items()
        }
        for run, row in runs.items()
    }


def fold_rows(runs: Iterable[str]) -> dict[str, str]:
    """Runs of a table of folds with what the paper calls them: the folds by number, their mean, the official split."""
    numbers = sorted({int(run.removeprefix("fold")) for run in runs if run.startswith("fold")})
    return {f"fold{n}": f"Fold {n}" for n in numbers} | {MEAN: "Average", OFFICIAL: "Original"}


def trainings_of(paths: Iterable[Path]) -> int:
    """How many seeds or folds tables of several hold; InputError where they differ."""
    counts = {path: len({row["run"] for row in rows_of(path)} - {MEAN, DEVIATION, OFFICIAL}) for path in paths}
    if len(set(counts.values())) != 1:
        listing = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise InputError(f"expected tables of equally many seeds or folds; {listing}: make them anew")
    return next(iter(counts.values()))


def test_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of the score on held-out labels."""
    values = json.loads(path.read_text(encoding="utf-8"))["methods"]
    figures: dict[str, dict[str, Ours]] = {}
    for title, scores in values.items():
        parsed = {name: [number(value) for value in numbers] for name, numbers in scores.items()}
        figures[title] = {name: Ours(value, (low, high)) for name, (value, low, high) in parsed.items()}
    return figures


def interval_of(row: dict[str, Any]) -> Ours:
    """The figure of a row that holds its value and interval."""
    return Ours(number(row["value"]), (number(row["low"]), number(row["high"])))


def number(value: float | None) -> float:
    """A figure; not a number where there is none."""
    return float("nan") if value is None else float(value)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of a table that `write_figures` wrote as JSON.

    Raises:
        InputError: the file is no such table.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [dict(row) for row in rows]
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: not a table of figures ({error}); delete it and run again") from error
