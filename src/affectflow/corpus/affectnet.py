"""AffectNet on disk: its two layouts, and what its annotations mean here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectflow.config.images import AffectNetImages
from affectflow.errors import InputError

Split = Literal["train", "validation"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the picture."""

EXPRESSIONS = (0, 4, 5, 6, 3, 2, 1, 7)
"""Number of a class in the order of Aff-Wild2, by AffectNet's: neutral, happy, sad, surprise, fear, disgust, anger; and
contempt, which takes the place of Other."""

_LISTS = {"train": "training.csv", "validation": "validation.csv"}
_LIST_FOLDERS = (".", "Manually_Annotated_file_lists", "Manually_Annotated", "Manually_Annotated/file_lists")
_PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_SETS = {"train": "train_set", "validation": "val_set"}

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SHOWN = 20
_NONE, _NO_FACE = 8, 10
_NOT_ANNOTATED = -2.0


@dataclass(frozen=True)
class Annotation:
    """What is annotated of a picture; None is "not annotated"."""

    expression: int | None
    """Number of a class in the order of Aff-Wild2, 7 for contempt."""
    valence: float | None
    arousal: float | None

    @property
    def known(self) -> bool:
        """Whether anything is annotated."""
        return (self.expression, self.valence, self.arousal) != (None, None, None)


@dataclass(frozen=True)
class Still:
    """One picture of the corpus."""

    name: str
    """As its list or folder names it."""
    path: Path
    annotation: Annotation | None
    """None where the corpus has a picture without a label."""
    box: Box | Literal["whole"] | None
    """Where the face is; `whole` for a picture that is a face already; None where the list gives no box."""


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
    number = _number("expression", expression, "a whole number from 0 to 10")
    if number != int(number) or not 0 <= number <= _NO_FACE:
        raise ValueError(f"expression is {expression}, expected a whole number from 0 to 10")
    values = [_affect(name, text) for name, text in (("valence", valence), ("arousal", arousal))]
    return Annotation(EXPRESSIONS[int(number)] if number < _NONE else None, *values)


def _affect(name: str, text: str) -> float | None:
    expected = "a number in [-1, 1], or -2 if not annotated"
    value = _number(name, text, expected)
    if value == _NOT_ANNOTATED:
        return None
    if not -1 <= value <= 1:
        raise ValueError(f"{name} is {text}, expected {expected}")
    return value


def _number(name: str, text: str, expected: str) -> float:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{name} is {text!r}, expected {expected}")
    return float(text)


def refuse(problems: Iterable[str]) -> None:
    """InputError with the first problems and the number of all, if there are any."""
    every = list(problems)
    if every:
        more = f"\n… and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
        raise InputError("\n".join(every[:_SHOWN]) + more)
