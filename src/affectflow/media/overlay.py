"""A copy of a video with its sound: with something drawn on every frame, or as it was decoded."""

import errno
import os
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path

import cv2
import ffmpeg

from affectflow.artifacts.atomic import atomic_path
from affectflow.errors import InputError
from affectflow.media.ffmpeg import QUIET, Log, ffmpeg_binary, running
from affectflow.media.opened import source as address
from affectflow.media.pictures import Frames, Picture, decode
from affectflow.media.sounds import Sounds

Timed = Iterator[tuple[float, bytes | memoryview]]
"""JPEGs with their times in seconds."""

_TICKS = 90_000  # a second
_QUALITY = 95


def write_overlay(frames: Path, sound: Path, video: str, draw: Callable[[int, Picture], Picture], out: Path) -> None:
    """Write an mp4 (h264, AAC) that browsers play, with the frames' own times and the stored sound: what is heard is
    what was scored.

    Args:
        frames: the decoded frames of the video, a file of the schema FRAMES.
        sound: its sound, a file of the schema SOUND.
        video: its name there.
        draw: from a frame's index and picture (height, width, 3), BGR, to the picture to show; all pictures
            that it gives have one size.
        out: the file to write; it appears only when whole.

    Raises:
        InputError: no frame of the video is stored, the disk is full, or ffmpeg cannot encode.
    """
    stored = Frames(frames)
    drawn = (_jpeg(draw(frame, picture)) for frame, picture in enumerate(stored.pictures(video)))
    _encode(zip(stored.times(video), drawn, strict=True), Sounds(sound), video, out, {"crf": 20})


def write_copy(frames: Path, sound: Path, video: str, out: Path) -> None:
    """Write the stored frames as they are, otherwise as `write_overlay` does: a video that any browser plays.

    A picture that stands alone comes every 24 frames, so that a jump to any frame decodes few others.
    """
    stored = Frames(frames)
    jpegs = (stored.jpeg(video, frame) for frame in range(stored.count(video)))
    _encode(zip(stored.times(video), jpegs, strict=True), Sounds(sound), video, out, {"crf": 23, "g": 24})


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _encode(pictures: Timed, sounds: Sounds, video: str, out: Path, quality: dict[str, int]) -> None:
    first = next(pictures)
    with atomic_path(out) as temporary, ThreadPoolExecutor(1) as speaker:
        log, reading, writing = Log(out.name), *os.pipe()
        command = _command(sounds, video, first[0], reading, temporary, quality)
        with running(command, log, (reading,), stdin=True) as process:
            speaking = speaker.submit(_speak, sounds, video, writing)
            assert process.stdin
            with suppress(BrokenPipeError):  # ffmpeg ended first: its status says why
                for chunk in _ivf(chain([first], pictures)):
                    process.stdin.write(chunk)
        speaking.result()
        if process.returncode != 0:
            said = " | ".join(log.last)
            if "No space left on device" in said:
                raise OSError(errno.ENOSPC, "No space left on device", str(out))
            raise InputError(
                f"{out}: ffmpeg ended with status {process.returncode} ({said}); expected a whole video. "
                "Use an ffmpeg with the encoders libx264 and aac (`affectflow doctor`)"
            )


def _ivf(pictures: Timed) -> Iterator[bytes]:
    """Times and JPEGs in IVF, the simplest container in which every frame has its own time (since the first)."""
    start, last = 0.0, -1
    for seconds, jpeg in pictures:
        if last < 0:
            start = seconds
            height, width = decode(jpeg, "frame 0").shape[:2]
            yield struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"MJPG", width, height, _TICKS, 1, 0, 0)
        last = max(round((seconds - start) * _TICKS), last + 1)
        yield struct.pack("<IQ", len(jpeg), last) + jpeg


def _speak(sounds: Sounds, video: str, descriptor: int) -> None:
    """Write the samples of a video, none where it has no sound."""
    with suppress(BrokenPipeError), open(descriptor, "wb") as stream:
        for block in sounds.blocks(video) if video in sounds else ():
            stream.write(block.tobytes())


def _command(sounds: Sounds, video: str, start: float, samples: int, out: Path, quality: dict[str, int]) -> list[str]:
    # ffmpeg lets every input begin at 0: the offsets put the first frame and the first sample back at their times.
    streams = [ffmpeg.input("pipe:0", f="ivf", itsoffset=start)["v:0"]]
    sound = {}
    if video in sounds:
        begin = sounds.start(video)
        raw = {"f": "s16le", "ar": sounds.rate, "ac": 1, "itsoffset": begin}
        streams.append(ffmpeg.input(f"pipe:{samples}", **raw)["a:0"])
        sound = {"c:a": "aac"}
    shown = ffmpeg.output(
        *streams,
        address(out),
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
        **sound,
    )
    return list(shown.global_args(*QUIET, "-y").compile(cmd=ffmpeg_binary()))
