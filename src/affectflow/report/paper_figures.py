"""Our figures for a table of a paper, read from result files."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from affectflow.errors import InputError
from affectflow.report.figure_cells import Ours
from affectflow.report.spread_rows import DEVIATION, MEAN, OFFICIAL


def validation_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of a table of intervals."""
    found: dict[str, dict[str, Ours]] = {}
    for row in _rows(path):
        found.setdefault(row["method"], {})[row["score"]] = interval_of(row)
    return found


def seed_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of a table of several seeds: mean and deviation."""
    found: dict[str, dict[str, dict[str, float]]] = {MEAN: {}, DEVIATION: {}}
    for row in _rows(path):
        title, run = row.pop("method"), row.pop("run")
        if run in found:
            found[run][title] = {name: number(cell) for name, cell in row.items()}
    return {
        title: {name: Ours(value, (found[DEVIATION][title][name],)) for name, value in means.items()}
        for title, means in found[MEAN].items()
    }


def fold_figures(path: Path, method: str) -> dict[str, dict[str, Ours]]:
    """By run and score, of one method of a table of folds: `fold1` …, `mean` with the deviation, `official`.

    Raises:
        InputError: the table has no such method.
    """
    runs = {row.pop("run"): row for row in _rows(path) if row.pop("method") == method}
    if not runs:
        raise InputError(f"{path}: has no method {method!r}; make it anew, with the method among those of folded")
    deviation = runs.pop(DEVIATION)
    return {
        run: {name: Ours(number(cell), (number(deviation[name] if run == MEAN else ""),)) for name, cell in row.items()}
        for run, row in runs.items()
    }


def fold_rows(runs: Iterable[str]) -> dict[str, str]:
    """Runs of a table of folds with what the paper calls them: the folds by number, their mean, the official split."""
    numbers = sorted({int(run.removeprefix("fold")) for run in runs if run.startswith("fold")})
    return {f"fold{n}": f"Fold {n}" for n in numbers} | {MEAN: "Average", OFFICIAL: "Original"}


def trainings_of(paths: Iterable[Path]) -> int:
    """How many seeds or folds tables of several hold; InputError where they differ."""
    counts = {path: len({row["run"] for row in _rows(path)} - {MEAN, DEVIATION, OFFICIAL}) for path in paths}
    if len(set(counts.values())) != 1:
        each = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise InputError(f"expected tables of equally many seeds or folds; {each}: make them anew")
    return next(iter(counts.values()))


def test_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of the score on held-out labels."""
    values = json.loads(path.read_text(encoding="utf-8"))["methods"]
    found: dict[str, dict[str, Ours]] = {}
    for title, its in values.items():
        each = {name: [float("nan") if v is None else v for v in numbers] for name, numbers in its.items()}
        found[title] = {name: Ours(value, (low, high)) for name, (value, low, high) in each.items()}
    return found


def interval_of(row: dict[str, str]) -> Ours:
    """The figure of a row that holds its value and interval."""
    return Ours(number(row["value"]), (number(row["low"]), number(row["high"])))


def number(cell: str) -> float:
    """The number of a cell; not a number where it is empty."""
    return float(cell) if cell else float("nan")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
