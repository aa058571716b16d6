"""A table as CSV text: the same bytes for the same cells."""

import csv
import io
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
