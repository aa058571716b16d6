"""Stored frames, one at a time: memory does not grow with a video's length."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts import schemas
from affectflow.artifacts.tables import MappedArrow, as_array, spans
from affectflow.core.errors import InputError

Picture = NDArray[np.uint8]
"""BGR as OpenCV has it, shape (height, width, 3)."""


REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
"""By how much the JPEG decoder can reduce a picture, faster than decoding it whole, and how OpenCV is told so."""


def decode(jpeg: memoryview | bytes, where: str, reduced: int = 1) -> Picture:
    """A JPEG file's picture, each side divided by one of `REDUCED` (rounded up); `where` names it in errors.

    Raises:
        InputError: the bytes are no JPEG picture.
    """
    data = np.frombuffer(jpeg, np.uint8)
    picture = cv2.imdecode(data, REDUCED[reduced]) if len(data) else None
    if picture is None:
        raise InputError(f"{where}: not a readable JPEG picture; delete the file and run again")
    return picture


class Frames:
    """The decoded frames of a shard, memory-mapped.

    Raises:
        InputError: the file is missing, cut short or of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = MappedArrow(path, schemas.FRAMES)
        self._spans = spans(self._file.table.column("video"))

    @property
    def videos(self) -> list[str]:
        """Names of the videos, in the file's order."""
        return list(self._spans)

    def check_only(self, videos: Iterable[str]) -> None:
        """InputError where the file holds frames of other videos than these: it is not their shard's."""
        if others := sorted(self._spans.keys() - set(videos)):
            raise InputError(
                f"{self.path}: holds frames of video {others[0]!r}, which is not among the job's; delete the file and "
                "run again"
            )

    def count(self, video: str) -> int:
        """Number of decoded frames of a video; 0 of one that the file does not hold, as none of it could be decoded."""
        rows = self._spans.get(video, slice(0, 0))
        return rows.stop - rows.start

    def times(self, video: str) -> NDArray[np.float64]:
        """Times of all frames of a video in seconds, shape (frames,)."""
        rows = self._rows(video)
        return as_array(self._file.table.column("time").slice(rows.start, rows.stop - rows.start))

    def picture(self, video: str, frame: int, reduced: int = 1) -> Picture:
        """One frame; `reduced` as of `decode`."""
        return decode(self.jpeg(video, frame), f"{self.path}, video {video!r}, frame {frame}", reduced)

    def jpeg(self, video: str, frame: int) -> memoryview:
        """One frame as it is stored."""
        return self._file.value("jpeg", self._rows(video).start + frame) or memoryview(b"")

    def pictures(self, video: str, reduced: int = 1) -> Iterator[Picture]:
        """All frames of a video in order, read as they are asked for; `reduced` as of `decode`."""
        return (self.picture(video, frame, reduced) for frame in range(self.count(video)))

    def _rows(self, video: str) -> slice:
        if video not in self._spans:
            names = ", ".join(repr(name) for name in self._spans) or "none"
            raise InputError(
                f"{self.path}: holds no frames of video {video!r}, only of {names}; delete the file and run again"
            )
        return self._spans[video]
