"""Our figures for a table of a paper, read from result files."""

import csv
import json
from pathlib import Path

from affectflow.report.paper_table import Ours


def validation_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of a table of intervals."""
    found: dict[str, dict[str, Ours]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["method"], {})[row["score"]] = Ours(
                *(number(row[c]) for c in ("value", "low", "high"))
            )
    return found


def test_figures(path: Path) -> dict[str, dict[str, Ours]]:
    """By method and score, of the score on held-out labels."""
    values = json.loads(path.read_text(encoding="utf-8"))["methods"]
    return {
        title: {name: Ours(*(float("nan") if v is None else v for v in numbers)) for name, numbers in its.items()}
        for title, its in values.items()
    }


def number(cell: str) -> float:
    """The number of a cell; not a number where it is empty."""
    return float(cell) if cell else float("nan")
