"""The official sample prediction file: every row that a submission must have, in its order."""

import csv
import re
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError

IMAGE = re.compile(r"(?P<subject>[^/]+)/(?P<number>[0-9]{5}|[1-9][0-9]{5,8})\.jpg")
"""`<subject>/00001.jpg`: images count from 1 and have five digits or more, nine at most."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of an official sample: row i is image `numbers[i]` (from 1) of `subjects[codes[i]]`."""

    header: tuple[str, ...]
    """Column names, the first of which is `image_location`."""
    subjects: tuple[str, ...]
    """In the order in which they first occur."""
    codes: NDArray[np.int64]
    numbers: NDArray[np.int64]


def read_sample(path: Path) -> Sample:
    """Read an official sample prediction file; values, which it leaves empty, are not looked at.

    Raises:
        InputError: the file is missing, its header does not start with `image_location`, or a row names no
            image (`<subject>/00001.jpg`) or one that an earlier row has named.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the official sample prediction file")
    subject_codes: dict[str, int] = {}
    codes, numbers, line_numbers = array("q"), array("q"), array("q")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = tuple(name.strip() for name in next(reader, []))
            if header[:1] != ("image_location",):
                raise InputError(
                    f"{path}, line 1: found the header {','.join(header)!r}, expected one such as "
                    "'image_location,valence,arousal'"
                )
            for row in filter(None, reader):
                match = IMAGE.fullmatch(row[0])
                if not match or int(match["number"]) < 1:
                    raise InputError(
                        f"{path}, line {reader.line_num}: found {row[0]!r}, expected an image such as "
                        "'video1/00001.jpg'"
                    )
                codes.append(subject_codes.setdefault(match["subject"], len(subject_codes)))
                numbers.append(int(match["number"]))
                line_numbers.append(reader.line_num)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text ({error}); take the organisers' file as it is") from error
    if not codes:
        raise InputError(f"{path}: names no image, expected one row for each that must be predicted")
    sample = Sample(header, tuple(subject_codes), np.asarray(codes), np.asarray(numbers))
    _check_duplicates(path, sample, line_numbers)
    return sample


def _check_duplicates(path: Path, sample: Sample, line_numbers: "array[int]") -> None:
    """Check that no image is named twice; row i stands in line `at[i]`."""
    order = np.lexsort((sample.numbers, sample.codes))
    repeated = (np.diff(sample.codes[order]) == 0) & (np.diff(sample.numbers[order]) == 0)
    if repeated.any():
        row = int(order[1:][repeated].min())
        image = f"{sample.subjects[sample.codes[row]]}/{sample.numbers[row]:05d}.jpg"
        raise InputError(f"{path}, line {line_numbers[row]}: {image} is named a second time; remove one")
