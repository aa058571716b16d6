"""Every cell of every table of results of a finished folder, traced; and altered digits found."""

import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from affectflow.artifacts.record import SUFFIX
from affectflow.lineage.chain import Chain
from affectflow.report.trace.remade import Remade
from affectflow.report.trace.table_cells import read_cells
from affectflow.report.trace.table_trace import Tables
from affectflow.report.trace.traced import describe_cell, traced_cell

_PREDICTIONS = "results/test_track"
"""Tables of predictions are traced by subject and frame."""


def tables_of(folder: Path) -> list[str]:
    """Tables of results that lie in a folder, but those of predictions."""
    files = (path for path in (folder / "results").iterdir() if path.suffix in (".csv", ".json"))
    names = sorted(path.relative_to(folder).as_posix() for path in files if not path.name.endswith(SUFFIX))
    return [name for name in names if not name.startswith(_PREDICTIONS)]


def check_every_cell(folder: Path) -> dict[str, Counter[str]]:
    """Trace all cells; how many of each kind every table has."""
    counts = {}
    with Remade(Chain(folder)) as remade:
        tables = Tables(remade)
        for table in tables_of(folder):
            kinds: Counter[str] = Counter()
            written, computed = tables.cells(table)
            assert written.keys() == computed.keys(), table
            for row, columns in read_cells(folder / table).items():
                assert columns.keys() == computed[row].keys(), (table, row)
                for column, cell in columns.items():
                    trace = traced_cell(tables, table, row, column)
                    assert (trace.written, trace.agrees) == (cell, True), trace
                    assert any(", the same" in line for line in describe_cell(tables, trace)), trace
                    kinds[trace.kind] += 1
            counts[table] = kinds
    return counts


def check_altered_cells(folder: Path) -> int:
    """Change every figure of every table, see that its trace says so, and put the table back; how many."""
    changed = 0
    for table in tables_of(folder):
        path = folder / table
        before, status = path.read_bytes(), path.stat()
        path.write_text(_alter(path))
        try:
            changed += _count_detected(folder, table)
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return changed


def _count_detected(folder: Path, table: str) -> int:
    changed = 0
    with Remade(Chain(folder)) as remade:
        tables = Tables(remade)
        written, computed = tables.cells(table)
        for row in written.keys() & computed.keys():
            for column, cell in written[row].items():
                if cell != computed[row][column]:
                    assert not traced_cell(tables, table, row, column).agrees, (table, row, column)
                    changed += 1
        assert changed, table
    return changed


def _alter(path: Path) -> str:
    """A table with another last digit in every number that names no row."""
    if path.suffix == ".json":
        return json.dumps(_increment(json.loads(path.read_text())))
    columns, *rows = csv.reader(path.read_text().splitlines(keepends=True))
    keys = {"frame", "epoch", "run", "method", "row", "subject"}
    lines = [columns, *([cell if name in keys else _change_digit(cell) for name, cell in zip(columns, row, strict=True)]
                        for row in rows)]  # fmt: skip
    with path.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(lines)
    return path.read_text()


def _change_digit(cell: str) -> str:
    return cell[:-1] + str((int(cell[-1]) + 1) % 10) if cell[-1:].isdigit() else cell


def _increment(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _increment(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_increment(item) for item in value]
    return value + 1 if isinstance(value, int | float) and not isinstance(value, bool) else value
