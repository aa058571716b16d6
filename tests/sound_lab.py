"""Small artifacts of sound and frames for the tests of feature sets."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from affectflow.artifacts.schemas import FRAMES, SOUND
from affectflow.artifacts.tables import arrow_writer


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


def voice(seconds: float, rate: int = 16000) -> np.ndarray:
    """A voice that rises and falls, with pauses and noise, as int16."""
    times = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(150 + 30 * np.sin(2 * times)) / rate
    tones = sum(np.sin(k * phase) / k for k in range(1, 8))
    noise = np.random.default_rng(3).normal(0, 0.003, len(times))
    return ((0.2 * tones * (np.sin(3 * times) > -0.3) + noise) * 32767).astype(np.int16)
