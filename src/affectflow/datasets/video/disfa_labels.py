"""Label files of DISFA: one a unit, with the intensity of every frame."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.label_text import read_lines
from affectflow.datasets.video.labels import Values

_LINE = re.compile(r"([0-9]+)\s*,\s*([0-5])")


def read_subject(files: Sequence[Path], subject: str, track: Track, active: int) -> Values:
    """Whether each unit is shown, shape (rows, units): 1 from the intensity `active` on.

    The lines of a file are `frame,intensity`, frames from 1 on without a gap, intensities from 0 to 5.

    Raises:
        InputError: a line is anything else, or the files differ in their number of lines.
    """
    columns = [_intensities(path) for path in files]
    for path, column in zip(files, columns, strict=True):
        if len(column) != len(columns[0]):
            raise InputError(
                f"{path}: has {len(column)} lines, {files[0]} {len(columns[0])}; expected one a frame in both"
            )
    return (active <= np.array(columns, np.float64).T).astype(np.float64)


def _intensities(path: Path) -> list[int]:
    values = []
    for number, line in read_lines(path):
        match = _LINE.fullmatch(line.strip())
        if not match or int(match[1]) != number:
            raise InputError(f"{path}, line {number}: found {line!r}, expected {number},<intensity from 0 to 5>")
        values.append(int(match[2]))
    return values
