"""The lists of OMG-Emotion: one line an utterance, with its valence and arousal."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, track_of
from affectflow.datasets.video.label_text import read_text
from affectflow.datasets.video.labels import Values
from affectflow.datasets.video.utterances import Utterance, clip_number, utterance_of
from affectflow.datasets.video.values import fault

PLACE = ("link", "start", "end", "video", "utterance")
"""Columns of every list."""
WHOLE = (*PLACE, "arousal", "valence", "EmotionMaxVote")
"""Columns of a list with labels."""
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHOWN = 20
_VA = track_of("va")

Affect = tuple[float, float]
"""Valence in [-1, 1] and arousal in [0, 1]."""


class Fault(str):
    """What is wrong with the line of an utterance, in words that name it."""


def read_utterance(files: Sequence[Path], subject: str, track: Track) -> Values:
    """Valence and arousal of an utterance, shape (1, 2); see `read_list`.

    Raises:
        InputError: the list or the utterance's line is wrong, or there is no such utterance.
    """
    (path,) = files
    affect = _read_once(path).get(utterance_of(subject))
    if isinstance(affect, Fault):
        raise InputError(affect)
    if affect is None:
        raise InputError(f"{path}: has no utterance {subject}")
    return np.array([affect])


def read_list(path: Path, labelled: bool = True) -> dict[Utterance, Affect | Fault | None]:
    """Valence and arousal of every utterance of a list, in its order.

    A header, then a line an utterance: link, start, end, video, utterance (`utterance_<number>.mp4`) and, but for the
    test split, arousal in [0, 1], valence in [-1, 1] and the number of an emotion. Link, times and emotion are not
    used. A wrong value, or an utterance that is listed again, is a fault of the utterance: whether that matters is for
    those to say who use it.

    Args:
        path: the CSV file.
        labelled: whether it must have labels; where not, they are not read, and every value is None.

    Raises:
        InputError: another header, or lines that name no utterance; names the file and the first of them.
    """
    rows = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    affects: dict[Utterance, Affect | Fault | None] = {}
    lines: dict[Utterance, int] = {}
    problems: list[str] = []
    try:
        columns = _count_columns(path, next(rows, []), labelled)
        for row in rows:
            if not any(field.strip() for field in row):
                continue
            where = f"{path}, line {rows.line_num}"
            fields = [field.strip() for field in row]
            try:
                utterance = _utterance(where, fields)
            except InputError as error:
                problems.append(str(error))
                continue
            is_duplicate = lines.setdefault(utterance, rows.line_num) != rows.line_num
            message = f"{where}: {utterance.subject} stands in line {lines[utterance]} already; remove one"
            affects[utterance] = Fault(message) if is_duplicate else _affect(where, fields, columns, labelled)
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.line_num}: {error}") from error
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more lines" if len(problems) > _SHOWN else ""
        raise InputError("\n".join(problems[:_SHOWN]) + more)
    if not affects:
        raise InputError(f"{path}: has a header and no rows, expected one line an utterance")
    return affects


@cache  # a job reads its utterances one by one, and refuses a file that is changed meanwhile
def _read_once(path: Path) -> Mapping[Utterance, Affect | Fault | None]:
    return read_list(path)


def _count_columns(path: Path, header: Sequence[str], labelled: bool) -> int:
    layouts = [WHOLE] if labelled else [WHOLE, PLACE]
    names = [name.strip().lower() for name in header]
    if names not in [[name.lower() for name in layout] for layout in layouts]:
        expected = " or ".join(repr(",".join(layout)) for layout in layouts)
        raise InputError(f"{path}, line 1: found the header {','.join(header)!r}, expected {expected}")
    return len(names)


def _utterance(where: str, fields: Sequence[str]) -> Utterance:
    if len(fields) < len(PLACE):
        raise InputError(f"{where}: found {len(fields)} columns ({','.join(fields)!r}), expected {len(PLACE)} or more")
    video, name = fields[3:5]
    if not _SAFE.fullmatch(video):
        raise InputError(f"{where}: found the video {video!r}, expected letters, digits, '_', '-' and '.' alone")
    number = clip_number(name)
    if number is None:
        raise InputError(f"{where}: found the utterance {name!r}, expected one such as 'utterance_1.mp4'")
    return Utterance(video, number)


def _affect(where: str, fields: Sequence[str], columns: int, labelled: bool) -> Affect | Fault | None:
    if len(fields) != columns:
        return Fault(f"{where}: found {len(fields)} columns ({','.join(fields)!r}), expected {columns}")
    if not labelled:
        return None
    arousal, valence = fields[5:7]
    if problem := fault("valence", valence, _VA) or fault("arousal", arousal, _VA):
        return Fault(f"{where}: {problem}")
    if float(arousal) < 0:
        return Fault(f"{where}: arousal is {arousal}, expected a number in [0, 1]")
    return float(valence), float(arousal)
