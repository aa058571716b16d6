"""The piece of a spectrogram around each frame's time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from affectflow.artifacts.schemas import MEL
from affectflow.artifacts.tables import as_array, read_arrow, rows_of
from affectflow.core.errors import InputError

_AT_ONCE = 64
"""Windows that are looked at together."""
_ROUNDING = 1e-4
"""By which silence may differ from itself."""


@dataclass(frozen=True)
class MelForm:
    """What holds for a whole file of spectrograms, also for its videos without sound; kept in its schema.

    `hop` is the distance of columns in seconds as the settings say (the file's rows hold it rounded to whole
    samples), `silence` the value of a band without any sound.
    """

    bands: int
    hop: float
    silence: float

    def schema(self) -> pa.Schema:
        return MEL.with_metadata({name: repr(value) for name, value in vars(self).items()})

    @staticmethod
    def of(table: pa.Table, path: Path) -> "MelForm":
        metadata: dict[bytes, Any] = table.schema.metadata or {}
        try:
            return MelForm(int(metadata[b"bands"]), float(metadata[b"hop"]), float(metadata[b"silence"]))
        except KeyError as error:
            raise InputError(
                f"{path}: its schema does not say {error.args[0].decode()}; it was made by another version: "
                "delete it and run again"
            ) from error

    def columns(self, seconds: float) -> int:
        """Columns of a window of so many seconds: the same for all videos, whatever their sample rate."""
        return max(1, round(seconds / self.hop))


class MelTrack:
    """The spectrogram of one video, memory-mapped.

    `blocks` are arrays (columns, bands) that follow each other from column 0 on; none for a video without
    sound. `start` is the time of the centre of column 0 and `hop` the distance of columns in seconds.
    """

    def __init__(self, form: MelForm, blocks: list[NDArray[np.float32]], start: float, hop: float) -> None:
        self.form, self._blocks, self._start, self._hop = form, blocks, start, hop

    @classmethod
    def open(cls, path: Path, video: str) -> "MelTrack":
        """Find a video in a file of the schema MEL; one that is not in it has no sound.

        Raises:
            InputError: the file is missing or of another form.
        """
        table = read_arrow(path, MEL)
        form = MelForm.of(table, path)
        row_numbers = rows_of(table["video"], video)
        if not len(row_numbers):
            return cls(form, [], 0.0, form.hop)
        rows = table.slice(int(row_numbers[0]), len(row_numbers))
        blocks = [as_array(chunk.flatten()).reshape(-1, form.bands) for chunk in rows["values"].chunks]
        return cls(form, blocks, rows["start"][0].as_py(), rows["hop"][0].as_py())

    def silent(self) -> "MelTrack":
        """A track of the same form without any sound."""
        return MelTrack(self.form, [], 0.0, self.form.hop)

    def window(self, times: ArrayLike, seconds: float) -> NDArray[np.float32]:
        """The window centred at each time.

        Args:
            times: times in seconds, shape (count,).
            seconds: length of the window.

        Returns:
            Float32 array (count, bands, columns) of round(seconds / hop) columns, bands from the lowest up.
            The window's centre, the mean of its columns' centres, is the possible one nearest to the time.
            Columns before the sound's begin and after its end hold the value of silence.
        """
        moments = np.asarray(times, dtype=np.float64)
        columns = self.form.columns(seconds)
        if not len(moments):
            return np.empty((0, self.form.bands, columns), np.float32)
        first = np.floor((moments - self._start) / self._hop - (columns - 1) / 2 + 0.5).astype(np.int64)
        low, high = int(first.min()), int(first.max()) + columns
        if high - low > len(moments) * columns:  # far apart: the gaps between are not worth reading
            return np.concatenate([self.window(moments[i : i + 1], seconds) for i in range(len(moments))])
        windows = sliding_window_view(self._span(low, high), columns, axis=1)
        return np.ascontiguousarray(windows[:, first - low].transpose(1, 0, 2))

    def heard(self, times: ArrayLike, seconds: float) -> NDArray[np.bool_]:
        """Whether the window centred at each time, as of `window`, holds anything but silence, shape (count,)."""
        moments = np.asarray(times, dtype=np.float64)
        parts = (self.window(moments[k : k + _AT_ONCE], seconds) for k in range(0, len(moments), _AT_ONCE))
        loud = [(part > self.form.silence + _ROUNDING).any(axis=(1, 2)) for part in parts]
        return np.concatenate([np.zeros(0, np.bool_), *loud])

    def _span(self, low: int, high: int) -> NDArray[np.float32]:
        """Columns low to high, shape (bands, columns)."""
        span = np.full((self.form.bands, high - low), self.form.silence, np.float32)
        begin = 0
        for block in self._blocks:
            end = begin + len(block)
            left, right = max(begin, low), min(end, high)
            if left < right:
                span[:, left - low : right - low] = block[left - begin : right - begin].T
            begin = end
        return span
