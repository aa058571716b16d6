"""Label files of BP4D and BP4D+: one table a video, with the occurrence of each coded unit."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.label_text import read_lines
from affectflow.datasets.video.labels import Values

_VALUES = {"0": 0.0, "1": 1.0, "9": np.nan}


def read_subject(files: Sequence[Path], subject: str, track: Track, first_frame: int) -> Values:
    """Whether each unit is shown, shape (rows, units), up to the last coded frame; frames between are NaN.

    The first line holds the numbers of the coded units after a first field that does not count; each other line a
    frame's number, ascending, and 0, 1 or 9 (unknown) for each. `first_frame` is the number of a video's first frame.

    Raises:
        InputError: anything else, or a unit of the track is not coded.
    """
    (path,) = files
    (_, header), *lines = read_lines(path)
    units = [field.strip() for field in header.split(",")[1:]]
    required = [name.removeprefix("au") for name in track.targets]
    if missing := [unit for unit in required if unit not in units]:
        raise InputError(f"{path}, line 1: found the header {header!r}, which lacks unit(s) {', '.join(missing)}")
    if not lines:
        raise InputError(f"{path}: has a header and no rows, expected one line a coded frame")
    columns = [units.index(unit) for unit in required]
    rows: dict[int, list[float]] = {}
    last = first_frame - 1
    for number, line in lines:
        frame, values = _row(f"{path}, line {number}", line, len(units))
        if frame <= last:
            raise InputError(f"{path}, line {number}: frame {frame}, expected them ascending, from {first_frame} on")
        rows[frame], last = [values[column] for column in columns], frame
    table = np.full((last - first_frame + 1, len(required)), np.nan)
    table[np.array([*rows]) - first_frame] = [*rows.values()]
    return table


def _row(where: str, line: str, units: int) -> tuple[int, list[float]]:
    frame, *fields = [field.strip() for field in line.split(",")]
    if not (frame.isascii() and frame.isdigit()) or len(fields) != units:
        raise InputError(f"{where}: found {line!r}, expected a frame's number and {units} values")
    for field in fields:
        if field not in _VALUES:
            raise InputError(f"{where}: found {field!r}, expected 0, 1, or 9 if unknown")
    return int(frame), [_VALUES[field] for field in fields]
