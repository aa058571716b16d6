"""A table as CSV text: the same bytes for the same cells."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from affectflow.artifacts.atomic import write_text

DIGITS = 4
"""Digits after the point of scores in tables."""


def score_cell(value: float) -> str:
    """A score's digits; empty where it is not a number."""
    return "" if math.isnan(value) else f"{value:z.{DIGITS}f}"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A header and rows, with Unix line ends."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return text.getvalue()


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as a CSV file."""
    write_text(path, csv_text(columns, rows))


def write_figures(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as a CSV file, its figures in the digits of tables, and beside it as JSON, nothing rounded: what is
    made of a figure is made of that one, so that it is rounded once.

    Args:
        path: CSV file; the other is of the same name and ends in `.json`.
        columns: their names.
        rows: cells; figures are floats, not numbers where there are none.
    """
    cells = [list(row) for row in rows]
    write_table(
        path, columns, [[score_cell(cell) if isinstance(cell, float) else cell for cell in row] for row in cells]
    )
    unrounded = [[None if isinstance(cell, float) and math.isnan(cell) else cell for cell in row] for row in cells]
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in unrounded)
    write_text(path.with_suffix(".json"), "[\n" + ",\n".join(lines) + "\n]\n")
