"""A copy of a video with its sound: with something drawn on every frame, or as it was decoded."""

import errno
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import cv2
import ffmpeg

from affectflow.artifacts.atomic import atomic_path
from affectflow.errors import InputError
from affectflow.media.command import SOUND_FILTER
from affectflow.media.ffmpeg import QUIET, Log, ffmpeg_binary, running
from affectflow.media.pictures import Frames, Picture, decode
from affectflow.media.probe import Source, probe
from affectflow.media.probe import source as address

Timed = Iterator[tuple[float, bytes | memoryview]]
"""JPEGs with their times in seconds."""

_TICKS = 90_000  # a second
_QUALITY = 95


def write_overlay(source: Path, frames: Path, video: str, draw: Callable[[int, Picture], Picture], out: Path) -> None:
    """Write an mp4 (h264, AAC) that browsers play, with the frames' own times and the sound of the source.

    Args:
        source: the media file that was decoded.
        frames: its decoded frames, a file of the schema FRAMES.
        video: its name there.
        draw: from a frame's index and picture (height, width, 3), BGR, to the picture to show; all pictures
            that it gives have one size.
        out: the file to write; it appears only when whole.

    Raises:
        InputError: no frame of the video is stored, the disk is full, or ffmpeg cannot encode.
    """
    stored = Frames(frames)
    drawn = (_jpeg(draw(frame, picture)) for frame, picture in enumerate(stored.pictures(video)))
    _encode(source, zip(stored.times(video), drawn, strict=True), out, {"crf": 20})


def write_copy(source: Path, frames: Path, video: str, out: Path) -> None:
    """Write the stored frames as they are, otherwise as `write_overlay` does: a video that any browser plays.

    A picture that stands alone comes every 24 frames, so that a jump to any frame decodes few others.
    """
    stored = Frames(frames)
    jpegs = (stored.jpeg(video, frame) for frame in range(stored.count(video)))
    _encode(source, zip(stored.times(video), jpegs, strict=True), out, {"crf": 23, "g": 24})


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _encode(source: Path, pictures: Timed, out: Path, quality: dict[str, int]) -> None:
    found = probe(source)
    first = next(pictures)
    with atomic_path(out) as temporary:
        log = Log(out.name)
        with running(_command(source, found, first[0], temporary, quality), log, stdin=True) as process:
            assert process.stdin
            with suppress(BrokenPipeError):  # ffmpeg ended first: its status says why
                for chunk in _ivf(chain([first], pictures)):
                    process.stdin.write(chunk)
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


def _command(source: Path, found: Source, start: float, out: Path, quality: dict[str, int]) -> list[str]:
    # ffmpeg lets every input begin at 0: the offset puts the first frame back at its time.
    drawn = ffmpeg.input("pipe:0", f="ivf", itsoffset=start)
    streams = [drawn["v:0"]]
    sound = {}
    outputs = []
    if found.sound:
        media = ffmpeg.input(address(source), protocol_whitelist="file")
        streams.append(media[str(found.sound.index)])
        sound = {"c:a": "aac", "af": SOUND_FILTER.format(rate=48_000), "ac": 2}
        # ffmpeg sets a file's clock by the streams in use: with the picture copied to nowhere, the sound
        # stays on the clock by which the frames were decoded.
        outputs.append(media[str(found.picture.index)].output("-", c="copy", f="null"))
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
    command = ffmpeg.merge_outputs(shown, *outputs).global_args(*QUIET, "-y")
    return list(command.compile(cmd=ffmpeg_binary()))
