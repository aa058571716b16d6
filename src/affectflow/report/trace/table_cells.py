"""Cells of a table of results, CSV or JSON, by the row's name and the column's."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from affectflow.core.errors import InputError

Kind = Literal["figure", "paper", "text", "empty"]
"""What a cell holds: a figure or count of ours, a figure copied from a paper, text, nothing."""

JOINT = " / "
"""Between the parts of a row's name."""

# What names a row: the first of these that a table has all columns of.
_NAMES = (
    ("row",),
    ("one", "other", "score"),
    ("branch", "learnt", "images", "track", "score"),
    ("method", "condition"),
    ("method", "run"),
    ("method", "score"),
    ("branch", "epoch"),
    ("subject", "frame"),
    ("method",),
)
_PAPER = re.compile(r"(track\d_)?paper[_ ].*")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?")

Cells = Mapping[str, Mapping[str, str]]
"""By row and column."""


def read_cells(path: Path) -> Cells:
    """Every cell of a table.

    A row of a CSV file, or of a list of such rows as JSON, is called by its method, by method and score, by subject and
    frame and so on, joined by ` / `. In other JSON files the row is the way to a value, and the column its last key; on
    the top level the row is `.`.

    Raises:
        InputError: the file is no such table, or two rows are called alike.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        try:
            values = json.loads(text)
        except ValueError as error:
            raise InputError(f"{path}: not JSON ({error})") from error
        if not isinstance(values, list):
            return _nested(values)
        rows = [{column: _text(value) for column, value in row.items()} for row in values]
    elif path.suffix == ".csv":
        rows = list(csv.DictReader(text.splitlines(keepends=True)))
    else:
        raise InputError(f"{path}: is for readers; trace a cell of {path.with_suffix('.csv')}, which holds the same")
    return _name_rows(path, rows)


def cell_of(path: Path, cells: Cells, row: str, column: str) -> str:
    """A cell; InputError with what there is, where it is not there."""
    if row not in cells or column not in cells[row]:
        columns = ", ".join(cells[row] if row in cells else next(iter(cells.values()), {}))
        rows = [*cells][:20]
        more = f" and {len(cells) - len(rows)} more" if len(cells) > len(rows) else ""
        raise InputError(
            f"{path}: no row {row!r} with a column {column!r}; it has the columns {columns}, and the rows "
            f"{', '.join(map(repr, rows))}{more}"
        )
    return cells[row][column]


def kind_of(column: str, computed: str) -> Kind:
    """What a cell holds."""
    if computed in ("", "null"):
        return "empty"
    if _PAPER.fullmatch(column):
        return "paper"
    return "figure" if _NUMBER.fullmatch(computed) else "text"


def _name_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> Cells:
    columns = rows[0].keys() if rows else {}
    names = next((candidate for candidate in _NAMES if columns and set(candidate) <= set(columns)), None)
    if names is None:
        raise InputError(f"{path}: is no table of results; found the columns {', '.join(columns) or 'none'}")
    cells: dict[str, Mapping[str, str]] = {}
    for row in rows:
        name = JOINT.join(row[column] for column in names)
        if name in cells:
            raise InputError(f"{path}: has two rows {name!r}")
        cells[name] = row
    return cells


def _nested(values: Mapping[str, Any]) -> Cells:
    cells: dict[str, dict[str, str]] = {}
    for keys, value in _leaves(values, ()):
        cells.setdefault(JOINT.join(keys[:-1]) or ".", {})[keys[-1]] = value
    return cells


def _leaves(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(child, (*keys, str(key)))
    else:
        yield keys, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
