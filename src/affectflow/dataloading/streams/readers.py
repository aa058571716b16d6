"""All streams of a branch, read together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import feature_files
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.required import require_artifacts, require_files
from affectflow.dataloading.source import Source
from affectflow.dataloading.streams.registry import STREAMS
from affectflow.dataloading.streams.shared import Shared


class Readers:
    """The readers of a branch's streams.

    Args:
        source: what is read.
        copies: of frozen features that are read.
        cache_bytes: memory for decoded pictures; used only if the whole split fits.

    Raises:
        InputError: a file that the streams need is missing.
    """

    def __init__(self, source: Source, copies: int = 1, cache_bytes: int = 0) -> None:
        split = source.index.split
        require_files(feature_files(source.features, split, copies), source.branch, split)
        require_artifacts(source.index, source.work, source.branch)
        self._shared = Shared(source)
        self._reads = {
            name: read for stream in source.branch.streams for name, read in STREAMS[stream](self._shared).items()
        }
        self.cache_bytes = self._shared.keep_pictures(cache_bytes)
        """Memory that decoded pictures take, at most."""

    def read(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> dict[str, NDArray[Any]]:
        """The tensors of some frames of a subject, each of shape (time, …), by name.

        Args:
            subject: whose.
            frames: their numbers, shape (time,).
            copy: of frozen features.

        Raises:
            InputError: a file is damaged, or does not hold all frames of the subject.
        """
        return {name: read(subject, frames, copy) for name, read in self._reads.items()}

    def face_found(self, subject: SubjectFrames) -> NDArray[np.bool_]:
        """Whether a face was found, shape (frames of the subject,)."""
        return self._shared.face_found(subject, np.arange(subject.frames))

    def times(self, subject: SubjectFrames) -> NDArray[np.float64]:
        """Times of all frames in seconds, shape (frames of the subject,)."""
        return self._shared.rows.times(subject.shard, subject.video, subject.frames)
