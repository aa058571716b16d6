"""Decoded pictures kept from one epoch to the next."""

import mmap

import numpy as np
from numpy.typing import NDArray


class PictureCache:
    """Pictures of one kind for all frames of a split, filled as they are read.

    The memory is anonymous and shared: worker processes that are forked fill and read the same pictures.
    Pages are only taken when written.
    """

    def __init__(self, frames: int, size: int) -> None:
        self._pictures = np.frombuffer(mmap.mmap(-1, frames * size * size * 3), np.uint8)
        self._pictures = self._pictures.reshape(frames, size, size, 3)
        self._present = np.frombuffer(mmap.mmap(-1, frames), np.bool_)

    @staticmethod
    def cost(frames: int, size: int) -> int:
        """Bytes that a cache takes when it is full."""
        return frames * (size * size * 3 + 1)

    def missing(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of `rows` have not been put yet."""
        return ~self._present[rows]

    def get(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Copies of pictures, shape (len(rows), size, size, 3)."""
        return self._pictures[rows]

    def put(self, rows: NDArray[np.int64], pictures: NDArray[np.uint8]) -> None:
        """Keep pictures; a row counts as present only after its picture is written."""
        self._pictures[rows] = pictures
        self._present[rows] = True
