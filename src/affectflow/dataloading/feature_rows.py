"""Random access to frozen features by subject and frame, or by still picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import feature_file
from affectflow.artifacts.schemas import FEATURES, IMAGE_FEATURES
from affectflow.artifacts.tables import MappedArrow, as_flags, spans
from affectflow.config.model.features import MissingFace
from affectflow.core.errors import InputError
from affectflow.dataloading.feature_set_rows import FeatureSetRows
from affectflow.dataloading.index import SplitIndex, SubjectFrames

Floats = NDArray[np.float32]


class FeatureRows:
    """The features of one split, those of several branches and sets joined; files are opened at first use and stay so.

    Args:
        folders: of each branch's features, by its name, in the order in which they are joined.
        split: whose they are.
        missing: what a frame without a face has of the features of faces.
        work: folder `work/<corpus>`, below which sets lie.
        sets: names of the sets that are joined after them, in this order.
    """

    def __init__(
        self,
        folders: Mapping[str, Path],
        split: str,
        missing: MissingFace = "nearest",
        work: Path = Path(),
        sets: Sequence[str] = (),
    ) -> None:
        self._missing = missing
        self._branches = [_BranchRows(folder, split) for folder in folders.values()]
        self._sets = [FeatureSetRows(work, name) for name in sets]
        self._sources: dict[tuple[int, str], NDArray[np.int64]] = {}

    def face_found(self, subject: SubjectFrames) -> NDArray[np.bool_]:
        """Whether the subject's face was found, shape (frames,); all where no features are of faces."""
        for rows in self._branches:
            return rows.present(subject)
        for feature_set_rows in self._sets:
            if feature_set_rows.form(subject).sense == "face":
                return feature_set_rows.present(subject)
        return np.ones(subject.frames, np.bool_)

    def read(
        self, subject: SubjectFrames, numbers: NDArray[np.int64], copy: int = 0, without: str | None = None
    ) -> Floats:
        """Features of some frames of a subject, shape (len(numbers), features).

        Args:
            subject: whose.
            numbers: which, from 0.
            copy: which of the copies of branches' features.
            without: `face` or `sound`: taken as found in no frame.

        Raises:
            InputError: a file is missing, damaged, or does not hold all frames of the subject.
        """
        no_sources = np.full(len(numbers), -1)
        parts = []
        for place, rows in enumerate(self._branches):
            sources = no_sources if without == "face" else self._nearest(place, rows, subject)[numbers]
            parts.append(rows.read(subject, sources, copy))
        for place, feature_set_rows in enumerate(self._sets, len(self._branches)):
            sense = feature_set_rows.form(subject).sense
            frame_sources = numbers if sense == "sound" else self._nearest(place, feature_set_rows, subject)[numbers]
            parts.append(feature_set_rows.read(subject, no_sources if without == sense else frame_sources))
        return np.concatenate(parts, axis=1)

    def _nearest(self, place: int, rows: "_BranchRows | FeatureSetRows", subject: SubjectFrames) -> NDArray[np.int64]:
        key = place, subject.subject
        if key not in self._sources:
            self._sources[key] = _sources(rows.present(subject), self._missing)
        return self._sources[key]


def sets_of(stream: str, sets: Sequence[str], work: Path, index: SplitIndex) -> list[str]:
    """Those of a branch's sets that a stream reads: all (`features`), or those of sound or of faces, as files say.

    Args:
        stream: of features.
        sets: the branch's, by name.
        work: folder `work/<corpus>`, below which they lie.
        index: a split, of at least one subject.
    """
    if stream == "features":
        return list(sets)
    sense = stream.removesuffix("_features")
    return [name for name in sets if FeatureSetRows(work, name).form(index.subjects[0]).sense == sense]


class _BranchRows:
    """What one branch has learnt to see, of one split."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split = folder, split
        self._open: dict[int, tuple[MappedArrow, dict[str, slice]]] = {}

    def present(self, subject: SubjectFrames) -> NDArray[np.bool_]:
        """Whether the subject's face was found, shape (frames,)."""
        file, first = self._locate(0, subject)
        return as_flags(file.table["found"].slice(first, subject.frames))

    def read(self, subject: SubjectFrames, sources: NDArray[np.int64], copy: int) -> Floats:
        """The features of frames, shape (len(sources), size); zeros where a source is -1."""
        file, first = self._locate(copy, subject)
        features = np.zeros((len(sources), len(file.numbers("feature", first))), np.float32)
        for place, source in enumerate(sources.tolist()):
            if source >= 0:
                features[place] = file.numbers("feature", first + source)
        return features

    def _locate(self, copy: int, subject: SubjectFrames) -> tuple[MappedArrow, int]:
        path = self._folder / feature_file(self._split, copy)
        if copy not in self._open:
            file = MappedArrow(path, FEATURES)
            self._open[copy] = file, spans(file.table["subject"])
        file, rows = self._open[copy]
        span = rows.get(subject.subject, slice(0, 0))
        if span.stop - span.start != subject.frames:
            raise InputError(
                f"{path}: holds {span.stop - span.start} frames of {subject.subject!r}, expected {subject.frames}; it "
                "was made from another manifest: delete it and run again"
            )
        return file, span.start

    def __getstate__(self) -> dict[str, object]:
        """Another process opens the files itself."""
        return self.__dict__ | {"_open": {}}


class StillFeatures:
    """The features of the pictures of one split of a corpus, those of several branches joined, in their order.

    Raises:
        InputError: a file is missing or damaged, or is of other pictures than `names`.
    """

    def __init__(self, folders: Mapping[str, Path], split: str, images: str, names: list[str], copies: int = 1) -> None:
        self._paths = [
            [folder / feature_file(split, copy, images) for folder in folders.values()] for copy in range(copies)
        ]
        self._open: list[list[MappedArrow]] = []
        for path in (path for paths in self._paths for path in paths):
            if MappedArrow(path, IMAGE_FEATURES).table["image"].to_pylist() != names:
                raise InputError(f"{path}: is of other pictures than work/images/{images}; delete it and run again")

    def read(self, row: int, copy: int = 0) -> Floats:
        """The features of a picture, shape (features,)."""
        if not self._open:
            self._open = [[MappedArrow(path, IMAGE_FEATURES) for path in paths] for paths in self._paths]
        return np.concatenate([file.numbers("feature", row) for file in self._open[copy]])

    def __getstate__(self) -> dict[str, object]:
        """As of `FeatureRows`."""
        return self.__dict__ | {"_open": []}


def _sources(detected: NDArray[np.bool_], missing: MissingFace) -> NDArray[np.int64]:
    """The frame whose features each frame has, shape (frames,); -1 for zeros."""
    own = np.arange(len(detected))
    if detected.all() or missing == "zero" or not detected.any():
        return np.where(detected, own, -1)
    with_face = np.flatnonzero(detected)
    after = np.searchsorted(with_face, own).clip(0, len(with_face) - 1)
    before = (after - 1).clip(0)
    nearer = np.abs(with_face[before] - own) <= np.abs(with_face[after] - own)
    return np.where(detected, own, np.where(nearer, with_face[before], with_face[after]))
