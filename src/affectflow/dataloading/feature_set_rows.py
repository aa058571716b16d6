"""Random access to one extracted feature set by subject or video and frame."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.layout import artifact_file, feature_set
from affectflow.artifacts.schemas import SET_FEATURES
from affectflow.artifacts.tables import MappedArrow, as_flags, spans
from affectflow.core.errors import InputError
from affectflow.dataloading.index import SubjectFrames

Floats = NDArray[np.float32]


class _Shard:
    """The set's file of one shard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = MappedArrow(path, SET_FEATURES)
        self.form = FeatureForm.of(self.file.table, path)
        self._spans = spans(self.file.table["of"])

    def first(self, subject: SubjectFrames) -> int:
        """Row of frame 0 of a subject."""
        name = subject.subject if self.form.sense == "face" else subject.video
        span = self._spans.get(name, slice(0, 0))
        if span.stop - span.start != subject.frames:
            raise InputError(
                f"{self.path}: holds {span.stop - span.start} frames of {name!r}, expected {subject.frames}; it was "
                "made from another decoding: delete it and run again"
            )
        return span.start


class FeatureSetRows:
    """A feature set below `work/<corpus>/`; its files are opened at first use and kept open."""

    def __init__(self, work: Path, name: str) -> None:
        self._work, self._name = work, name
        self._open: dict[str, _Shard] = {}

    def form(self, subject: SubjectFrames) -> FeatureForm:
        """What the set is of."""
        return self._shard(subject).form

    def present(self, subject: SubjectFrames) -> NDArray[np.bool_]:
        """Whether there was anything to see or hear, shape (frames,)."""
        shard = self._shard(subject)
        return as_flags(shard.file.table["found"].slice(shard.first(subject), subject.frames))

    def read(self, subject: SubjectFrames, sources: NDArray[np.int64]) -> Floats:
        """The vectors of frames, shape (len(sources), size); what the set has for nothing where a source is -1.

        Raises:
            InputError: the file is missing, damaged, or does not hold all frames of the subject.
        """
        shard = self._shard(subject)
        first = shard.first(subject)
        vectors = np.empty((len(sources), len(shard.form.absent)), np.float32)
        for place, source in enumerate(sources.tolist()):
            vectors[place] = shard.form.absent if source < 0 else shard.file.numbers("feature", first + source)
        return vectors

    def _shard(self, subject: SubjectFrames) -> _Shard:
        if subject.shard not in self._open:
            path = self._work / artifact_file(feature_set(self._name), subject.shard)
            self._open[subject.shard] = _Shard(path)
        return self._open[subject.shard]

    def __getstate__(self) -> dict[str, object]:
        """Another process opens the files itself."""
        return self.__dict__ | {"_open": {}}
