"""A set of sound features of a shard's videos, a row for every decoded frame."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.schemas import FRAMES
from affectflow.artifacts.tables import arrow_writer, as_array, read_arrow, spans
from affectflow.core.counting import Count
from affectflow.features.extractor import SoundExtractor
from affectflow.features.resample import At, at_times
from affectflow.preprocessing.media.sounds import Sounds

Floats = NDArray[np.float32]

_SILENT_SECONDS = 4
_RATE = 16000


def write_sound_features(
    sound: Path, frames: Path, extractor: SoundExtractor, out: Path, at: At = "nearest", window: float = 0.0
) -> None:
    """Store what every decoded frame has of a set; memory stays flat in a video's length.

    A frame before the begin or after the end of the sound, and every frame of a video without any, has what the
    extractor gives for silence, and `found` is false.

    Args:
        sound: a file of `SOUND`.
        frames: the same shard's file of `FRAMES`, for their times.
        extractor: of the set.
        out: a file of `SET_FEATURES`; `of` is the video.
        at: how the set's own times become those of the frames (`affectflow.features.resample`).
        window: seconds, for `mean`.

    Raises:
        InputError: a file is missing or damaged, or the extractor cannot read the sound.
    """
    tracks = Sounds(sound)
    silence = _silence(extractor, tracks.rate or _RATE)
    schema = FeatureForm("sound", silence).schema()
    table = read_arrow(frames, FRAMES)
    with arrow_writer(out, schema) as rows:
        for video, own in spans(table["video"]).items():
            times = as_array(table["time"].slice(own.start, own.stop - own.start))
            vectors = _vectors(tracks, video, times, extractor, at, window)
            inside = tracks.inside(video, times)
            for frame, (is_inside, vector) in enumerate(zip(inside.tolist(), vectors, strict=True)):
                has_vector = is_inside and vector is not None
                feature = vector if has_vector else silence
                rows.append({"of": video, "frame": frame, "found": has_vector, "feature": feature})


def _vectors(
    tracks: Sounds, video: str, times: NDArray[np.float64], extractor: SoundExtractor, at: At, window: float
) -> Iterator[Floats | None]:
    """A vector for each time; None where the video has no sound, or less than one vector needs."""
    yielded, count = 0, Count(video, len(times))
    if video in tracks:
        start = tracks.start(video)
        pieces = extractor.stream(partial(tracks.blocks, video), tracks.rate)
        moved = ((moments + start, vectors) for moments, vectors in pieces)
        for some in at_times(moved, times, at, window, extractor.middles):
            yield from some
            yielded += len(some)
            count.tell(yielded)
    for _ in range(yielded, len(times)):
        yield None


def _silence(extractor: SoundExtractor, rate: int) -> Floats:
    """What the extractor gives for silence: the vector in the middle of a few silent seconds."""
    blocks = [np.zeros(rate, np.int16)] * _SILENT_SECONDS
    silent_vectors = np.concatenate([vectors for _, vectors in extractor.stream(lambda: blocks, rate)])
    middle: Floats = silent_vectors[len(silent_vectors) // 2]
    return middle
