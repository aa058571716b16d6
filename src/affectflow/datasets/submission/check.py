"""Every way in which a prediction file would be refused."""

import csv
import re
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.submission.check_rows import compare_rows, key
from affectflow.datasets.submission.problems import Problems
from affectflow.datasets.submission.sample import IMAGE, Sample
from affectflow.datasets.video.values import fault, value_range

_NOTHING = "(?!)"
"""A pattern that nothing matches."""


def check_submission(path: Path, sample: Sample, track: Track) -> Problems:
    """Compare a prediction file (ABAW5), or a folder of one file a subject (ABAW2), with the official sample.

    Memory grows by about 50 bytes a row.

    Args:
        path: the file or folder.
        sample: every row that there must be, in its order; for a folder, how many each subject has.
        track: what is predicted.

    Raises:
        InputError: the file or folder cannot be read.
    """
    problems = Problems()
    try:
        (_check_folder if path.is_dir() else _check_images)(path, sample, track, problems)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected a prediction file or a folder"
        ) from error
    return problems


def _check_images(path: Path, sample: Sample, track: Track, problems: Problems) -> None:
    usual_values = _usual_values(track)
    codes = {subject: code for code, subject in enumerate(sample.subjects)}
    keys, line_numbers = array("q"), array("q")
    lines = numbered_lines(path, "", problems)
    check_first_line(lines, "", sample.header, problems)
    for number, line in lines:
        image, comma, values = _unquoted(line) if line.startswith('"') else line.partition(",")
        if not usual_values.fullmatch(values):
            _explain(f"line {number}", line, values.split(",") if comma else [], track, problems)
        if match := IMAGE.fullmatch(image):
            keys.append(key(codes.setdefault(match["subject"], len(codes)), int(match["number"])))
            line_numbers.append(number)
        elif line.strip():
            problems.add("images", f"line {number}: found {image!r}, expected one such as 'video1/00001.jpg'")
    compare_rows(np.asarray(keys), np.asarray(line_numbers), list(codes), sample, problems)


def _check_folder(folder: Path, sample: Sample, track: Track, problems: Problems) -> None:
    usual_values = _usual_values(track)
    counts = np.bincount(sample.codes).tolist()
    expected = {f"{subject}.txt": count for subject, count in zip(sample.subjects, counts, strict=True)}
    present = {path.name for path in folder.iterdir()}
    for name in sorted(present - expected.keys()):
        problems.add("files", f"{name} is of no subject of the sample")
    for name, count in expected.items():
        if name not in present:
            problems.add("files", f"{name} is missing")
            continue
        rows = 0
        lines = numbered_lines(folder / name, f"{name}, ", problems)
        check_first_line(lines, f"{name}, ", track.header, problems)
        for number, line in lines:
            rows += 1
            if not usual_values.fullmatch(line):
                _explain(f"{name}, line {number}", line, line.split(","), track, problems)
        if rows != count:
            problems.add("rows", f"{name}: {rows} rows, expected {count}")


def numbered_lines(path: Path, where: str, problems: Problems) -> Iterator[tuple[int, str]]:
    """Number and text of each line; Windows line ends are harmless."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, raw in enumerate(file, start=1):
            line = raw.removesuffix("\n").removesuffix("\r")
            if not line.isascii() and not _is_text(line):
                problems.add("encoding", f"{where}line {number}: is not UTF-8 text")
            if number == 1 and line.startswith("\ufeff"):
                problems.add("encoding", f"{where}line 1: starts with a byte order mark; save it without one")
                line = line.removeprefix("\ufeff")
            if "\r" in line:
                problems.add("line ends", f"{where}line {number}: a carriage return within the line")
            yield number, line


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_first_line(
    lines: Iterator[tuple[int, str]], where: str, expected: tuple[str, ...], problems: Problems
) -> None:
    """Note a header that is not the expected one; it is taken from `lines`."""
    _, header = next(lines, (1, ""))
    if tuple(name.strip() for name in header.split(",")) != expected:
        problems.add("header", f"{where}line 1: found {header!r}, expected {','.join(expected)!r}")


def _usual_values(track: Track) -> re.Pattern[str]:
    """What the values of a usual row look like; others are looked at one by one."""
    low, high = value_range(track)
    value = f"[0-{high:.0f}]"
    if track.continuous:
        sign = "-?" if low == -1 else ""
        value = rf"{sign}(?:0(?:\.[0-9]+)?|1(?:\.0+)?)" if high == 1 and low in (-1, 0) else _NOTHING
    return re.compile(",".join([value] * len(track.targets)))


def _explain(where: str, line: str, fields: list[str], track: Track, problems: Problems) -> None:
    if not line.strip():
        problems.add("empty lines", f"{where}: is empty")
        return
    if len(fields) != len(track.targets):
        expected = f"expected {len(track.targets)}: {','.join(track.targets)}"
        problems.add("columns", f"{where}: found {len(fields)} value(s) ({line!r}), {expected}")
        return
    for name, value in zip(track.targets, fields, strict=True):
        if problem := fault(name, value, track):
            problems.add("values", f"{where}: {problem}")


def _unquoted(line: str) -> tuple[str, str, str]:
    """As `line.partition(",")`, for a line whose image is quoted."""
    try:
        image, *values = next(csv.reader([line]))
    except csv.Error:  # an endless field
        return line, "", ""
    return image, "," if values else "", ",".join(values)
