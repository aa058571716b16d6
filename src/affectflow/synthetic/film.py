"""A clip's video: its actors perform in a room, and speak."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.generators import Array, generator
from affectflow.datasets.video.demo_clips import CLOCK, Clip, frame_ticks, variable_ticks
from affectflow.synthetic.encode import encode
from affectflow.synthetic.perform import Performance, perform
from affectflow.synthetic.portrait import Portrait
from affectflow.synthetic.posture import Stage
from affectflow.synthetic.scene import Room
from affectflow.synthetic.signals import Affect
from affectflow.synthetic.voice import speak

_WORKERS = 2

Progress = Callable[[int, int], None]
"""Called with the number of videos done and of all videos."""


def shoot(films: Sequence[Callable[[], None]], progress: Progress | None = None) -> None:
    """Make all films, two at a time; the first that fails ends it."""
    # Threads suffice: numpy and OpenCV let go of the interpreter, and ffmpeg is a process of its own.
    with ThreadPoolExecutor(_WORKERS) as pool:
        jobs = [pool.submit(film) for film in films]
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                job.result()
                if progress is not None:
                    progress(done, len(films))
        finally:
            pool.shutdown(cancel_futures=True)


def film(corpus: DemoCorpus, clip: Clip, affects: list[Affect], portrait: Portrait, ffmpeg: str) -> None:
    """Write a clip's video.

    Args:
        corpus: size, rate, length and seed.
        clip: who is in it, and what is awkward about it.
        affects: the affect of each actor, from left to right.
        portrait: whom they look like.
        ffmpeg: which one encodes (`decode.ffmpeg`).

    Raises:
        InputError: ffmpeg fails or the disk is full.
    """
    time = np.array(frame_ticks(corpus, clip)) / CLOCK
    performances = [
        perform(corpus, portrait, actor, affect, time) for actor, affect in zip(clip.actors, affects, strict=True)
    ]
    sound = None if clip.silent else _voices(corpus, clip, affects)
    encode(
        corpus.root / clip.path,
        _frames(corpus, clip, affects, performances, time),
        (corpus.width, corpus.height),
        corpus.rate,
        sound,
        variable_ticks(corpus.rate) if clip.variable else None,
        ffmpeg,
    )


def _voices(corpus: DemoCorpus, clip: Clip, affects: list[Affect]) -> Array:
    """The sound of a clip: all its actors speak at once, the more aroused the louder."""
    voices = [
        speak(corpus.seconds, partial(p.observed, "voice"), generator(corpus.seed, "voice", actor.subject))
        for actor, p in zip(clip.actors, affects, strict=True)
    ]
    return np.sum(voices, axis=0)


def _frames(
    corpus: DemoCorpus, clip: Clip, affects: list[Affect], performances: list[Performance], time: Array
) -> Iterator[NDArray[np.uint8]]:
    """Pictures of a clip; the room shows the mean of what it shows of each actor."""
    room = Room(corpus.width, corpus.height, generator(corpus.seed, "room", clip.video))
    stage = Stage(corpus.width, corpus.height)
    scene_affect = np.mean([p.observed("scene", time) for p in affects], axis=0)
    drift = np.cumsum(np.diff(time, prepend=0.0) * 0.05 * 2 ** (1.5 * scene_affect[:, 1]))
    for frame, (valence, arousal) in enumerate(scene_affect.tolist()):
        picture = room.show(valence, arousal, float(drift[frame]))
        for performance in performances:
            performance.draw(picture, stage, frame)
        yield picture
