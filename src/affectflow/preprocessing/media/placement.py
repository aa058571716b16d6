"""Blocks of sound to one run of samples whose index is their time: gaps are filled, and nothing is lost silently."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

# Seconds. A block this near to its place is where it belongs: the rounding of times to milliseconds, a codec's delay.
_JITTER = 0.050
_FIRST_JITTER = 0.001
# Silence before the first sample is stored up to this length; of sound that begins later, its begin is noted instead.
_STORED = 10.0
_PIECE = 1.0
_LATE = 1.0


@dataclass
class Placement:
    """Places blocks of sound of one video; what was done is in the fields afterwards, in samples.

    A gap becomes silence. Where blocks overlap, their samples follow each other, late, as long as a later gap makes up
    for it; what no gap makes up for is cut, so that the sound stays with the picture. A block after which the clock
    stands still has no time of its own and follows the one ahead of it.

    Args:
        rate: samples a second.
        made_up: seconds of overlap that later gaps make up for (`Packets.overlap`).
        absurd: whether the times contradict the sound's length, so that nothing is to be cut for their sake.
    """

    rate: int
    made_up: float = 0.0
    absurd: bool = False
    start: float = 0.0
    """Time of the first sample in seconds."""
    decoded: int = 0
    placed: int = 0
    padded: int = 0
    """Silence in gaps."""
    moved: int = 0
    """Samples that are later than their times by more than 50 ms."""
    latest: int = 0
    """How much later they are at most."""
    cut: int = 0
    _origin: int = 0
    _first: int = 0
    _cutting: bool = False

    def run(self, blocks: Iterable[tuple[float, Samples]]) -> Iterator[Samples]:
        """The samples in their order, from blocks and their times in seconds."""
        goes_on = True
        for (seconds, samples), next_block in pairwise(chain(blocks, [None])):  # type: ignore[misc]
            position = round(seconds * self.rate)
            if next_block is not None:
                goes_on = (next_block[0] - seconds) * self.rate >= len(samples) / 2
            if not self.decoded:
                yield from self._silence(self._begin(position))
            elif goes_on:
                yield from self._silence(self._gap(position))
            remaining = samples[self._excess(position, len(samples), goes_on) :]
            self.decoded += len(samples)
            self.placed += len(remaining)
            yield remaining

    def _begin(self, position: int) -> int:
        """Silence before the first block; its begin is noted where that is long, or there is sound before time 0."""
        self._first = position
        if position > _STORED * self.rate or position < -_FIRST_JITTER * self.rate:
            self._origin, self.start = position, position / self.rate
            return 0
        return position if position > _FIRST_JITTER * self.rate else 0

    def _gap(self, position: int) -> int:
        gap = position - self._origin - self.placed
        if gap <= _JITTER * self.rate:
            return 0
        self.padded += gap
        return gap

    def _excess(self, position: int, count: int, goes_on: bool) -> int:
        """How many of a block's samples are cut: once it begins, until nothing is too late."""
        late = self._origin + self.placed - position
        excess = late - round(self.made_up * self.rate)
        if goes_on and not self.absurd and excess > (0 if self._cutting else _JITTER * self.rate):
            cut_count = min(excess, count)
            self._cutting = cut_count < excess
            self.cut += cut_count
            return cut_count
        if late > _JITTER * self.rate:
            self.moved += count
            self.latest = max(self.latest, late)
        return 0

    def _silence(self, count: int) -> Iterator[Samples]:
        self.placed += count
        piece = int(_PIECE * self.rate)
        for begin in range(0, count, piece):
            yield np.zeros(min(piece, count - begin), np.int16)

    def notes(self) -> list[str]:
        """What was done, in sentences."""
        sentences = []
        if self._first > _LATE * self.rate:
            stored = "; the silence before it is not stored" if self.start else ""
            sentences.append(f"the sound begins at {self._seconds(self._first)}{stored}")
        if self.padded:
            sentences.append(f"{self._seconds(self.padded)} of silence fill gaps in the sound")
        if self.absurd:
            sentences.append("the times of the sound contradict its length: its samples follow each other")
        elif self.moved:
            sentences.append(
                f"{self._seconds(self.moved)} of sound are up to {self._seconds(self.latest)} later than their times, "
                "which overlap"
            )
        if self.cut:
            sentences.append(f"{self._seconds(self.cut)} of sound were cut, as their times overlap")
        return sentences

    def _seconds(self, samples: int) -> str:
        return f"{samples / self.rate:.2f} s"
