"""The mel filter bank: made once a run by librosa, whose import takes longer than the sound of a video."""

import json
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.config.data.mel_bands import check_frequencies
from affectflow.config.data.preprocessing import Mel
from affectflow.core.errors import InputError


@dataclass(frozen=True)
class Filters:
    """A filter bank for sound of `rate` Hz; `weights` of each frequency of the Fourier transform in each band, shape
    (bands, n_fft // 2 + 1)."""

    rate: int
    weights: NDArray[np.float32]


def mel_filters(settings: Mel, rate: int) -> Filters:
    """Bands on Slaney's mel scale, each of unit area (librosa's default); or such bands equally far apart in Hz.

    Args:
        settings: number of bands and how they lie, length of the transform, lowest and highest frequency.
        rate: of the sound, in Hz.

    Raises:
        InputError: a frequency is above half the rate, or a band holds none.
    """
    import librosa

    try:
        check_frequencies(settings, rate)
    except ValueError as error:
        raise InputError(str(error)) from error
    if settings.bands == "linear":
        return Filters(rate, _linear_bands(settings, rate))
    weights = librosa.filters.mel(
        sr=rate,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.f_min,
        fmax=settings.f_max,
        dtype=np.float32,
    )
    return Filters(rate, weights)


def _linear_bands(settings: Mel, rate: int) -> NDArray[np.float32]:
    """Triangles of unit area, equally far apart in Hz, each as wide as two of their distances."""
    edges = np.linspace(settings.f_min, settings.f_max or rate / 2, settings.n_mels + 2)
    spacing = edges[1] - edges[0]
    frequencies = np.fft.rfftfreq(settings.n_fft, 1 / rate)
    heights = np.maximum(0, 1 - np.abs(frequencies - edges[1:-1, None]) / spacing)
    return (heights / spacing).astype(np.float32)


def write_filters(settings: Mel, rate: int, out: Path) -> None:
    """Write `mel_filters`, and what they follow from, as a NumPy file."""
    filters, origin = mel_filters(settings, rate), _origin(settings, rate)
    with atomic_path(out) as temporary:
        np.savez(temporary, allow_pickle=False, origin=np.array(origin), **vars(filters))


def read_filters(path: Path, settings: Mel) -> Filters:
    """The filter bank of a file.

    Raises:
        InputError: the file is missing, damaged or made with other settings.
    """
    filters, _ = _read(path)
    expected = settings.n_mels, settings.n_fft // 2 + 1
    if filters.weights.shape != expected:
        raise InputError(
            f"{path}: holds filters of shape {filters.weights.shape}, expected {expected} "
            "(mel.n_mels, mel.n_fft / 2 + 1); delete it and run again"
        )
    return filters


def stored_or_made(path: Path, settings: Mel, rate: int) -> Filters:
    """The filter bank of a workflow's file where it is the one that `mel_filters` would make, otherwise made.

    Raises:
        InputError: the file is damaged; as `mel_filters`.
    """
    if path.exists():
        filters, origin = _read(path)
        if origin == _origin(settings, rate):
            return filters
    return mel_filters(settings, rate)


def _origin(settings: Mel, rate: int) -> str:
    """All that a filter bank follows from."""
    chosen = settings.model_dump(include={"n_mels", "bands", "n_fft", "f_min", "f_max"})
    return json.dumps({**chosen, "rate": rate, "librosa": version("librosa")}, sort_keys=True)


def _read(path: Path) -> tuple[Filters, str]:
    """The filter bank of a file, and what it follows from."""
    try:
        with np.load(path, allow_pickle=False) as file:
            # Files of version 0.2 do not say it.
            return Filters(int(file["rate"]), file["weights"]), str(file.get("origin", ""))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a whole NumPy file ({error}); delete it and run again") from error
