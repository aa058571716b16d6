"""The log-mel spectrogram of whole sound tracks, in blocks."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from affectflow.artifacts.schemas import SOUND
from affectflow.artifacts.tables import MappedArrow, arrow_writer
from affectflow.config.data.mel_bands import check_window
from affectflow.config.data.preprocessing import Mel
from affectflow.core.counting import each
from affectflow.core.errors import InputError
from affectflow.preprocessing.audio.band_sums import BandSums
from affectflow.preprocessing.audio.filters import Filters
from affectflow.preprocessing.audio.window import MelForm

# Columns analysed at once: enough to make up for the calls, few enough to stay in the processor's cache.
_COLUMNS = 256


def spectrogram_shard(sound: Path, settings: Mel, filters: Filters, out: Path) -> None:
    """Store the spectrogram of every sound track of a file; a video without sound has no rows.

    Column k is centred at the time start + k * hop. Before its begin and after its end a track counts as
    silent (zeros), as with librosa's `center=True, pad_mode="constant"`.

    Args:
        sound: a file of the schema SOUND.
        settings: the analysis and the scale; see `LogMel`.
        filters: made with the same settings.
        out: a file of the schema MEL.

    Raises:
        InputError: the settings, the filters and the sample rate do not fit together.
    """
    stored = MappedArrow(sound, SOUND)
    rows = stored.table
    videos = rows["video"].to_pylist()
    form = MelForm(settings.n_mels, settings.hop, silence(settings))
    with arrow_writer(out, form.schema()) as writer:
        for video, group in groupby(range(len(videos)), key=videos.__getitem__):
            block_rows = list(group)
            rate, start = rows["sample_rate"][block_rows[0]].as_py(), rows["start"][block_rows[0]].as_py()
            if rate != filters.rate:
                raise InputError(
                    f"{sound}: the sound of {video!r} has {rate} Hz, the mel filters are for {filters.rate} Hz; delete "
                    "both and run again"
                )
            mel, column = LogMel(settings, filters), 0
            blocks = each(block_rows, video, len(block_rows), "blocks of sound")
            for values in mel.stream(stored.numbers("samples", row) for row in blocks):
                writer.append(
                    {
                        "video": video,
                        "start": start,
                        "hop": mel.hop / rate,
                        "bands": settings.n_mels,
                        "column": column,
                        "values": values.reshape(-1),
                    }
                )
                writer.flush()  # a row holds 10 s: as large as a batch should be
                column += len(values)


class LogMel:
    """A log-mel spectrogram at one sample rate.

    Power of the Fourier transform of Hann windows of samples in [-1, 1), summed in mel bands by `filters`, in dB and
    scaled as the settings say. `hop` and `window` are the settings' lengths rounded to whole samples.
    """

    def __init__(self, settings: Mel, filters: Filters) -> None:
        """
        Raises:
            InputError: the transform is shorter than the window.
        """
        rate = filters.rate
        self._settings, self._sums = settings, BandSums(filters.weights)
        self.hop, self.window = max(1, round(settings.hop * rate)), max(1, round(settings.window * rate))
        try:
            check_window(settings, rate)
        except ValueError as error:
            raise InputError(str(error)) from error
        hann = np.hanning(self.window + 1)[:-1]
        left_padding = (settings.n_fft - self.window) // 2
        padded = np.pad(hann, (left_padding, settings.n_fft - self.window - left_padding))
        self._taper = (padded / 32768).astype(np.float32)
        # `unit` refers to the largest power that a sine of amplitude 1 gives in a band.
        self._reference = float((hann.sum() / 2) ** 2 * filters.weights.max()) if settings.scale == "unit" else 1.0

    def stream(self, blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.float32]]:
        """The scaled spectrogram of a track that comes in blocks of any length.

        Yields arrays (columns, bands), together 1 + samples // hop columns (for an even `n_fft`): the same as
        of the whole track at once.
        """
        n_fft = self._settings.n_fft
        padding = np.zeros(n_fft // 2, np.int16)
        buffer = padding
        for block in chain(blocks, [padding]):
            buffer = np.concatenate([buffer, block])
            columns = 1 + (len(buffer) - n_fft) // self.hop if len(buffer) >= n_fft else 0
            if columns:
                yield self._analyse(buffer[: (columns - 1) * self.hop + n_fft])
                buffer = buffer[columns * self.hop :]

    def _analyse(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        frames = sliding_window_view(samples, self._settings.n_fft)[:: self.hop]
        power = np.concatenate([self._power(frames[k : k + _COLUMNS]) for k in range(0, len(frames), _COLUMNS)])
        floor_power = 10 ** (self._settings.floor / 10)
        return scaled(10 * np.log10(np.maximum(power / self._reference, floor_power)), self._settings)

    def _power(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """Power of each band, shape (columns, bands)."""
        spectrum = np.fft.rfft(frames * self._taper, axis=1)
        parts = spectrum.astype(np.complex64, copy=False).view(np.float32)  # numpy 1 computes in double precision
        parts *= parts
        return self._sums(parts[:, 0::2] + parts[:, 1::2])


def scaled(level: NDArray[np.float32], settings: Mel) -> NDArray[np.float32]:
    """Levels in dB to the numbers that networks read.

    `standard`: dB of power with reference 1, never below the floor, minus the mean, over the deviation
    (public code of Antoniadis et al.). `unit`: dB below a full-scale sine, clipped to [floor, 0] and mapped to
    [-1, 1] (Kollias and Zafeiriou, section VI). Nothing depends on the file: its loudness says something about affect.
    """
    values: NDArray[np.floating]
    if settings.scale == "standard":
        values = (np.maximum(level, settings.floor) - settings.mean) / settings.deviation
    else:
        values = 1 - 2 * np.clip(level, settings.floor, 0.0) / settings.floor
    return values.astype(np.float32)


def silence(settings: Mel) -> float:
    """The value of a band without any sound."""
    return float(scaled(np.array(settings.floor, np.float32), settings))
