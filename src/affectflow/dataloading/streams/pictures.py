"""Pictures of one kind, decoded frame by frame, and kept from one epoch to the next where there is room."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import artifact_file, resized
from affectflow.core.errors import InputError
from affectflow.dataloading.cache import PictureCache
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.recent import RecentPictures
from affectflow.dataloading.rows import ArtifactRows
from affectflow.dataloading.streams.boxes import Boxes
from affectflow.preprocessing.media.square import square


class Pictures:
    """Pictures of one kind, as squares.

    Args:
        rows: the artifacts.
        artifact: that holds them.
        size: their side in pixels.
        recent: those that were decoded last, of any kind.
    """

    def __init__(self, rows: ArtifactRows, artifact: str, size: int, recent: RecentPictures) -> None:
        self._rows, self._artifact, self._size, self._recent = rows, artifact, size, recent
        self._cache: PictureCache | None = None

    def cost(self, frames: int) -> int:
        """Bytes that the pictures of so many frames take in memory."""
        return PictureCache.cost(frames, self._size)

    def keep(self, frames: int) -> None:
        """From now on keep what is decoded; there are so many frames."""
        self._cache = PictureCache(frames, self._size)

    def read(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> NDArray[np.uint8]:
        """Shape (time, size, size, 3); black where no face or body was found."""
        cache, rows = self._cache, subject.offset + frames
        if cache is not None and not cache.missing(rows).any():
            return cache.get(rows)
        numbers, inverse = np.unique(frames, return_inverse=True)
        pictures = self._decode(subject, numbers)
        if cache is not None:
            cache.put(subject.offset + numbers, pictures)
        return pictures[inverse]

    def owner(self, subject: SubjectFrames) -> str:
        """Whose rows of the artifact they are: the subject's, or the video's."""
        return subject.video

    def extent(self, subject: SubjectFrames) -> tuple[float, float]:
        """Width and height of the pictures; (0, 0) where they are small and decoded whole."""
        return 0.0, 0.0

    def box(self, subject: SubjectFrames, frame: int) -> NDArray[np.float32] | None:
        """What is cut out of a picture, in pixels; None where it is taken whole."""
        return None

    def _decode(self, subject: SubjectFrames, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        name = self.owner(subject)
        jpegs = self._rows.pictures(self._artifact, subject.shard, name, subject.frames, numbers)
        pictures = np.zeros((len(numbers), self._size, self._size, 3), np.uint8)
        for place, (number, jpeg) in enumerate(zip(numbers.tolist(), jpegs, strict=True)):
            if jpeg is None:
                continue
            box = self.box(subject, number)
            key = self._artifact, subject.shard, name, number, self._size, None if box is None else box.tobytes()
            pictures[place] = self._recent.get(key, partial(self._square, jpeg, subject, number, box))
        return pictures

    def _square(
        self, jpeg: memoryview, subject: SubjectFrames, number: int, box: NDArray[np.float32] | None
    ) -> NDArray[np.uint8]:
        try:
            return square(jpeg, self._size, self.extent(subject), box)
        except ValueError as error:
            file = self._rows.work / artifact_file(self._artifact, subject.shard)
            name = self.owner(subject)
            raise InputError(f"{file}: frame {number} of {name!r} is {error}; delete the file and run again") from error


class Faces(Pictures):
    """Aligned faces."""

    def __init__(self, rows: ArtifactRows, size: int, recent: RecentPictures) -> None:
        super().__init__(rows, "faces", size, recent)

    def owner(self, subject: SubjectFrames) -> str:
        """The subject: of several people in a video each has faces of their own."""
        return subject.subject


class WholeFrames(Pictures):
    """Whole frames, stored in the size that is read."""

    def __init__(self, rows: ArtifactRows, size: int, recent: RecentPictures) -> None:
        super().__init__(rows, resized(size), size, recent)


class BodyCrops(Pictures):
    """Bodies, cut out of the frames as they were decoded.

    Args:
        rows: the artifacts.
        size: side in pixels.
        recent: as of `Pictures`.
        boxes: of the bodies; of a frame without one the whole is taken.
    """

    def __init__(self, rows: ArtifactRows, size: int, recent: RecentPictures, boxes: Boxes) -> None:
        super().__init__(rows, "frames", size, recent)
        self._boxes = boxes

    def extent(self, subject: SubjectFrames) -> tuple[float, float]:
        """Of the stored frames."""
        return float(subject.width), float(subject.height)

    def box(self, subject: SubjectFrames, frame: int) -> NDArray[np.float32] | None:
        """The body's, where one was found."""
        boxes, detected = self._boxes.locate(subject)
        return boxes[frame] if detected[frame] else None
