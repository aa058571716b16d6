"""Random access to frozen features by subject and frame, or by still picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import FEATURES, IMAGE_FEATURES
from affectflow.artifacts.tables import MappedArrow, as_flags, spans
from affectflow.config.features import MissingFace
from affectflow.errors import InputError
from affectflow.streams.feature_files import feature_file

Floats = NDArray[np.float32]


class FeatureRows:
    """The features of one split, those of several branches joined; files are opened at first use and kept open.

    Args:
        folders: of each branch's features, by its name, in the order in which they are joined.
        split: whose they are.
        missing: what a frame without a face has.
    """

    def __init__(self, folders: Mapping[str, Path], split: str, missing: MissingFace = "nearest") -> None:
        self._folders, self._split, self._missing = dict(folders), split, missing
        self._open: dict[tuple[str, int], tuple[MappedArrow, dict[str, slice]]] = {}
        self._sources: dict[str, NDArray[np.int64]] = {}

    def found(self, subject: str, frames: int) -> NDArray[np.bool_]:
        """Whether the subject's face was found, shape (frames,)."""
        file, first = self._locate(next(iter(self._folders)), 0, subject, frames)
        return as_flags(file.table["found"].slice(first, frames))

    def read(
        self, subject: str, frames: int, numbers: NDArray[np.int64], view: int = 0, nowhere: bool = False
    ) -> Floats:
        """Features of some frames of a subject, shape (len(numbers), features).

        Args:
            subject: whose.
            frames: how many it has.
            numbers: which, from 0.
            view: which of the views.
            nowhere: take its face as found in no frame.

        Raises:
            InputError: a file is missing, damaged, or does not hold all frames of the subject.
        """
        if subject not in self._sources:
            self._sources[subject] = _sources(self.found(subject, frames), self._missing)
        sources = np.full(len(numbers), -1) if nowhere else self._sources[subject][numbers]
        parts = []
        for name in self._folders:
            file, first = self._locate(name, view, subject, frames)
            size = len(file.numbers("feature", first))
            part = np.zeros((len(numbers), size), np.float32)
            for place, source in enumerate(sources.tolist()):
                if source >= 0:
                    part[place] = file.numbers("feature", first + source)
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def _locate(self, name: str, view: int, subject: str, frames: int) -> tuple[MappedArrow, int]:
        path = self._folders[name] / feature_file(self._split, view)
        if (name, view) not in self._open:
            file = MappedArrow(path, FEATURES)
            self._open[name, view] = file, spans(file.table["subject"])
        file, rows = self._open[name, view]
        held = rows.get(subject, slice(0, 0))
        if held.stop - held.start != frames:
            raise InputError(
                f"{path}: holds {held.stop - held.start} frames of {subject!r}, expected {frames}; it was made from "
                "another manifest: delete it and run again"
            )
        return file, held.start

    def __getstate__(self) -> dict[str, object]:
        """Another process opens the files itself."""
        return self.__dict__ | {"_open": {}}


class StillFeatures:
    """The features of the pictures of one split of a corpus, those of several branches joined, in their order.

    Raises:
        InputError: a file is missing or damaged, or is of other pictures than `names`.
    """

    def __init__(self, folders: Mapping[str, Path], split: str, images: str, names: list[str], views: int = 1) -> None:
        self._paths = [
            [folder / feature_file(split, view, images) for folder in folders.values()] for view in range(views)
        ]
        self._open: list[list[MappedArrow]] = []
        for path in (path for paths in self._paths for path in paths):
            if MappedArrow(path, IMAGE_FEATURES).table["image"].to_pylist() != names:
                raise InputError(f"{path}: is of other pictures than work/images/{images}; delete it and run again")

    def read(self, row: int, view: int = 0) -> Floats:
        """The features of a picture, shape (features,)."""
        if not self._open:
            self._open = [[MappedArrow(path, IMAGE_FEATURES) for path in paths] for paths in self._paths]
        return np.concatenate([file.numbers("feature", row) for file in self._open[view]])

    def __getstate__(self) -> dict[str, object]:
        """As of `FeatureRows`."""
        return self.__dict__ | {"_open": []}


def _sources(found: NDArray[np.bool_], missing: MissingFace) -> NDArray[np.int64]:
    """The frame whose features each frame has, shape (frames,); -1 for zeros."""
    own = np.arange(len(found))
    if found.all() or missing == "zero" or not found.any():
        return np.where(found, own, -1)
    with_face = np.flatnonzero(found)
    after = np.searchsorted(with_face, own).clip(0, len(with_face) - 1)
    before = (after - 1).clip(0)
    nearer = np.abs(with_face[before] - own) <= np.abs(with_face[after] - own)
    return np.where(found, own, np.where(nearer, with_face[before], with_face[after]))
