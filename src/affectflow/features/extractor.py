"""What every extractor of sound features gives."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Blocks = Callable[[], Iterable[NDArray[np.int16]]]
Middles = float | NDArray[np.float64]
Pieces = Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]


class SoundExtractor(Protocol):
    """Turns the sound of a video into vectors at times of its own."""

    size: int
    """Numbers of a vector."""

    @property
    def middles(self) -> Middles:
        """Seconds from a vector's time to the middle of what it is computed from; where its numbers are of different
        stretches of sound, of each of them, shape (size,)."""
        ...

    def stream(self, blocks: Blocks, rate: int) -> Pieces:
        """The vectors of a track, in order, in pieces: times (count,) in seconds from the first sample, from which
        `middles` count, and vectors (count, size).

        Args:
            blocks: gives the track's mono samples in blocks of any length; may be called more than once.
            rate: samples a second.
        """
        ...
