"""What every extractor of sound features gives."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Blocks = Callable[[], Iterable[NDArray[np.int16]]]
Pieces = Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]


class SoundExtractor(Protocol):
    """Turns the sound of a video into vectors at times of its own."""

    size: int
    """Numbers of a vector."""

    def stream(self, blocks: Blocks, rate: int) -> Pieces:
        """The vectors of a track, in order, in pieces: times (count,) of the middles of what they are computed from, in
        seconds from the first sample, and vectors (count, size).

        Args:
            blocks: gives the track's mono samples in blocks of any length; may be called more than once.
            rate: samples a second.
        """
        ...
