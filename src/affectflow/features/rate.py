"""A sound track at the rate that pre-trained networks hear, block by block, and the pieces of it that they see."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

RATE = 16000
"""Samples a second that VGGish and wav2vec 2.0 were trained on."""

# Samples that are resampled at once, however long a block is.
_PART = 1 << 16


def to_16k(blocks: Iterable[NDArray[np.int16]], rate: int) -> Iterator[NDArray[np.float32]]:
    """A track at 16 kHz; the same samples however it is cut into blocks.

    Resampled by SoX's resampler (soxr, quality HQ), whose filter is of linear phase and whose delay it takes off
    itself: what is at a time before is there after. round(samples * 16000 / rate) samples in all.

    Args:
        blocks: mono samples, in blocks of any length.
        rate: samples a second of `blocks`.

    Yields:
        Arrays (count,) in [-1, 1), but for what the filter's ringing adds to sound at full scale; none is empty.
    """
    resample = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    for block in blocks:
        for first in range(0, len(block), _PART):
            samples: NDArray[np.float32] = block[first : first + _PART].astype(np.float32) * np.float32(1 / 32768)
            resampled = samples if resample is None else resample.resample_chunk(samples)
            if len(resampled):
                yield resampled
    if resample is not None:
        rest = resample.resample_chunk(np.empty(0, np.float32), last=True)
        if len(rest):
            yield rest


class Stretches:
    """A track read forwards, in stretches that may overlap; holds no more of it than it must."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks, self._buffer, self._first = iter(blocks), np.empty(0, np.float32), 0

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        """The samples from `begin` to before `end`: fewer where the track ends before.

        Args:
            begin: not before that of the last call.
            end: behind `begin`.
        """
        self._forget(begin)
        parts, length = [self._buffer], self._first + len(self._buffer)
        while length < end and (block := next(self._blocks, None)) is not None:
            length += len(block)
            parts.append(block[max(0, begin - (length - len(block))) :])
        if len(parts) > 1:
            self._buffer = np.concatenate(parts)
            self._first = length - len(self._buffer)
        return self._buffer[max(0, begin - self._first) : max(0, end - self._first)]

    def _forget(self, begin: int) -> None:
        """Drop what is before `begin`."""
        dropped = min(max(0, begin - self._first), len(self._buffer))
        self._buffer, self._first = self._buffer[dropped:], self._first + dropped


def windows(blocks: Iterable[NDArray[np.float32]], length: int, hop: int) -> Iterator[NDArray[np.float32]]:
    """Pieces of a track, of `length` samples each, that begin `hop` samples after each other, the first with the track.

    As long as any sound is in no piece yet one more follows, with silence behind the track's end; what lies between
    pieces that do not touch counts as heard. Holds no more of the track than a piece.
    """
    track, begin, covered = Stretches(blocks), 0, 0
    while True:
        samples = track.read(begin, begin + length)
        if not len(samples) or begin + len(samples) <= covered:
            return
        yield np.pad(samples, (0, length - len(samples)))
        begin, covered = begin + hop, begin + len(samples)
