"""AffectNet's first release: a list of all pictures of a split, with face boxes."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from affectflow.core.errors import InputError
from affectflow.datasets.images.affectnet_values import annotation
from affectflow.datasets.images.rows import table_rows
from affectflow.datasets.images.stills import Box, Still
from affectflow.datasets.problems import refuse

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
    for line in table_rows(labels, _columns):
        row = line.row
        try:
            if line.fault:
                raise ValueError(line.fault)
            name = _relative(row[_NAME])
            label = annotation(*(row[key] for key in _VALUES))
            stills.append(Still(name, pictures / name, label, _box(row)))
        except ValueError as error:
            problems.append(f"{labels}, line {line.number}: {error}")
    refuse(problems)
    if not stills:
        raise InputError(f"{labels}: has a header and no rows, expected one a picture")
    return stills


def _columns(header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    if missing := [name for name in (_NAME, *_BOX, *_VALUES) if name not in names]:
        raise ValueError(f"lacks the column(s) {', '.join(missing)}; found {','.join(names)[:200]!r}")
    return names


def _relative(text: str) -> str:
    name = PurePosixPath(text.strip().replace("\\", "/"))
    if not text.strip() or name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{_NAME} is {text!r}, expected <folder>/<file> below the folder of pictures")
    return name.as_posix()


def _box(row: Mapping[str, str]) -> Box | None:
    try:
        left, top, width, height = (float(row[key]) for key in _BOX)
    except ValueError:
        return None
    return (left, top, left + width, top + height) if width > 0 and height > 0 else None
