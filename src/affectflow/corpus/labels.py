"""Official label files of valence and arousal: read strictly, and kept in one table."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from affectflow.artifacts.schemas import LABELS
from affectflow.artifacts.tables import write_parquet
from affectflow.errors import InputError

HEADER = ("valence", "arousal")
NOT_ANNOTATED = -5.0
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SHOWN = 20

Values = NDArray[np.float64]


def read_va(path: Path) -> tuple[Values, Values]:
    """Valence and arousal of an official label file, each of shape (rows,); row r belongs to frame r.

    One header line, `valence,arousal`, then one line a frame with two numbers in [-1, 1] or -5 for "not
    annotated". A row with -5 in either has NaN in both. UTF-8 with or without byte order mark, Unix or
    Windows line ends, empty lines only at the end.

    Raises:
        InputError: anything else; names the file and the first line that is wrong.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such label file") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8 text; save it as UTF-8"
        ) from error
    header, _, body = text.rstrip("\n ").partition("\n")
    if not text.strip():
        raise InputError(f"{path}: is empty, expected the header {','.join(HEADER)!r} and one line a frame")
    if tuple(name.strip().lower() for name in header.split(",")) != HEADER:
        raise InputError(f"{path}, line 1: found the header {header!r}, expected {','.join(HEADER)!r}")
    if not body:
        raise InputError(f"{path}: has a header and no rows, expected one line a frame")
    rows = _parse(body)
    if rows is None:
        rows = np.array([_row(path, n, line) for n, line in enumerate(body.split("\n"), start=2)])
    rows[(rows == NOT_ANNOTATED).any(axis=1)] = np.nan
    return rows[:, 0], rows[:, 1]


def labels_table(files: Mapping[str, tuple[str, Path]], out: Path) -> None:
    """Read the label files of a corpus into one table, subjects in alphabetical order.

    Args:
        files: split and label file by subject.
        out: the label table to write.

    Raises:
        InputError: names the first wrong line of each wrong file.
    """
    parts: list[pa.Table] = []
    problems: list[str] = []
    for subject in sorted(files):
        split, path = files[subject]
        try:
            parts.append(_table(subject, split, *read_va(path)))
        except InputError as error:
            problems.append(str(error))
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more label files" if len(problems) > _SHOWN else ""
        raise InputError("\n".join(problems[:_SHOWN]) + more)
    table = pa.concat_tables([LABELS.empty_table(), *parts])
    write_parquet(out, {name: table[name].combine_chunks() for name in LABELS.names}, LABELS)


def _parse(body: str) -> Values | None:
    """All rows at once, shape (rows, 2); None where any is not as it must be."""
    if "\r" in body:
        return None
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(body.encode()),
            pa.csv.ReadOptions(column_names=list(HEADER), use_threads=False),
            pa.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(HEADER, pa.float64()), null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    rows = np.stack([table[name].to_numpy() for name in HEADER], axis=1)
    return rows if ((np.abs(rows) <= 1) | (rows == NOT_ANNOTATED)).all() else None


def _row(path: Path, number: int, line: str) -> tuple[float, float]:
    """One row, or the reason why it is none."""
    where = f"{path}, line {number}"
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != len(HEADER):
        found = f"{len(fields)} columns" if line.strip() else "an empty line"
        raise InputError(f"{where}: found {found} ({line!r}), expected two numbers, {','.join(HEADER)}")
    for name, field in zip(HEADER, fields, strict=True):
        if not _NUMBER.fullmatch(field):
            raise InputError(f"{where}: {name} is {field!r}, expected a number in [-1, 1] or -5")
        if abs(float(field)) > 1 and float(field) != NOT_ANNOTATED:
            raise InputError(f"{where}: {name} is {field}, expected a number in [-1, 1], or -5 if not annotated")
    return float(fields[0]), float(fields[1])


def _table(subject: str, split: str, valence: Values, arousal: Values) -> pa.Table:
    rows = len(valence)
    columns: dict[str, Any] = {
        "subject": pa.repeat(pa.scalar(subject), rows),
        "split": pa.repeat(pa.scalar(split), rows),
        "frame": np.arange(rows, dtype=np.int32),
        "valence": pa.array(valence.astype(np.float32), mask=np.isnan(valence)),
        "arousal": pa.array(arousal.astype(np.float32), mask=np.isnan(arousal)),
    }
    return pa.table(columns, schema=LABELS)
