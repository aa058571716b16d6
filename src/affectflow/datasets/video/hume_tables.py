"""The tables of Hume-Reaction: the split of every clip, and the intensities of the reactions that its person felt."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, track_of
from affectflow.datasets.problems import refuse
from affectflow.datasets.video.label_text import read_text
from affectflow.datasets.video.labels import Values
from affectflow.datasets.video.values import fault

FILE_ID = "File_ID"
"""Column of the labels that names the clip, `[00001]` or `00001`."""
ERI = track_of("eri")
_ID = re.compile(r"\[?([A-Za-z0-9_][A-Za-z0-9_.-]*)\]?")
_SPLITS = {"train": "train", "val": "validation", "devel": "validation", "validation": "validation", "test": "test"}
_NAMED = ("split", "partition")
_MISSING = frozenset({"", "nan"})
_ROUNDING = 1e-6
"""How far the largest intensity of a clip may be from 1."""

Row = TypeVar("Row")
ReadRow = Callable[[Sequence[str], int], Row]
"""The row of a line, from its fields and its number."""
Intensities = tuple[float, ...]
"""In [0, 1], in the order of the track's targets."""


@dataclass(frozen=True)
class Entry:
    """A clip of the table of splits."""

    written: str
    """Its name as the table has it, with or without brackets."""
    split: str
    line: int


@dataclass(frozen=True)
class ClipAnnotation:
    """A clip of the table of labels."""

    intensities: Intensities | None
    """None where all seven fields are empty, as those of test clips may be, or the line is wrong."""
    line: int
    fault: str = ""
    """What is wrong with the line, in words that name it."""


def read_partition(path: Path) -> dict[str, Entry]:
    """The split of every clip, by its name without brackets, in the table's order.

    A header, then a line a clip: its name, with or without brackets, in the column File_ID, or in the first where there
    is none; its split (`train`; `val`, `devel` or `validation`; `test`; capital letters do not count) in the column
    Split or Partition, or in the second where there is none. Other columns are not read.

    Raises:
        InputError: anything else, or a clip twice; names the file and the first lines that are wrong.
    """

    def make_row_reader(names: Sequence[str], clip: int) -> ReadRow[Entry]:
        if len(names) < 2:
            raise ValueError(f"found {len(names)} column(s), expected the clip ({FILE_ID}), then its split")
        column = next((column for column, name in enumerate(names) if name in _NAMED), 1)

        def read_entry(fields: Sequence[str], line: int) -> Entry:
            split = _SPLITS.get(fields[column].lower())
            if split is None:
                raise ValueError(f"split is {fields[column]!r}, expected train, val (devel, validation) or test")
            return Entry(fields[clip], split, line)

        return read_entry

    return _read(path, make_row_reader)


def read_intensities(path: Path) -> dict[str, ClipAnnotation]:
    """What every clip of the table of labels is annotated with, by its name without brackets, in the table's order.

    A header with `File_ID` and the seven reactions, then a line a clip: its name, with or without brackets, and seven
    numbers in [0, 1] of which the largest is 1, or seven empty fields (or `nan`) for "no labels". Columns are known by
    their names, in which capital letters, spaces and hyphens do not count; others are not read. A line that is wrong,
    or names a clip again, is the fault of its clip: whether that matters is for those to say who use the clip.

    Raises:
        InputError: another header, or lines that name no clip; names the file and the first of them.
    """

    def make_row_reader(names: Sequence[str], clip: int) -> ReadRow[ClipAnnotation]:
        normalized = {name: _normalize(name) for name in (FILE_ID, *ERI.header)}
        if missing := [name for name, key in normalized.items() if key not in names]:
            raise ValueError(f"the header lacks {', '.join(missing)}; expected {','.join(normalized)}")
        if duplicates := [name for name, key in normalized.items() if names.count(key) > 1]:
            raise ValueError(f"the header names {', '.join(duplicates)} twice; remove one")
        columns = [names.index(normalized[name]) for name in ERI.header]

        def read_annotation(fields: Sequence[str], line: int) -> ClipAnnotation:
            texts = [fields[column] for column in columns]
            if all(field.lower() in _MISSING for field in texts):
                return ClipAnnotation(None, line)
            for name, field in zip(ERI.header, texts, strict=True):
                if problem := fault(name, field, ERI):
                    raise ValueError(problem)
            values = tuple(map(float, texts))
            if abs(max(values) - 1) > _ROUNDING:
                raise ValueError(f"the largest intensity is {max(values):g}, expected 1: all are relative to it")
            return ClipAnnotation(values, line)

        return read_annotation

    return _read(path, make_row_reader, lambda line, fault: ClipAnnotation(None, line, fault))


