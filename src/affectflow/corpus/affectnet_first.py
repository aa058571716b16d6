"""AffectNet's first release: a list of all pictures of a split, with face boxes."""

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from affectflow.corpus.affectnet import Box, Still, annotation, refuse
from affectflow.errors import InputError

_NAME, _BOX, _VALUES = (
    "subDirectory_filePath",
    ("face_x", "face_y", "face_width", "face_height"),
    ("expression", "valence", "arousal"),
)


def read_first(labels: Path, pictures: Path) -> list[Still]:
    """The pictures of a list, in its order.

    Its header is `subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,
    arousal`; other columns may stand beside those that are read (all but the landmarks). A face box that is no four
    numbers, or has no area, is none.

    Raises:
        InputError: no list, another header, or bad rows; names the first of them by line.
    """
    stills, problems = [], []
    for line, row in _rows(labels):
        try:
            name = _relative(row[_NAME])
            known = annotation(*(row[key] for key in _VALUES))
            stills.append(Still(name, pictures / name, known, _box(row)))
        except ValueError as error:
            problems.append(f"{labels}, line {line}: {error}")
    refuse(problems)
    if not stills:
        raise InputError(f"{labels}: has a header and no rows, expected one a picture")
    return stills


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, strict=True)
        try:
            header = [name.strip() for name in next(lines, [])]
            wanted = (_NAME, *_BOX, *_VALUES)
            if lacking := [name for name in wanted if name not in header]:
                raise InputError(
                    f"{path}, line 1: lacks the column(s) {', '.join(lacking)}; found {','.join(header)[:200]!r}"
                )
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


def _relative(text: str) -> str:
    name = PurePosixPath(text.strip().replace("\\", "/"))
    if not text.strip() or name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{_NAME} is {text!r}, expected <folder>/<file> below the folder of pictures")
    return name.as_posix()


def _box(row: dict[str, str]) -> Box | None:
    try:
        left, top, width, height = (float(row[key]) for key in _BOX)
    except ValueError:
        return None
    return (left, top, left + width, top + height) if width > 0 and height > 0 else None
