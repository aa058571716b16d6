"""A copy of a video with something drawn on every frame, with its sound."""

import errno
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import ffmpeg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.schemas import FRAMES
from affectflow.artifacts.tables import read_arrow
from affectflow.errors import InputError
from affectflow.media.command import SOUND_FILTER
from affectflow.media.ffmpeg import QUIET, Log, ffmpeg_binary, running
from affectflow.media.probe import probe
from affectflow.media.probe import source as address

Picture = NDArray[np.uint8]
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
    with_sound = probe(source).has_audio
    stored = _stored(frames, video)
    start = stored["time"][0].as_py()
    with atomic_path(out) as temporary:
        log = Log(out.name)
        with running(_command(source, with_sound, start, temporary), log, stdin=True) as process:
            assert process.stdin
            with suppress(BrokenPipeError):  # ffmpeg ended first: its status says why
                for chunk in _ivf(_pictures(stored, draw), start):
                    process.stdin.write(chunk)
        if process.returncode != 0:
            said = " | ".join(log.last)
            if "No space left on device" in said:
                raise OSError(errno.ENOSPC, "No space left on device", str(out))
            raise InputError(
                f"{out}: ffmpeg ended with status {process.returncode} ({said}); expected a whole overlay. "
                "Use an ffmpeg with the encoders libx264 and aac (`affectflow doctor`)"
            )


def _stored(frames: Path, video: str) -> pa.Table:
    table = read_arrow(frames, FRAMES)
    first = pc.index(table["video"], video).as_py()
    if first < 0:
        raise InputError(f"{frames}: holds no frame of {video}; decode the video again")
    return table.slice(first, pc.sum(pc.equal(table["video"], video)).as_py())


def _pictures(stored: pa.Table, draw: Callable[[int, Picture], Picture]) -> Iterator[tuple[float, Picture]]:
    """Time and drawn picture of each frame; memory holds a few of them."""
    for batch in stored.to_batches(max_chunksize=16):
        for row in batch.to_pylist():
            picture = cv2.imdecode(np.frombuffer(row["jpeg"], np.uint8), cv2.IMREAD_COLOR)
            yield row["time"], draw(row["frame"], np.asarray(picture, np.uint8))


def _ivf(pictures: Iterator[tuple[float, Picture]], start: float) -> Iterator[bytes]:
    """Pictures as JPEG in IVF, the simplest container in which every frame has its own time (since `start`)."""
    last = -1
    for seconds, picture in pictures:
        if last < 0:
            height, width = picture.shape[:2]
            yield struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"MJPG", width, height, _TICKS, 1, 0, 0)
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
        last = max(round((seconds - start) * _TICKS), last + 1)
        yield struct.pack("<IQ", len(jpeg), last) + jpeg


def _command(source: Path, with_sound: bool, start: float, out: Path) -> list[str]:
    # ffmpeg lets every input begin at 0: the offset puts the first frame back at its time.
    drawn = ffmpeg.input("pipe:0", f="ivf", itsoffset=start)
    streams = [drawn["v:0"]]
    sound = {}
    outputs = []
    if with_sound:
        media = ffmpeg.input(address(source), protocol_whitelist="file")
        streams.append(media["a:0"])
        sound = {"c:a": "aac", "af": SOUND_FILTER.format(rate=48_000), "ac": 2}
        # ffmpeg sets a file's clock by the streams in use: with the picture copied to nowhere, the sound
        # stays on the clock by which the frames were decoded.
        outputs.append(media["V:0"].output("-", c="copy", f="null"))
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
        crf=20,
        # Some versions of the mp4 writer get the length wrong with B-frames at a variable rate.
        bf=0,
        **{"c:v": "libx264"},
        **sound,
    )
    command = ffmpeg.merge_outputs(shown, *outputs).global_args(*QUIET, "-y")
    return list(command.compile(cmd=ffmpeg_binary()))
