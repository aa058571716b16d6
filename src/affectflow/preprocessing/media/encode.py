"""Pictures and sound, each with its time, to an mp4 that browsers play."""

import errno
import os
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.preprocessing.media.ffmpeg import QUIET, Log, running
from affectflow.preprocessing.media.opened import source

Timed = Iterator[tuple[float, bytes | memoryview]]
"""JPEGs with their times in seconds."""

_TICKS = 90_000  # a second


@dataclass(frozen=True)
class MonoSound:
    """Sound of one channel."""

    rate: int
    start: float
    """Time of the first sample in seconds."""
    blocks: Iterable[NDArray[np.int16]]


def write_mp4(
    binary: str, pictures: Timed, size: tuple[int, int], sound: MonoSound | None, out: Path, quality: dict[str, int]
) -> None:
    """Write h264 and AAC.

    Args:
        binary: an ffmpeg.
        pictures: JPEGs of one size, at least one.
        size: its width and height.
        sound: what is heard, None for a file without sound.
        out: the file; it appears only when whole.
        quality: options of the encoder x264.

    Raises:
        InputError: the disk is full, or ffmpeg cannot encode.
    """
    with atomic_path(out) as temporary:
        if (message := encode(binary, pictures, size, sound, temporary, quality)) is not None:
            if "No space left on device" in message:
                raise OSError(errno.ENOSPC, "No space left on device", str(out))
            raise InputError(
                f"{out}: ffmpeg failed ({message}); expected a whole video. Use an ffmpeg with the encoders libx264 "
                f"and aac (`{affectflow('doctor')}`)"
            )


def encode(
    binary: str, pictures: Timed, size: tuple[int, int], sound: MonoSound | None, out: Path, quality: dict[str, int]
) -> str | None:
    """The same to a file as it is; gives ffmpeg's last errors where it failed, None where it ended well."""
    first, log = next(pictures), Log(out.name)
    reading, writing = os.pipe()
    command = _command(binary, sound, first[0], reading, out, quality)
    with ThreadPoolExecutor(1) as speaker, running(command, log, (reading,), stdin=True) as process:
        speaking = speaker.submit(_write_sound, sound, writing)
        assert process.stdin
        with suppress(BrokenPipeError):  # ffmpeg ended first: its status says why
            for chunk in _ivf(chain([first], pictures), size):
                process.stdin.write(chunk)
    speaking.result()
    return " | ".join(log.last) or f"status {process.returncode}" if process.returncode else None


def _write_sound(sound: MonoSound | None, descriptor: int) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb") as stream:
        for block in sound.blocks if sound else ():
            stream.write(block.tobytes())


def _ivf(pictures: Timed, size: tuple[int, int]) -> Iterator[bytes]:
    """Times and JPEGs in IVF, the simplest container in which every frame has its own time (since the first)."""
    start, last = 0.0, -1
    yield struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"MJPG", *size, _TICKS, 1, 0, 0)
    for seconds, jpeg in pictures:
        if last < 0:
            start = seconds
        last = max(round((seconds - start) * _TICKS), last + 1)
        yield struct.pack("<IQ", len(jpeg), last) + jpeg


def _command(
    binary: str, sound: MonoSound | None, start: float, samples: int, out: Path, quality: dict[str, int]
) -> list[str]:
    # ffmpeg lets every input begin at 0: the offsets put the first frame and the first sample back at their times.
    streams = [ffmpeg.input("pipe:0", f="ivf", itsoffset=start)["v:0"]]
    sound_options = {}
    if sound:
        raw = {"f": "s16le", "ar": sound.rate, "ac": 1, "itsoffset": sound.start}
        streams.append(ffmpeg.input(f"pipe:{samples}", **raw)["a:0"])
        sound_options = {"c:a": "aac"}
    output = ffmpeg.output(
        *streams,
        source(out),
        # h264 in yuv420p has even sizes only.
        vf="pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_range=tv,format=yuv420p",
        fps_mode="passthrough",
        enc_time_base=f"1:{_TICKS}",
        video_track_timescale=_TICKS,
        movflags="+faststart",
        f="mp4",
        preset="veryfast",
        # Some versions of the mp4 writer get the length wrong with B-frames at a variable rate.
        bf=0,
        **{"c:v": "libx264"},
        **quality,
        **sound_options,
    )
    return list(output.global_args(*QUIET, "-y").compile(cmd=binary))
