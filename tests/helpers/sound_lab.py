"""Sound for the tests of feature sets: tracks, artifacts of them, and what an extractor says of them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import FRAMES, SOUND
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.system.execution import Device
from affectflow.features.extractor import SoundExtractor

CPU = Device(gpus=0, threads=1)


def voice(seconds: float, rate: int = 16000, seed: int = 0) -> NDArray[np.int16]:
    """Something like speech: a gliding tone with overtones that swells and falls, some noise, and not of mean 0."""
    time = np.arange(round(seconds * rate)) / rate
    draws = np.random.default_rng(seed)
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time + seed)) / rate
    sound = sum(np.sin(k * phase) / k for k in range(1, 12)) * np.sin(2 * np.pi * 1.3 * time) ** 2
    return np.round(4000 * sound + 200 * draws.normal(size=len(time)) + 300).clip(-32768, 32767).astype(np.int16)


def cut(samples: NDArray[np.int16], length: int) -> Callable[[], Iterator[NDArray[np.int16]]]:
    """The track in blocks, as often as it is asked for."""
    return lambda: (samples[first : first + length] for first in range(0, len(samples), length))


def extract(
    extractor: SoundExtractor, samples: NDArray[np.int16], rate: int = 16000, length: int = 10_000
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """All times and vectors of a track, its pieces joined."""
    pieces = list(extractor.stream(cut(samples, length), rate))
    assert all(len(times) == len(vectors) > 0 and vectors.dtype == np.float32 for times, vectors in pieces)
    times = np.concatenate([np.empty(0), *(times for times, _ in pieces)])
    return times, np.concatenate([np.empty((0, extractor.size), np.float32), *(vectors for _, vectors in pieces)])


def write_sound(path: Path, tracks: Mapping[str, np.ndarray], rate: int, start: float = 0.0, block: int = 5000) -> Path:
    """Tracks of int16 samples by video, in blocks."""
    with arrow_writer(path, SOUND) as rows:
        for video, samples in tracks.items():
            for offset in range(0, len(samples), block):
                row = {"video": video, "sample_rate": rate, "start": start, "offset": offset}
                rows.append(row | {"samples": samples[offset : offset + block]})
    return path


def write_frames(path: Path, videos: Mapping[str, np.ndarray]) -> Path:
    """Frames at these times, by video, without pictures."""
    with arrow_writer(path, FRAMES) as rows:
        for video, times in videos.items():
            for frame, time in enumerate(times.tolist()):
                rows.append({"video": video, "frame": frame, "time": time, "jpeg": b""})
    return path
