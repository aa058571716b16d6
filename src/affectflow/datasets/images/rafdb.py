"""RAF-DB on disk, basic and compound: one list for both splits, and what its numbers mean here."""

import re
from pathlib import Path

from affectflow.config.data.images import RafDbCompoundImages, RafDbImages
from affectflow.core.compound import RAFDB
from affectflow.core.errors import InputError
from affectflow.datasets.images.rows import list_rows, number, read_stills, whole
from affectflow.datasets.images.stills import Annotation, Box, Split, Still, find_one
from affectflow.datasets.problems import refuse

EXPRESSIONS = (6, 3, 2, 4, 5, 1, 0)
"""Number of a class in the order of Aff-Wild2, by RAF-DB's less one: surprise, fear, disgust, happiness, sadness,
anger, neutral."""

_LIST = "EmoLabel/list_patition_label.txt"  # spelt so by the corpus
_NAME = re.compile(r"(train|test)_[0-9]+\.jpg")
_EXPECTED = "found {!r}, expected a picture and its class, such as train_00001.jpg 5"
_FACES = {"aligned": "Image/aligned", "original": "Image/original"}
_BOXES = "Annotation/boundingbox"
_PREFIX = {"train": "train_", "validation": "test_"}

RafDb = RafDbImages | RafDbCompoundImages


def rafdb_labels(corpus: RafDb) -> Path:
    """The list of a subset, which lies in the corpus's folder or in that of the subset below it.

    Raises:
        InputError: it is not there, or twice; or the folder of the pictures or of their boxes is not.
    """
    subset = "basic" if isinstance(corpus, RafDbImages) else "compound"
    labels = find_one(corpus.root, (_LIST, f"{subset}/{_LIST}"), f"{_LIST} or {subset}/{_LIST}")
    for folder in (_FACES[corpus.faces], *([_BOXES] if corpus.faces == "original" else [])):
        if not (labels.parents[1] / folder).is_dir():
            raise InputError(f"{labels.parents[1]}: holds no {folder}/, expected it beside {_LIST}")
    return labels


def read_rafdb(corpus: RafDb, split: Split) -> list[Still]:
    """The pictures of a split by their list, in its order; the corpus's test set is the validation split.

    A line is `train_00001.jpg 5`: the picture, which names its split, and its class from 1. The aligned face is
    `Image/aligned/train_00001_aligned.jpg`; the picture `Image/original/train_00001.jpg`, with its box in
    `Annotation/boundingbox/train_00001_boundingbox.txt` (left, top, right, bottom). A picture without that file, or
    with a box without area, has no box.

    Raises:
        InputError: no list, bad lines in it that are, or may be, of the split, or bad boxes; names the first of them.
    """
    labels = rafdb_labels(corpus)
    folder, aligned = labels.parents[1] / _FACES[corpus.faces], corpus.faces == "aligned"

    def make_still(fields: list[str]) -> Still:
        name = _picture(fields)
        if len(fields) != 2:
            raise ValueError(_EXPECTED.format(" ".join(fields)))
        file = f"{name.removesuffix('.jpg')}_aligned.jpg" if aligned else name
        return Still(name, folder / file, _annotation(corpus, fields[1]), "whole")

    all_stills = read_stills(
        labels, list_rows(labels), make_still, lambda fields: _picture(fields).startswith(_PREFIX[split])
    )
    stills = [still for still in all_stills if still.name.startswith(_PREFIX[split])]
    if not stills:
        raise InputError(f"{labels}: names no picture {_PREFIX[split]}<number>.jpg, expected them in this one list")
    return stills if aligned else _with_boxes(stills, labels.parents[1] / _BOXES)


def _picture(fields: list[str]) -> str:
    if not fields or not _NAME.fullmatch(fields[0]):
        raise ValueError(_EXPECTED.format(" ".join(fields)))
    return fields[0]


def _annotation(corpus: RafDb, text: str) -> Annotation:
    if isinstance(corpus, RafDbImages):
        return Annotation(expression=EXPRESSIONS[whole("class", text, 1, len(EXPRESSIONS)) - 1])
    return Annotation(compound=whole("class", text, 1, len(RAFDB)) - 1)


def _with_boxes(stills: list[Still], folder: Path) -> list[Still]:
    boxed, problems = [], []
    for still in stills:
        path = folder / f"{still.name.removesuffix('.jpg')}_boundingbox.txt"
        try:
            boxed.append(Still(still.name, still.path, still.annotation, _box(path), still.repeated))
        except ValueError as error:
            problems.append(f"{path}: {error}")
    refuse(problems)
    return boxed


def _box(path: Path) -> Box | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    expected = "four numbers: left, top, right, bottom"
    numbers = [number("the box", part, expected) for part in text.split()]
    if len(numbers) != 4:
        raise ValueError(f"found {len(numbers)} numbers, expected {expected}")
    left, top, right, bottom = numbers
    return (left, top, right, bottom) if right > left and bottom > top else None