def read_clip(files: Sequence[Path], subject: str, track: Track) -> Values:
    """The intensities of a clip's reactions, shape (1, 7); see `read_intensities`.

    Raises:
        InputError: the table or the clip's line is wrong, or there are no labels of the clip.
    """
    (path,) = files
    annotation = _read_once(path).get(subject)
    if annotation is not None and annotation.fault:
        raise InputError(annotation.fault)
    if annotation is None or annotation.intensities is None:
        raise InputError(f"{path}: has no labels of clip {subject}")
    return np.array([annotation.intensities])


@cache  # a job reads its clips one by one, and refuses a file that is changed meanwhile
def _read_once(path: Path) -> Mapping[str, ClipAnnotation]:
    return read_intensities(path)


def _read(
    path: Path,
    make_row_reader: Callable[[Sequence[str], int], ReadRow[Row]],
    make_faulty_row: Callable[[int, str], Row] | None = None,
) -> dict[str, Row]:
    """The rows of a table by clip.

    Args:
        path: a CSV file with a header.
        make_row_reader: gives the reader of lines from the table's column names, as `_normalize` gives them, and the
            index of the clip's column; it and the reader raise ValueError, in words, where header or line is wrong.
        make_faulty_row: gives the row of a clip whose line is wrong, from the line's number and the message; without
            it every wrong line is an InputError.
    """
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    rows_by_clip: dict[str, Row] = {}
    first_lines: dict[str, int] = {}
    problems: list[str] = []
    try:
        names = [_normalize(name) for name in next(lines, [])]
        column = names.index(_normalize(FILE_ID)) if _normalize(FILE_ID) in names else 0
        try:
            read_row = make_row_reader(names, column)
        except ValueError as error:
            raise InputError(f"{path}, line 1: {error}") from error
        for row in lines:
            fields, number = [field.strip() for field in row], lines.line_num
            if not any(fields):
                continue
            clip = None
            try:
                clip = _parse_clip(fields[column] if column < len(fields) else "")
                if len(fields) != len(names):
                    raise ValueError(f"found {len(fields)} columns ({','.join(row)!r}), expected {len(names)}")
                if first_lines.setdefault(clip, number) != number:
                    raise ValueError(f"clip {clip} stands in line {first_lines[clip]} already; remove one")
                rows_by_clip[clip] = read_row(fields, number)
            except ValueError as error:
                message = f"{path}, line {number}: {error}"
                if clip is None or make_faulty_row is None:
                    problems.append(message)
                else:
                    rows_by_clip[clip] = make_faulty_row(number, message)
    except csv.Error as error:
        raise InputError(f"{path}, line {lines.line_num}: {error}") from error
    refuse(problems)
    if not rows_by_clip:
        raise InputError(f"{path}: has a header and no rows, expected one line a clip")
    return rows_by_clip


def _parse_clip(field: str) -> str:
    match = _ID.fullmatch(field)
    if match is None or field.startswith("[") != field.endswith("]"):
        raise ValueError(f"found the clip {field!r}, expected letters, digits, '_', '-' and '.', such as '[00001]'")
    return match[1]


def _normalize(name: str) -> str:
    """A column's name as it is compared."""
    return re.sub(r"[\s_-]", "", name).lower()
