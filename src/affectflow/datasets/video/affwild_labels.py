"""Label files of Aff-Wild: a file of valence and one of arousal, one number a line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.label_text import read_lines
from affectflow.datasets.video.labels import Values
from affectflow.datasets.video.values import fault


def read_subject(files: Sequence[Path], subject: str, track: Track) -> Values:
    """Valence and arousal of a video, shape (rows, 2), in [-1, 1]; line n is of frame n - 1.

    Raises:
        InputError: a line holds anything else, or the files differ in their number of lines.
    """
    columns = [_column(path, name, track) for path, name in zip(files, track.targets, strict=True)]
    if len(columns[0]) != len(columns[1]):
        raise InputError(
            f"{files[0]} and {files[1]}: {len(columns[0])} and {len(columns[1])} lines, expected one a frame in both"
        )
    return np.array(columns, np.float64).T


def _column(path: Path, name: str, track: Track) -> list[float]:
    values = []
    for number, line in read_lines(path):
        if problem := fault(name, line.strip(), track):
            raise InputError(f"{path}, line {number}: {problem}")
        values.append(float(line))
    return values
