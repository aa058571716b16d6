"""Stored sound, read block by block: memory does not grow with a video's length."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import SOUND
from affectflow.artifacts.tables import MappedArrow


class Sounds:
    """The sound of the videos of a shard, memory-mapped.

    Raises:
        InputError: the file is missing, cut short or of another version.
    """

    def __init__(self, path: Path) -> None:
        self._file = MappedArrow(path, SOUND)
        self._rows = self._file.table
        names = self._rows["video"].to_pylist()
        self._places = {name: list(group) for name, group in groupby(range(len(names)), key=names.__getitem__)}

    @property
    def rate(self) -> int:
        """Samples a second; 0 where no video has sound."""
        return int(self._rows["sample_rate"][0].as_py()) if len(self._rows) else 0

    def __contains__(self, video: str) -> bool:
        return video in self._places

    def start(self, video: str) -> float:
        """Time of the first sample in seconds."""
        return float(self._rows["start"][self._places[video][0]].as_py())

    def inside(self, video: str, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which times the sound covers."""
        if video not in self:
            return np.zeros(len(times), np.bool_)
        last = self._places[video][-1]
        samples = self._rows["offset"][last].as_py() + len(self._file.numbers("samples", last))
        start = self.start(video)
        return np.asarray((times >= start) & (times <= start + samples / self.rate))

    def blocks(self, video: str) -> Iterator[NDArray[np.int16]]:
        """The samples in their order."""
        return (self._file.numbers("samples", place) for place in self._places[video])
