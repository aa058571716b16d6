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
"""What a line holds, told from its fields and its number."""
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
class Felt:
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

    def rows(names: Sequence[str], clip: int) -> ReadRow[Entry]:
        if len(names) < 2:
            raise ValueError(f"found {len(names)} column(s), expected the clip ({FILE_ID}), then its split")
        place = next((place for place, name in enumerate(names) if name in _NAMED), 1)

        def entry(fields: Sequence[str], line: int) -> Entry:
            split = _SPLITS.get(fields[place].lower())
            if split is None:
                raise ValueError(f"split is {fields[place]!r}, expected train, val (devel, validation) or test")
            return Entry(fields[clip], split, line)

        return entry

    return _read(path, rows)


def read_intensities(path: Path) -> dict[str, Felt]:
    """What every clip of the table of labels is annotated with, by its name without brackets, in the table's order.

    A header with `File_ID` and the seven reactions, then a line a clip: its name, with or without brackets, and seven
    numbers in [0, 1] of which the largest is 1, or seven empty fields (or `nan`) for "no labels". Columns are told by
    their names, in which capital letters, spaces and hyphens do not count; others are not read. A line that is wrong,
    or names a clip again, is the fault of its clip: whether that matters is for those to say who use the clip.

    Raises:
        InputError: another header, or lines that name no clip; names the file and the first of them.
    """

    def rows(names: Sequence[str], clip: int) -> ReadRow[Felt]:
        wanted = {name: _plain(name) for name in (FILE_ID, *ERI.header)}
        if lacking := [name for name, plain in wanted.items() if plain not in names]:
            raise ValueError(f"the header lacks {', '.join(lacking)}; expected {','.join(wanted)}")
        if twice := [name for name, plain in wanted.items() if names.count(plain) > 1]:
            raise ValueError(f"the header names {', '.join(twice)} twice; remove one")
        places = [names.index(wanted[name]) for name in ERI.header]

        def felt(fields: Sequence[str], line: int) -> Felt:
            found = [fields[place] for place in places]
            if all(field.lower() in _MISSING for field in found):
                return Felt(None, line)
            for name, field in zip(ERI.header, found, strict=True):
                if wrong := fault(name, field, ERI):
                    raise ValueError(wrong)
            values = tuple(map(float, found))
            if abs(max(values) - 1) > _ROUNDING:
                raise ValueError(f"the largest intensity is {max(values):g}, expected 1: all are relative to it")
            return Felt(values, line)

        return felt

    return _read(path, rows, lambda line, fault: Felt(None, line, fault))


def read_clip(files: Sequence[Path], subject: str, track: Track) -> Values:
    """The intensities of a clip's reactions, shape (1, 7); see `read_intensities`.

    Raises:
        InputError: the table or the clip's line is wrong, or there are no labels of the clip.
    """
    (path,) = files
    found = _once(path).get(subject)
    if found is not None and found.fault:
        raise InputError(found.fault)
    if found is None or found.intensities is None:
        raise InputError(f"{path}: has no labels of clip {subject}")
    return np.array([found.intensities])


@cache  # a job reads its clips one by one, and refuses a file that is changed meanwhile
def _once(path: Path) -> Mapping[str, Felt]:
    return read_intensities(path)


def _read(
    path: Path,
    rows: Callable[[Sequence[str], int], ReadRow[Row]],
    faulty: Callable[[int, str], Row] | None = None,
) -> dict[str, Row]:
    """The rows of a table by clip.

    Args:
        path: a CSV file with a header.
        rows: how its lines are read, told from the names of its columns, which are `_plain`, and the place of the
            clip's among them; ValueError, in words, where the header or a line is wrong.
        faulty: what stands for a clip whose line, of this number, is wrong in this way; where not given, every wrong
            line is an InputError.
    """
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    found: dict[str, Row] = {}
    first: dict[str, int] = {}
    problems: list[str] = []
    try:
        names = [_plain(name) for name in next(lines, [])]
        place = names.index(_plain(FILE_ID)) if _plain(FILE_ID) in names else 0
        try:
            read = rows(names, place)
        except ValueError as error:
            raise InputError(f"{path}, line 1: {error}") from error
        for row in lines:
            fields, number = [field.strip() for field in row], lines.line_num
            if not any(fields):
                continue
            clip = None
            try:
                clip = _clip(fields[place] if place < len(fields) else "")
                if len(fields) != len(names):
                    raise ValueError(f"found {len(fields)} columns ({','.join(row)!r}), expected {len(names)}")
                if first.setdefault(clip, number) != number:
                    raise ValueError(f"clip {clip} stands in line {first[clip]} already; remove one")
                found[clip] = read(fields, number)
            except ValueError as error:
                wrong = f"{path}, line {number}: {error}"
                if clip is None or faulty is None:
                    problems.append(wrong)
                else:
                    found[clip] = faulty(number, wrong)
    except csv.Error as error:
        raise InputError(f"{path}, line {lines.line_num}: {error}") from error
    refuse(problems)
    if not found:
        raise InputError(f"{path}: has a header and no rows, expected one line a clip")
    return found


def _clip(written: str) -> str:
    match = _ID.fullmatch(written)
    if match is None or written.startswith("[") != written.endswith("]"):
        raise ValueError(f"found the clip {written!r}, expected letters, digits, '_', '-' and '.', such as '[00001]'")
    return match[1]


def _plain(name: str) -> str:
    """A column's name as it is compared."""
    return re.sub(r"[\s_-]", "", name).lower()
