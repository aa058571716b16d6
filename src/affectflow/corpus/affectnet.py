"""AffectNet on disk: its two layouts, and what its annotations mean here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectflow.config.images import AffectNetImages
from affectflow.corpus.rows import number
from affectflow.corpus.stills import Annotation, Split
from affectflow.errors import InputError

EXPRESSIONS = (0, 4, 5, 6, 3, 2, 1, 7)
"""Number of a class in the order of Aff-Wild2, by AffectNet's: neutral, happy, sad, surprise, fear, disgust, anger; and
contempt, which takes the place of Other."""

_LISTS = {"train": "training.csv", "validation": "validation.csv"}
_LIST_FOLDERS = (".", "Manually_Annotated_file_lists", "Manually_Annotated", "Manually_Annotated/file_lists")
_PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_SETS = {"train": "train_set", "validation": "val_set"}

_NONE, _NO_FACE = 8, 10
_NOT_ANNOTATED = -2.0


@dataclass(frozen=True)
class Place:
    """Where a split lies."""

    layout: Literal["first", "later"]
    labels: Path
    """The list (first), or the folder of label files (later)."""
    pictures: Path


def find_affectnet(settings: AffectNetImages, split: Split) -> Place:
    """Where a split of AffectNet lies.

    Raises:
        InputError: it is not there, or in both layouts; says what was looked for.
    """
    root = settings.root
    found = [place for place in (_first(root, split), _later(root, split)) if place is not None]
    found = [place for place in found if settings.layout in ("auto", place.layout)]
    if len(found) > 1:
        raise InputError(f"{root}: holds both releases of AffectNet; set the image corpus's layout to first or later")
    if not found:
        first = f"{_LISTS[split]} beside {_PICTURES[0]}/"
        later = f"{_SETS[split]}/images/ and {_SETS[split]}/annotations/"
        looked = {"first": first, "later": later, "auto": f"{first} (first release) or {later} (later release)"}
        state = "holds no" if root.is_dir() else "no such folder; expected in it"
        raise InputError(f"{root}: {state} {looked[settings.layout]}")
    return found[0]


def _first(root: Path, split: Split) -> Place | None:
    lists = [path for folder in _LIST_FOLDERS if (path := root / folder / _LISTS[split]).is_file()]
    pictures = [path for folder in _PICTURES if (path := root / folder).is_dir()]
    return Place("first", lists[0], pictures[0]) if lists and pictures else None


def _later(root: Path, split: Split) -> Place | None:
    labels, pictures = root / _SETS[split] / "annotations", root / _SETS[split] / "images"
    return Place("later", labels, pictures) if labels.is_dir() and pictures.is_dir() else None


def annotation(expression: str, valence: str, arousal: str) -> Annotation:
    """What AffectNet's values, as text, say of a picture.

    Expression 0 to 7 is a class; 8 (none), 9 (uncertain) and 10 (no face) are none. Valence and arousal lie in [-1, 1];
    -2 is "not annotated".

    Raises:
        ValueError: anything else, in words.
    """
    kind = number("expression", expression, "a whole number from 0 to 10")
    if kind != int(kind) or not 0 <= kind <= _NO_FACE:
        raise ValueError(f"expression is {expression}, expected a whole number from 0 to 10")
    known = EXPRESSIONS[int(kind)] if kind < _NONE else None
    return Annotation(known, _affect("valence", valence), _affect("arousal", arousal))


def _affect(name: str, text: str) -> float | None:
    expected = "a number in [-1, 1], or -2 if not annotated"
    value = number(name, text, expected)
    if value == _NOT_ANNOTATED:
        return None
    if not -1 <= value <= 1:
        raise ValueError(f"{name} is {text}, expected {expected}")
    return value
