"""AffectNet on disk, in either of its layouts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectflow.config.data.images import AffectNetImages
from affectflow.core.errors import InputError
from affectflow.datasets.images.affectnet_first import read_first
from affectflow.datasets.images.affectnet_later import read_later
from affectflow.datasets.images.stills import Split, Still

_LISTS = {"train": "training.csv", "validation": "validation.csv"}
_LIST_FOLDERS = (".", "Manually_Annotated_file_lists", "Manually_Annotated", "Manually_Annotated/file_lists")
_PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_SETS = {"train": "train_set", "validation": "val_set"}


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
    places = [place for place in (_first(root, split), _later(root, split)) if place is not None]
    places = [place for place in places if settings.layout in ("auto", place.layout)]
    if len(places) > 1:
        raise InputError(f"{root}: holds both releases of AffectNet; set the image corpus's layout to first or later")
    if not places:
        first = f"{_LISTS[split]} beside {_PICTURES[0]}/"
        later = f"{_SETS[split]}/images/ and {_SETS[split]}/annotations/"
        expected = {"first": first, "later": later, "auto": f"{first} (first release) or {later} (later release)"}
        state = "holds no" if root.is_dir() else "no such folder; expected in it"
        raise InputError(f"{root}: {state} {expected[settings.layout]}")
    return places[0]


def read_affectnet(settings: AffectNetImages, split: Split) -> list[Still]:
    """The pictures of a split with their annotations; InputError names what is missing or wrong."""
    place = find_affectnet(settings, split)
    return (read_first if place.layout == "first" else read_later)(place.labels, place.pictures)


def _first(root: Path, split: Split) -> Place | None:
    lists = [path for folder in _LIST_FOLDERS if (path := root / folder / _LISTS[split]).is_file()]
    pictures = [path for folder in _PICTURES if (path := root / folder).is_dir()]
    return Place("first", lists[0], pictures[0]) if lists and pictures else None


def _later(root: Path, split: Split) -> Place | None:
    labels, pictures = root / _SETS[split] / "annotations", root / _SETS[split] / "images"
    return Place("later", labels, pictures) if labels.is_dir() and pictures.is_dir() else None
