"""Boxes of bodies, which the crop of a body and the context around it both need."""

import numpy as np
from numpy.typing import NDArray

from affectflow.config.system.senses import Sense
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.rows import ArtifactRows


class Boxes:
    """The boxes of the subjects that have been asked for.

    Args:
        rows: the artifacts.
        without: `body`: taken as found in no frame.
    """

    def __init__(self, rows: ArtifactRows, without: Sense | None) -> None:
        self._rows, self._without = rows, without
        self._located: dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]] = {}

    def locate(self, subject: SubjectFrames) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Left, top, right, bottom in pixels of the stored frame, shape (frames, 4), and whether a body was found,
        shape (frames,)."""
        if subject.subject not in self._located:
            boxes, detected = self._rows.boxes(subject.shard, subject.subject, subject.frames)
            self._located[subject.subject] = boxes, detected & (self._without != "body")
        return self._located[subject.subject]

    def read(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> NDArray[np.float32]:
        """Boxes as shares of the picture's sides, shape (time, 4)."""
        extent = np.array([subject.width, subject.height] * 2, np.float32)
        return np.divide(self.locate(subject)[0][frames], extent)

    def body_found(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> NDArray[np.bool_]:
        """Whether a body was found, shape (time,)."""
        return self.locate(subject)[1][frames]
