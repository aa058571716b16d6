"""Official label files of the ABAW challenges: one text file a subject, read strictly."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from affectflow.artifacts.tables import as_array
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.headers import check_header
from affectflow.datasets.video.label_text import read_text
from affectflow.datasets.video.labels import Values
from affectflow.datasets.video.values import fault, value_range


def read_subject(files: Sequence[Path], subject: str, track: Track) -> Values:
    """Annotations of a subject, who has one label file; as `read_labels`."""
    (path,) = files
    return read_labels(path, track)


def read_labels(path: Path, track: Track) -> Values:
    """Annotations of an official label file, shape (rows, targets), NaN where not annotated; row r is of frame r.

    One header line, then one line a frame. Track 1: `valence,arousal`, then two numbers in [-1, 1], or -5 for "not
    annotated"; a row with -5 in either has NaN in both. Track 2: the names of the classes, then the number of one of
    them, or -1. Track 3: the names of the action units, then 0 or 1 for each, or -1, which is of this unit alone: the
    others of the row count. UTF-8 with or without byte order mark, Unix or Windows line ends, empty lines only at
    the end.

    Raises:
        InputError: anything else; names the file and the first line that is wrong, and the edition that would fit
            where the header is another edition's.
    """
    text = read_text(path)
    header, _, body = text.rstrip("\n ").partition("\n")
    if not text.strip():
        raise InputError(f"{path}: is empty, expected the header {','.join(track.header)!r} and one line a frame")
    check_header(path, header, track)
    if not body:
        raise InputError(f"{path}: has a header and no rows, expected one line a frame")
    rows = _parse(body, track)
    if rows is None:
        rows = np.array([_row(f"{path}, line {n}", line, track) for n, line in enumerate(body.split("\n"), start=2)])
    missing = rows == track.missing
    rows[missing.any(axis=1) if track.continuous else missing] = np.nan
    return rows


def _parse(body: str, track: Track) -> Values | None:
    """All rows at once, shape (rows, targets); None where any is not as it must be."""
    # Arrow reads 0x1 as a number.
    if "\r" in body or "x" in body or "X" in body:
        return None
    kind = pa.float64() if track.continuous else pa.int64()
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(body.encode()),
            pa.csv.ReadOptions(column_names=list(track.targets), use_threads=False),
            pa.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(track.targets, kind), null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    rows = np.stack([as_array(table[name]) for name in track.targets], axis=1).astype(np.float64)
    low, high = value_range(track)
    return rows if (((rows >= low) & (rows <= high)) | (rows == track.missing)).all() else None


def _row(where: str, line: str, track: Track) -> tuple[float, ...]:
    """One row, or the reason why it is none."""
    names = track.targets
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != len(names) or not line.strip():
        content = f"{len(fields)} columns" if line.strip() else "an empty line"
        raise InputError(f"{where}: found {content} ({line!r}), expected {len(names)}: {','.join(names)}")
    for name, field in zip(names, fields, strict=True):
        if problem := fault(name, field, track, track.missing):
            raise InputError(f"{where}: {problem}")
    return tuple(map(float, fields))
