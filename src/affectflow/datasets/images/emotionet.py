"""EmotioNet on disk: a table of action units, or of 6 basic and 10 compound expressions, without splits."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from affectflow.config.data.images import EmotioNetImages
from affectflow.core.compound import EMOTIONET
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.images.rows import number, read_stills, table_rows, whole
from affectflow.datasets.images.stills import Annotation, Split, Still, find_one, hashed_part, hashed_split

_LISTS = {"units": "EmotioNet_FACS*.csv", "classes": "URLsWithEmotionCat*.csv"}
_UNITS = track_of("au", "union17").targets
_UNIT = re.compile(r"au_?0*([1-9][0-9]*)")
_UNKNOWN = 999
_UNIT_VALUES = "1, 0, or 999 or nothing if not annotated"
_NAME, _AROUND = "picture", " \t'\""


def emotionet_labels(corpus: EmotioNetImages) -> Path:
    """The list that annotates both splits.

    Raises:
        InputError: it or the folder of faces is not there, or several fit; says what was looked for.
    """
    if not (corpus.root / corpus.faces).is_dir():
        state = "holds no" if corpus.root.is_dir() else "no such folder; expected in it"
        raise InputError(
            f"{corpus.root}: {state} {corpus.faces}/, expected the faces, cut out of the pictures, in it; the setting "
            "faces can name another folder"
        )
    if corpus.labels is None:
        pattern = _LISTS[corpus.annotations]
        return find_one(
            corpus.root, (pattern,), f"{pattern}, the workbook saved as CSV; the setting labels can name another"
        )
    if not (corpus.root / corpus.labels).is_file():
        raise InputError(f"{corpus.root / corpus.labels}: no such file; the setting labels names it")
    return corpus.root / corpus.labels


def read_emotionet(corpus: EmotioNetImages, split: Split) -> list[Still]:
    """The pictures of a split by their table, in its order; the split is that of the file's name (`hashed_split`).

    The first column is a picture's address or file, of which the last folder and the name count. Of `units`, the
    columns `AU 1` … are 1, 0, or 999 or empty for "not annotated"; those of edition `union17` are read. Of `classes`,
    16 columns are 1 or 0; a picture that is not of exactly one class is not annotated. Case, spaces, underscores and
    quotes of column names do not count; rows without any text are none. A face is `<faces>/<folder>/<name>`, or
    `<faces>/<name>` where none of the list's folders is there.

    Raises:
        InputError: no table, another header, or bad rows that are, or may be, of the split; names the first of them by
            line.
    """
    labels, folder = emotionet_labels(corpus), corpus.root / corpus.faces
    annotation, columns = (_units, _unit_columns) if corpus.annotations == "units" else (_classes, _class_columns)
    lines = [line for line in table_rows(labels, columns) if any(text.strip() for text in line.row.values())]

    def make_still(row: Mapping[str, str]) -> Still:
        name = _name(row[_NAME])
        return Still(name.as_posix(), folder / name, annotation(row), "whole")

    def in_split(row: Mapping[str, str]) -> bool:
        return hashed_split(_name(row[_NAME]).name, corpus.validation_share) == split

    all_stills = _locate(read_stills(labels, lines, make_still, in_split), folder)
    return hashed_part(all_stills, split, corpus.validation_share, labels)


def _unit_columns(header: list[str]) -> list[str]:
    names = [f"au{match[1]}" if (match := _UNIT.fullmatch(_normalize(name))) else "" for name in header]
    return _columns(header, names, [name for name in names if name in _UNITS] or ["AU 1"])


def _class_columns(header: list[str]) -> list[str]:
    return _columns(header, [_normalize(name) for name in header], list(EMOTIONET))


def _normalize(name: str) -> str:
    return re.sub(r"[\s_]+", "_", name.strip(_AROUND).lower())


def _columns(header: list[str], names: list[str], required: list[str]) -> list[str]:
    """Names of all columns, those that are not wanted by number."""
    if missing := [name for name in required if name not in names[1:]]:
        raise ValueError(f"lacks the column(s) {', '.join(missing)}; found {','.join(header)[:200]!r}")
    if duplicates := [name for name in required if names[1:].count(name) > 1]:
        raise ValueError(f"has the column(s) {', '.join(duplicates)} twice")
    return [_NAME, *(name if name in required else str(index) for index, name in enumerate(names[1:], start=1))]


def _name(text: str) -> PurePosixPath:
    parts = [part for part in PurePosixPath(text.strip(_AROUND).replace("\\", "/")).parts if part != "/"]
    if not parts or ".." in parts[-2:]:
        raise ValueError(f"the first column is {text!r}, expected the address or file of a picture")
    return PurePosixPath(*parts[-2:])


def _units(row: Mapping[str, str]) -> Annotation:
    units = {}
    for unit in _UNITS:
        text = row.get(unit, "").strip()
        value = number(unit, text, _UNIT_VALUES) if text else _UNKNOWN
        if value not in (0, 1, _UNKNOWN):
            raise ValueError(f"{unit} is {text}, expected {_UNIT_VALUES}")
        if value != _UNKNOWN:
            units[unit] = int(value)
    return Annotation(units=units)


def _classes(row: Mapping[str, str]) -> Annotation:
    classes = [index for index, name in enumerate(EMOTIONET) if whole(name, row[name], 0, 1)]
    return Annotation(compound=classes[0] if len(classes) == 1 else None)


def _locate(stills: list[Still], folder: Path) -> list[Still]:
    """The faces where they lie: in the folders of the list, or all in one."""
    with os.scandir(folder) as entries:
        entry_names = {entry.name for entry in entries}
    nested = {PurePosixPath(still.name).parent.name for still in stills} & entry_names
    if not nested:
        return [replace(still, path=folder / still.path.name) for still in stills]
    if loose := {still.path.name for still in stills if still.path.parent != folder} & entry_names:
        raise InputError(
            f"{folder}: holds faces in folders ({min(nested)}/) and beside them ({min(loose)}), expected one of both"
        )
    return stills
