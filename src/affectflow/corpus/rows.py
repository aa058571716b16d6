"""Lists of still pictures, read strictly: one a line, with what is annotated of it."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from affectflow.corpus.stills import Still, refuse
from affectflow.errors import InputError

Row = TypeVar("Row")

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def list_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each line of a list without header, whose fields stand between spaces.

    UTF-8 with or without byte order mark, Unix or Windows line ends, empty lines only at the end.

    Raises:
        InputError: no text, or nothing in it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    if lines == [""]:
        raise InputError(f"{path}: is empty, expected a line a picture")
    yield from enumerate((line.split() for line in lines), start=1)


def table_rows(path: Path, columns: Callable[[list[str]], list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and fields by column of each row of a CSV table.

    Args:
        path: the table, UTF-8 with or without byte order mark.
        columns: gives each column of the header its name; ValueError, in words, where one is lacking.

    Raises:
        InputError: another header, rows of another length, or no such table; names the line.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, strict=True)
        try:
            names = next(lines, [])
            try:
                header = columns(names)
            except ValueError as error:
                raise InputError(f"{path}, line 1: {error}") from error
            for fields in lines:
                if len(fields) != len(header):
                    raise InputError(
                        f"{path}, line {lines.line_num}: found {len(fields)} columns, expected {len(header)}"
                    )
                yield lines.line_num, dict(zip(header, fields, strict=True))
        except csv.Error as error:
            raise InputError(f"{path}, line {lines.line_num}: no row of a CSV table: {error}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}, after line {lines.line_num}: not UTF-8 text; save it as UTF-8") from error


def read_stills(path: Path, rows: Iterable[tuple[int, Row]], still: Callable[[Row], Still]) -> list[Still]:
    """The picture of each row of a list, in its order; one that the list has before is `repeated`.

    Args:
        path: the list, for messages.
        rows: numbers of its lines, and what they hold.
        still: the picture of a row; ValueError, in words, where the row is bad.

    Raises:
        InputError: bad rows, or a picture with two labels or boxes; names the first of them by line.
    """
    first: dict[str, tuple[int, Still]] = {}
    stills, problems = [], []
    for line, row in rows:
        try:
            found = still(row)
            before, same = first.setdefault(found.name, (line, found))
            if same != found:
                raise ValueError(f"{found.name} has another label or box in line {before}; correct or remove one")
            stills.append(found if before == line else replace(found, repeated=True))
        except ValueError as error:
            problems.append(f"{path}, line {line}: {error}")
    refuse(problems)
    return stills


def number(name: str, text: str, expected: str) -> float:
    """A finite number; ValueError, in words, for anything else."""
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{name} is {text!r}, expected {expected}")
    return float(text)


def whole(name: str, text: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`; ValueError, in words, for anything else."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and low <= int(digits) <= high):
        raise ValueError(f"{name} is {text!r}, expected a whole number from {low} to {high}")
    return int(digits)
