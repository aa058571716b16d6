"""Every frame and the sound of a video, each with its time, by one run of ffmpeg."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.schemas import FRAMES, SOUND, VIDEOS
from affectflow.artifacts.tables import ArrowAppender, appending, write_parquet
from affectflow.config.preprocessing import Decode
from affectflow.corpus.shard import Video
from affectflow.errors import InputError
from affectflow.media.command import decode_command, stored_size
from affectflow.media.ffmpeg import Log, running
from affectflow.media.kept import Kept, Row
from affectflow.media.probe import Source, UnreadableError, probe
from affectflow.media.sequence import find_sequence
from affectflow.remote.objects import local_file

_BLOCK_SECONDS = 10
_REPORT_SECONDS = 5.0


@dataclass(frozen=True)
class DecodeOutputs:
    """Where decoding writes: see the schemas VIDEOS, FRAMES and SOUND."""

    videos: Path
    frames: Path
    sound: Path


def decode_shard(
    videos: Sequence[Video], settings: Decode, out: DecodeOutputs, kept: Kept | None = None, leave_out: bool = False
) -> None:
    """Store every frame and the sound of each video; one in storage is copied here for as long as it is read.

    A video that cannot be decoded stops no other of the shard: all are tried, and then the job fails. What it decoded
    goes to `kept`, where it is given, and is taken from there by the next try. With `leave_out` a file of which no
    frame can be decoded is no failure: its row of `videos` has 0 frames, and neither size nor rate.

    A frame is stored exactly once, in presentation order, upright, with square pixels and its own timestamp
    in seconds from the container's start, which is also the time of the first sample of the sound.

    Raises:
        InputError: a file is missing, empty, no video, cut short before its index or without any frame,
            or cannot be had from its storage; pictures of a folder are missing or cannot be decoded.
    """
    rows: list[Row] = []
    broken: list[InputError] = []
    with atomic_path(out.frames) as frames_file, atomic_path(out.sound) as sound_file:
        with (
            appending(frames_file, FRAMES, out.frames) as frames,
            appending(sound_file, SOUND, out.sound) as sound,
        ):
            for video in videos:
                try:
                    with local_file(video.path, out.videos.parent) as file:
                        row = kept.take(video.video, str(video.path), file, frames, sound) if kept else None
                        rows.append(row or _tried(video, file, settings, frames, sound, leave_out))
                except InputError as error:
                    broken.append(error)
        decoded = [row for row in rows if row["frames"]]  # a file that gave nothing is tried again
        if broken and kept and decoded:
            kept.keep(decoded, frames_file, sound_file)
        if broken:
            raise _failure(broken, len(videos))
    write_parquet(out.videos, rows, VIDEOS)
    if kept:
        kept.clear()


def _failure(broken: Sequence[InputError], videos: int) -> InputError:
    if videos == 1:
        return broken[0]
    return InputError(f"{len(broken)} of {videos} videos of the shard failed:\n" + "\n".join(map(str, broken)))


def _tried(
    video: Video, file: Path, settings: Decode, frames: ArrowAppender, sound: ArrowAppender, leave_out: bool
) -> Row:
    """Decode a video; one of which no frame can be, with `leave_out`, has a row of 0 frames."""
    try:
        return _decode(video, file, settings, frames, sound)
    except UnreadableError as error:
        if not leave_out:
            raise
        said = str(error).replace(str(file), str(video.path))
        print(f"{video.video}: left out (decode.unreadable: leave_out): {said}", file=sys.stderr)
        nothing = {"frames": 0, "has_audio": False, "audio_seconds": 0.0, "damaged": 0, "sound_damaged": 0.0}
        known = {"video": video.video, "path": str(video.path), "digest": path_digest(file), "notes": [said]}
        return dict.fromkeys(VIDEOS.names) | known | nothing


def _decode(video: Video, file: Path, settings: Decode, frames: ArrowAppender, sound: ArrowAppender) -> Row:
    pictures = find_sequence(file, video.numbering) if video.numbering else None
    found = probe(file, pictures)
    width, height = stored_size(found, settings.height)
    index_read, index_write = os.pipe()
    sound_read, sound_write = os.pipe()
    command = decode_command(file, found, (width, height), settings, index_write, sound_write, pictures)
    log, count, first, last = Log(video.video), 0, 0.0, 0.0
    lost: int | None = None
    with (
        open(index_read, "rb") as index,  # noqa: PTH123
        ThreadPoolExecutor(1) as listener,
        running(command, log, (index_write, sound_write)) as process,
    ):
        listening = listener.submit(_store_sound, sound_read, video.video, settings.sample_rate, sound)
        assert process.stdout
        progress = _Progress(video.video, found.duration)
        for seconds, jpeg in _frames(index, process.stdout):
            if pictures and lost is None and round(seconds * pictures.rate) != count:
                lost = count
            frames.append({"video": video.video, "frame": count, "time": seconds, "jpeg": jpeg})
            first, last, count = (seconds if count == 0 else first), seconds, count + 1
            progress.show(count, seconds)
        samples = listening.result()
    if process.returncode in (-signal.SIGKILL, -signal.SIGTERM):
        raise InputError(f"{video.path}: ffmpeg was stopped after {count} frames; free memory and run again")
    if process.returncode != 0 or count == 0:
        said = " | ".join(log.last) or "it said nothing"
        raise InputError(
            f"{video.path}: ffmpeg stopped after {count} frames with status {process.returncode} ({said}); "
            "expected the whole video. Convert the file to mp4 with h264 and AAC, or leave it out"
        )
    if pictures and count != pictures.count:
        name = pictures.name(count if lost is None else lost)
        raise InputError(
            f"{file / name}: cannot be decoded, so that later frames would move ({count} of {pictures.count} pictures "
            "can be); copy it again, or leave the video out"
        )
    return {
        "video": video.video,
        "path": str(video.path),
        "digest": path_digest(file),
        "frames": count,
        "rate": (count - 1) / (last - first) if count > 1 else found.container_rate,
        "container_rate": found.container_rate,
        "width": width,
        "height": height,
        "source_width": found.width,
        "source_height": found.height,
        "has_audio": samples > 0,
        "audio_seconds": samples / settings.sample_rate,
        "expected": found.expected,
        "damaged": _damaged(found, count, log),
        "sound_damaged": 0.0,
        "picture_track": found.picture.number,
        "picture_tracks": found.picture.of,
        "sound_track": found.sound.number if found.sound else None,
        "sound_tracks": found.sounds,
        "notes": list(found.notes),
    }


def _damaged(found: Source, decoded: int, log: Log) -> int:
    """Frames that were lost or decoded with errors. A frame is lost where the packets announce more frames than came
    and the decoder tells of errors: without any, some packets hold none."""
    lost = max(0, found.expected - decoded) if log.errors else 0
    return max(lost + log.corrupt, found.corrupt)


def _frames(index: IO[bytes], pictures: IO[bytes]) -> Iterator[tuple[float, bytes]]:
    """Time in seconds and JPEG of each frame, from ffmpeg's `framecrc` lines (stream, dts, pts, duration,
    size, checksum) and the pictures that they describe."""
    tick = 1.0, 1.0
    for line in index:
        if line.startswith(b"#tb 0:"):
            numerator, denominator = line.split(b":")[1].split(b"/")
            tick = float(numerator), float(denominator)
        elif not line.startswith(b"#"):
            fields = line.split(b",")
            size = int(fields[4])
            jpeg = pictures.read(size)
            if len(jpeg) == size:  # shorter only when ffmpeg died, which its status tells
                yield int(fields[2]) * tick[0] / tick[1], jpeg


def _store_sound(descriptor: int, video: str, rate: int, sound: ArrowAppender) -> int:
    """Store the samples that come from `descriptor` in blocks; gives their number."""
    offset = 0
    with open(descriptor, "rb") as stream:
        while block := stream.read(2 * rate * _BLOCK_SECONDS):
            samples = np.frombuffer(block, "<i2")
            sound.append({"video": video, "sample_rate": rate, "start": 0.0, "offset": offset, "samples": samples})
            offset += len(samples)
    return offset


class _Progress:
    """A line on standard error every few seconds."""

    def __init__(self, video: str, duration: float | None) -> None:
        self._video, self._of = video, f" of {duration:.0f}" if duration else ""
        self._next = time.monotonic() + _REPORT_SECONDS

    def show(self, frames: int, seconds: float) -> None:
        if time.monotonic() >= self._next:
            print(f"{self._video}: {frames} frames, {seconds:.0f}{self._of} s", file=sys.stderr, flush=True)
            self._next = time.monotonic() + _REPORT_SECONDS
