"""What a set of sound features does with a track."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class SoundExtractor(Protocol):
    size: int
    """Numbers of a vector."""

    def stream(
        self, blocks: Callable[[], Iterable[NDArray[np.int16]]], rate: int
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
        """The vectors of a track, in order, in pieces: times (count,) of the middles of what they are computed from, in
        seconds from the first sample, and vectors (count, size).

        Args:
            blocks: gives the track's mono samples in blocks of any length; may be called more than once.
            rate: samples a second.
        """
