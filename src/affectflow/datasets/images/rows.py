"""Lists of still pictures, read strictly: one a line, with what is annotated of it."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from affectflow.core.errors import InputError
from affectflow.datasets.images.stills import Still
from affectflow.datasets.problems import log_problems, refuse

Row = TypeVar("Row")

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Line(Generic[Row]):
    """A line of a list."""

    number: int
    """From 1."""
    row: Row
    """What it holds: its fields, or its fields by column."""
    fault: str = ""
    """What is wrong with its form, in words; then only some of its columns may be there."""


def list_rows(path: Path) -> Iterator[Line[list[str]]]:
    """The lines of a list without header, whose fields stand between spaces.

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
    yield from (Line(number, line.split()) for number, line in enumerate(lines, start=1))


def table_rows(path: Path, columns: Callable[[list[str]], list[str]]) -> Iterator[Line[dict[str, str]]]:
    """The rows of a CSV table; one of another length than the header has that as its fault.

    Args:
        path: the table, UTF-8 with or without byte order mark.
        columns: gives each column of the header its name; ValueError, in words, where one is lacking.

    Raises:
        InputError: another header, or no such table; names the line.
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
                wrong_length = len(fields) != len(header)
                fault = f"found {len(fields)} columns, expected {len(header)}" if wrong_length else ""
                yield Line(lines.line_num, dict(zip(header, fields, strict=False)), fault)
        except csv.Error as error:
            raise InputError(f"{path}, line {lines.line_num}: no row of a CSV table: {error}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}, after line {lines.line_num}: not UTF-8 text; save it as UTF-8") from error


def read_stills(
    path: Path,
    lines: Iterable[Line[Row]],
    make_still: Callable[[Row], Still],
    in_split: Callable[[Row], bool] = lambda row: True,
) -> list[Still]:
    """The picture of each line of a list, in its order; one that the list has before is `repeated`.

    A line that is wrong, or gives a picture another label or box than a line before it, stops the run where it would be
    used. Where it would not, it is left out, counted and logged.

    Args:
        path: the list, for messages.
        lines: of the list.
        make_still: the picture of a row; ValueError, in words, where the row is bad.
        in_split: whether a row is of the split that is wanted, asked of wrong ones; ValueError or LookupError where it
            does not say of which it is, so that it may be of any.

    Raises:
        InputError: wrong lines that would be used; names the first of them.
    """
    first: dict[tuple[str, Path], tuple[int, Still]] = {}
    stills: list[Still] = []
    problems: dict[bool, list[str]] = {True: [], False: []}
    for line in lines:
        try:
            if line.fault:
                raise ValueError(line.fault)
            still = make_still(line.row)
            first_line, first_still = first.setdefault((still.name, still.path), (line.number, still))
            if first_still != still:
                raise ValueError(f"{still.name} has another label or box in line {first_line}; correct or remove one")
            stills.append(still if first_line == line.number else replace(still, repeated=True))
        except ValueError as error:
            problems[_may_be_in_split(in_split, line.row)].append(f"{path}, line {line.number}: {error}")
    refuse(problems[True])
    log_problems(path, "line(s) of another split are wrong, and are not used", problems[False])
    return stills


def _may_be_in_split(in_split: Callable[[Row], bool], row: Row) -> bool:
    try:
        return in_split(row)
    except (ValueError, LookupError):
        return True


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
