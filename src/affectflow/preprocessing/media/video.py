"""One video to its frames and sound, each with its time, by one run of ffmpeg."""

import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.tables import ArrowAppender
from affectflow.config.data.preprocessing import Decode
from affectflow.core.counting import Count
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.command import Pipes, decode_command, pictures_of, sound_of, stored_size
from affectflow.preprocessing.media.ffmpeg import Log, running
from affectflow.preprocessing.media.listed import read_listed
from affectflow.preprocessing.media.opened import media_input
from affectflow.preprocessing.media.phase import phase_notes
from affectflow.preprocessing.media.placement import Placement, Samples
from affectflow.preprocessing.media.probe import Source, probe
from affectflow.preprocessing.media.sequence import PictureSequence, find_sequence
from affectflow.preprocessing.media.trial import usable

_BLOCK_SECONDS = 10
# Seconds. Less sound than the packets announce is no damage: the delays of codecs.
_MISSING = 0.05

Row = dict[str, Any]


@dataclass
class _Decoded:
    """What came of the pictures."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0
    lost: int | None = None
    """Of the pictures of a folder, the first one that did not come."""


def decode_video(video: Video, file: Path, settings: Decode, frames: ArrowAppender, sound: ArrowAppender) -> Row:
    """Append every frame and the sound of a video, which lies in `file`, and give its row of VIDEOS.

    Raises:
        UnreadableError: no frame of it can be decoded.
        InputError: the file is missing, pictures of a folder are missing or cannot be decoded, or ffmpeg failed.
    """
    program = usable(settings.ffmpeg)
    pictures = find_sequence(file, video.numbering) if video.numbering else None
    source = probe(file, pictures, settings.sound_track)
    size = stored_size(source, settings.height)
    # One thread: with more, damaged video may decode differently every time. Sound may change its channels on the way:
    # its filters are made anew then. Those of pictures keep their size.
    media = media_input(file, pictures, **{"reinit_filter:v": 0})
    picture_stream, sound_stream = pictures_of(source, size), sound_of(source, settings.sample_rate)
    clock, log, placement = source.timeline, Log(video.video), _placement(source, settings.sample_rate)
    with ExitStack() as stack:
        reading, pipes = zip(*(os.pipe() for _ in Pipes._fields), strict=True)
        index, times, samples = (stack.enter_context(open(end, "rb")) for end in reading)  # noqa: PTH123
        command = decode_command(
            program, media, picture_stream, sound_stream, settings.quality, Pipes(*pipes), bool(clock.joints)
        )
        listener = stack.enter_context(ThreadPoolExecutor(1))
        process = stack.enter_context(running(command, log, pipes))
        listening = listener.submit(_store_sound, times, samples, video.video, clock.sound_lag, placement, sound)
        assert process.stdout
        timed = ((seconds - clock.lag, jpeg) for seconds, jpeg in read_listed(index, process.stdout))
        decoded = _store_frames(timed, video.video, source, pictures, frames)
        listening.result()
    _check(video, file, decoded, process.returncode, log, pictures)
    return _row(video, file, source, size, decoded, placement, log)


def _placement(source: Source, rate: int) -> Placement:
    if source.sound is None:
        return Placement(rate)
    return Placement(rate, source.announced_sound.overlap.made_up, source.announced_sound.absurd)


def _store_frames(
    timed_jpegs: Iterator[tuple[float, bytes]],
    video: str,
    source: Source,
    pictures: PictureSequence | None,
    frames: ArrowAppender,
) -> _Decoded:
    decoded, progress = _Decoded(), Count(video, source.expected)
    for seconds, jpeg in timed_jpegs:
        if pictures and decoded.lost is None and round(seconds * pictures.rate) != decoded.count:
            decoded.lost = decoded.count
        frames.append({"video": video, "frame": decoded.count, "time": seconds, "jpeg": jpeg})
        decoded.first, decoded.last = (decoded.first if decoded.count else seconds), seconds
        decoded.count += 1
        progress.tell(decoded.count)
    return decoded


def _store_sound(
    times: IO[bytes], samples: IO[bytes], video: str, lag: float, placement: Placement, sound: ArrowAppender
) -> None:
    """Store what comes, in blocks of one length. A failure closes both, so that ffmpeg does not wait for a reader."""
    with times, samples:
        blocks = ((seconds - lag, np.frombuffer(block, "<i2")) for seconds, block in read_listed(times, samples))
        for offset, block in _even(placement.run(blocks), placement.rate * _BLOCK_SECONDS):
            row = {"video": video, "sample_rate": placement.rate, "start": placement.start, "offset": offset}
            sound.append(row | {"samples": block})


def _even(samples: Iterable[Samples], size: int) -> Iterator[tuple[int, Samples]]:
    """Samples in blocks of `size`, the last one shorter, each with the index of its first."""
    pieces, count, offset = list[Samples](), 0, 0
    for piece in samples:
        pieces.append(piece)
        count += len(piece)
        while count >= size:
            joined = np.concatenate(pieces)
            yield offset, joined[:size]
            pieces, count, offset = [joined[size:]], count - size, offset + size
    if count:
        yield offset, np.concatenate(pieces)


def _check(
    video: Video, file: Path, decoded: _Decoded, status: int, log: Log, pictures: PictureSequence | None
) -> None:
    """InputError where ffmpeg failed, or pictures of a folder are missing among its frames."""
    count = decoded.count
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        raise InputError(f"{video.path}: ffmpeg was stopped after {count} frames; free memory and run again")
    if status != 0 or count == 0:
        message = " | ".join(log.last) or "it said nothing"
        raise InputError(
            f"{video.path}: ffmpeg stopped after {count} frames with status {status} ({message}); "
            "expected the whole video. Convert the file to mp4 with h264 and AAC, or leave it out"
        )
    if pictures and count != pictures.count:
        name = pictures.name(count if decoded.lost is None else decoded.lost)
        raise InputError(
            f"{file / name}: cannot be decoded, so that later frames would move ({count} of {pictures.count} pictures "
            "can be); copy it again, or leave the video out"
        )


def _row(
    video: Video,
    file: Path,
    source: Source,
    size: tuple[int, int],
    decoded: _Decoded,
    placement: Placement,
    log: Log,
) -> Row:
    count = decoded.count
    return {
        "video": video.video,
        "path": str(video.path),
        "digest": path_digest(file),
        "frames": count,
        "rate": (count - 1) / (decoded.last - decoded.first) if count > 1 else source.container_rate,
        "container_rate": source.container_rate,
        "width": size[0],
        "height": size[1],
        "source_width": source.width,
        "source_height": source.height,
        "has_audio": placement.placed > 0,
        "audio_seconds": placement.placed / placement.rate,
        "expected": source.expected,
        "damaged": _damaged(source, count, log),
        "sound_damaged": _sound_damaged(source, placement, log),
        "picture_track": source.picture.number,
        "picture_tracks": source.picture.count,
        "sound_track": source.sound.number if source.sound else None,
        "sound_tracks": source.sounds,
        "notes": [*source.notes, *placement.notes(), *(phase_notes(file, source.sound) if source.sound else ())],
    }


def _damaged(source: Source, decoded: int, log: Log) -> int:
    """Frames that were lost or decoded with errors. A frame is lost where the packets announce more frames than came
    and the decoder tells of errors: without any, some packets hold none."""
    lost = max(0, source.expected - decoded) if log.errors else 0
    return max(lost + log.corrupt, source.announced.corrupt)


def _sound_damaged(source: Source, placement: Placement, log: Log) -> float:
    """Seconds of sound that the packets announce and the decoder, which tells of errors, did not give; all of it where
    it cannot be decoded."""
    announced = source.announced_sound
    if source.sound is None:
        return max(announced.seconds, announced.length)
    missing = announced.seconds - placement.decoded / placement.rate
    return missing if log.errors and missing > _MISSING else 0.0
