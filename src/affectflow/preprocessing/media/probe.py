"""What a media file holds: what its packets announce, and the first frame of the tracks that are taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from affectflow.core.errors import InputError
from affectflow.preprocessing.media.clock import Timeline, timeline
from affectflow.preprocessing.media.colour import Colour, colour_of
from affectflow.preprocessing.media.conversion import colour_notes
from affectflow.preprocessing.media.mixing import mix_notes
from affectflow.preprocessing.media.opened import first_frame, open_media
from affectflow.preprocessing.media.packets import Packets, survey
from affectflow.preprocessing.media.sequence import PictureSequence
from affectflow.preprocessing.media.tracks import SoundTrack, Track, picture_track, pictures_of, sound_track

_AGAIN = "Copy or record it again, or leave it out"


class UnreadableError(InputError):
    """There is a file, and no frame of it can be decoded."""


@dataclass(frozen=True)
class Source:
    """A media file with pictures.

    `width` and `height` are the pixels of the first frame after the rotation that the file asks for;
    `aspect` is the width of a pixel over its height; `container_rate` (frames a second) and `duration` (s)
    are what the container says, None where it says nothing.
    """

    width: int
    height: int
    aspect: float
    container_rate: float | None
    duration: float | None
    colour: Colour
    picture: Track
    sound: SoundTrack | None
    """None where there is none, or none that can be decoded."""
    sounds: int
    """How many sound tracks it has."""
    announced: Packets
    """What the packets of the pictures announce."""
    announced_sound: Packets
    """The same of the sound that is taken or, where none can be, of the first."""
    expected: int
    """Frames that the file announces."""
    timeline: Timeline
    notes: tuple[str, ...] = ()
    """Sentences on what is odd about the file and what was made of it."""


def probe(path: Path, pictures: PictureSequence | None = None, sound: int | None = None) -> Source:
    """Read what a media file, or the pictures of the folder `path`, hold, and decode their first frame.

    Args:
        path: a media file, or a folder.
        pictures: the pictures of the folder.
        sound: which of its sound tracks is wanted, from 1 on; where not given, the one that is marked as default,
            else the longest, and the next one where that cannot be decoded.

    Raises:
        UnreadableError: the file is empty, not a video, cut short before its index, or no frame of it can be decoded.
        InputError: the file is missing, or has sound tracks and not the one that is wanted.
    """
    if pictures is None:
        _check_file(path)
    try:
        with open_media(path, pictures) as container:
            _check_kind(path, container, pictures is not None)
            return _read(path, container, pictures, sound)
    except av.FFmpegError as error:
        raise _unopened_error(path, error) from error


def _read(path: Path, container: Any, pictures: PictureSequence | None, sound: int | None) -> Source:
    picture_streams, sound_streams = pictures_of(container), list(container.streams.audio)
    announced = (
        survey(container, [*picture_streams, *sound_streams])
        if pictures is None
        else _count_pictures(picture_streams, pictures)
    )
    picture, notes = picture_track(picture_streams, announced)
    stream = container.streams[picture.index]
    first, depth = first_frame(path, pictures, picture.index)
    if first is None:
        raise UnreadableError(f"{path}: no frame can be decoded ({_codec(stream)}); expected at least one. {_AGAIN}")
    track, sound_notes = sound_track(path, sound_streams, announced, sound)
    picture_packets, sound_packets = (
        announced[picture.index],
        announced[(track or sound_streams[0]).index] if sound_streams else Packets(),
    )
    rotated, aspect = first.rotation % 180 == 90, float(stream.sample_aspect_ratio or 1)
    colour = colour_of(first)
    clock = timeline(container, stream, depth, container.streams[track.index] if track else None, announced)
    return Source(
        width=first.height if rotated else first.width,
        height=first.width if rotated else first.height,
        aspect=1 / aspect if rotated else aspect,
        container_rate=float(stream.average_rate) if stream.average_rate else None,
        duration=container.duration / av.time_base if container.duration else None,
        colour=colour,
        picture=picture,
        sound=track,
        sounds=len(sound_streams),
        announced=picture_packets,
        announced_sound=sound_packets,
        expected=_expected(container, stream, picture_packets),
        timeline=clock,
        notes=(*notes, *sound_notes, *clock.notes, *colour_notes(colour), *(mix_notes(track.layout) if track else ())),
    )


def _count_pictures(streams: Sequence[Any], pictures: PictureSequence) -> dict[int, Packets]:
    return {stream.index: Packets(count=pictures.count) for stream in streams}


def _expected(container: Any, stream: Any, announced: Packets) -> int:
    """Packets with a frame to show. An mp4's index also counts those that the file was cut before."""
    indexed = stream.frames - announced.hidden if container.format.name.startswith("mov,") else 0
    return max(announced.count, indexed)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; expected a video file")
    if path.stat().st_size == 0:
        raise UnreadableError(f"{path}: the file is empty (0 bytes); expected a video. Copy it again or leave it out")


def _check_kind(path: Path, container: Any, pictures: bool) -> None:
    kind = container.format.name
    if not pictures and (kind in ("tty", "image2") or kind.endswith("_pipe")):
        raise UnreadableError(f"{path}: a still picture or a text ({kind}), not a video; leave it out")
    if not pictures_of(container):
        streams = (
            "; ".join(f"{stream.type.capitalize()}: {_codec(stream)}" for stream in container.streams)
            or "no stream at all"
        )
        raise UnreadableError(f"{path}: no video stream (found {streams}); expected a video. Leave it out")


def _codec(stream: Any) -> str:
    return str(stream.codec_context.codec.canonical_name) if stream.codec_context else "of an unknown codec"


def _unopened_error(path: Path, error: Exception) -> UnreadableError:
    if _is_mp4(path) and not _has_index(path):
        return UnreadableError(
            f"{path}: the file is cut short: its index (the moov atom) is missing, so that no frame can "
            f"be found; expected a whole video. {_AGAIN}"
        )
    reason = getattr(error, "strerror", None) or error
    return UnreadableError(
        f"{path}: not a video that ffmpeg can open ({reason}); expected a video file such as mp4, "
        "avi or mkv. Replace it or leave it out"
    )


def _is_mp4(path: Path) -> bool:
    """ffmpeg takes any file of such a name for an mp4."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(8)[4:] in (b"ftyp", b"mdat", b"wide", b"free", b"skip")


def _has_index(path: Path) -> bool:
    """Whether an mp4 has a `moov` atom at its top."""
    size, position = path.stat().st_size, 0
    with path.open("rb") as stream:
        while position < size:
            stream.seek(position)
            head = stream.read(16)
            if head[4:8] == b"moov":
                return True
            length = int.from_bytes(head[:4], "big")
            length = int.from_bytes(head[8:16], "big") if length == 1 else length
            if length < 8:  # 0: to the end of the file
                return False
            position += length
    return False
