"""Every frame and the sound of the videos of a shard, each with its time."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.schemas import FRAMES, SOUND, VIDEOS
from affectflow.artifacts.tables import ArrowAppender, appending, write_parquet
from affectflow.config.data.preprocessing import Decode
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.kept import Kept
from affectflow.preprocessing.media.probe import UnreadableError
from affectflow.preprocessing.media.video import Row, decode_video
from affectflow.remote.objects import local_file


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
    errors: list[InputError] = []
    with atomic_path(out.frames) as frames_file, atomic_path(out.sound) as sound_file:
        with (
            appending(frames_file, FRAMES, out.frames) as frames,
            appending(sound_file, SOUND, out.sound) as sound,
        ):
            for video in videos:
                try:
                    with local_file(video.path, out.videos.parent) as file:
                        row = kept.take(video.video, str(video.path), file, frames, sound) if kept else None
                        rows.append(row or _try_decode(video, file, settings, frames, sound, leave_out))
                except InputError as error:
                    errors.append(error)
        decoded = [row for row in rows if row["frames"]]  # a file that gave nothing is tried again
        if errors and kept and decoded:
            kept.keep(decoded, frames_file, sound_file)
        if errors:
            raise _failure(errors, len(videos))
    write_parquet(out.videos, rows, VIDEOS)
    if kept:
        kept.clear()


def _failure(errors: Sequence[InputError], videos: int) -> InputError:
    if videos == 1:
        return errors[0]
    return InputError(f"{len(errors)} of {videos} videos of the shard failed:\n" + "\n".join(map(str, errors)))


def _try_decode(
    video: Video, file: Path, settings: Decode, frames: ArrowAppender, sound: ArrowAppender, leave_out: bool
) -> Row:
    """Decode a video; one of which no frame can be, with `leave_out`, has a row of 0 frames."""
    try:
        row = decode_video(video, file, settings, frames, sound)
    except UnreadableError as error:
        if not leave_out:
            raise
        message = str(error).replace(str(file), str(video.path))
        print(f"{video.video}: left out (decode.unreadable: leave_out): {message}", file=sys.stderr)
        no_frames = {"frames": 0, "has_audio": False, "audio_seconds": 0.0, "damaged": 0, "sound_damaged": 0.0}
        details = {"video": video.video, "path": str(video.path), "digest": path_digest(file), "notes": [message]}
        return dict.fromkeys(VIDEOS.names) | details | no_frames
    for note in row["notes"]:
        print(f"{video.video}: {note}", file=sys.stderr)
    return row
