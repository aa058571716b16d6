"""What a media file holds: what its packets announce, and the first frame of the tracks that are taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg

from affectflow.errors import InputError
from affectflow.media.colour import Colour, colour_of
from affectflow.media.conversion import colour_notes
from affectflow.media.packets import Packets, survey
from affectflow.media.sequence import PictureSequence
from affectflow.media.tracks import SoundTrack, Track, in_order, pictures_of

_CUT_SHORT = "Copy or record it again, or leave it out"


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
    expected: int
    """Frames that its packets announce."""
    corrupt: int
    """Packets of pictures of which the container says that something of them is missing."""
    notes: tuple[str, ...] = ()
    """Sentences on what is odd about the file and what was made of it."""

    @property
    def has_audio(self) -> bool:
        """Whether sound is taken."""
        return self.sound is not None


def source(path: Path) -> str:
    """The address of a local file for ffmpeg: any name, also with a leading dash or a colon."""
    return f"file:{path}"


def media_input(path: Path, pictures: PictureSequence | None, **options: object) -> ffmpeg.nodes.FilterableStream:
    """The file or, where given, the pictures of a folder as an input of ffmpeg, decoded by one thread."""
    if pictures is None:
        return ffmpeg.input(source(path), threads=1, protocol_whitelist="file", **options)
    return ffmpeg.input(
        source(Path(pictures.pattern)), threads=1, protocol_whitelist="file", **_numbers(pictures), **options
    )


def _numbers(pictures: PictureSequence) -> dict[str, object]:
    return {"f": "image2", "pattern_type": "sequence", "start_number": pictures.first, "framerate": pictures.rate}


def _opened(path: Path, pictures: PictureSequence | None) -> Any:
    """The open file, or pictures of a folder, for the libraries of ffmpeg."""
    options = {"protocol_whitelist": "file"}
    if pictures is None:
        return av.open(source(path), options=options, metadata_errors="replace")
    numbers = {name: str(value) for name, value in _numbers(pictures).items() if name != "f"}
    return av.open(f"file:{pictures.pattern}", format="image2", options=options | numbers, metadata_errors="replace")


def probe(path: Path, pictures: PictureSequence | None = None, sound_track: int | None = None) -> Source:
    """Read what a media file, or the pictures of the folder `path`, hold, and decode their first frame.

    Args:
        path: a media file, or a folder.
        pictures: the pictures of the folder.
        sound_track: which of its sound tracks is wanted, from 1 on; where not given, the one that is marked as default,
            else the longest, and the next one where that cannot be decoded.

    Raises:
        UnreadableError: the file is empty, not a video, cut short before its index, or no frame of it can be decoded.
        InputError: the file is missing, or has sound tracks and not the one that is wanted.
    """
    if pictures is None:
        _check_file(path)
    try:
        with _opened(path, pictures) as container:
            _check_kind(path, container, pictures is not None)
            shown, heard = pictures_of(container), list(container.streams.audio)
            announced = survey(container, [*shown, *heard]) if pictures is None else _numbered(shown[0], pictures)
            wanted = in_order(shown, announced)[0]
            picture, _ = _first(path, pictures, wanted.index)
            if picture is None:
                raise UnreadableError(
                    f"{path}: no frame can be decoded ({_codec(wanted)}); expected at least one. {_CUT_SHORT}"
                )
            sound, notes = _sound(path, heard, announced, sound_track)
            return _source(container, wanted, shown, picture, announced, sound, notes)
    except av.FFmpegError as error:
        raise _not_opened(path, error) from error


def _source(
    container: Any,
    wanted: Any,
    shown: Sequence[Any],
    first: Any,
    announced: Mapping[int, Packets],
    sound: SoundTrack | None,
    notes: Sequence[str],
) -> Source:
    turned = first.rotation % 180 == 90
    aspect, colour = float(wanted.sample_aspect_ratio or 1), colour_of(first)
    track = Track(wanted.index, shown.index(wanted) + 1, len(shown))
    chosen = [f"picture track {track.number} of {track.of} was taken"] if track.of > 1 else []
    return Source(
        width=first.height if turned else first.width,
        height=first.width if turned else first.height,
        aspect=1 / aspect if turned else aspect,
        container_rate=float(wanted.average_rate) if wanted.average_rate else None,
        duration=container.duration / av.time_base if container.duration else None,
        colour=colour,
        picture=track,
        sound=sound,
        sounds=len(container.streams.audio),
        corrupt=announced[wanted.index].corrupt,
        expected=_expected(container, wanted, announced[wanted.index]),
        notes=(*chosen, *notes, *colour_notes(colour)),
    )


def _expected(container: Any, stream: Any, announced: Packets) -> int:
    """Packets with a frame to show. An mp4's index also counts those that the file was cut before."""
    indexed = stream.frames - announced.hidden if container.format.name.startswith("mov,") else 0
    return max(announced.count, indexed)


def _sound(
    path: Path, heard: Sequence[Any], announced: Mapping[int, Packets], number: int | None
) -> tuple[SoundTrack | None, list[str]]:
    """The sound track that is taken, None where none can be decoded, and what is to be said of the choice."""
    if number is not None and heard and number > len(heard):
        raise InputError(f"{path}: decode.sound_track is {number}, and the file has {len(heard)}; choose one of them")
    wanted = in_order(heard, announced) if number is None else heard[number - 1 : number]
    notes = []
    for stream in wanted:
        place = heard.index(stream) + 1
        named = f"sound track {place} of {len(heard)}"
        fault = "is of an unknown codec" if stream.codec_context is None else None
        fault = fault or (None if announced[stream.index].count else "has no packet")
        first = None if fault else _first(path, None, stream.index)[0]
        if first is not None:
            if len(heard) > 1:
                notes.append(f"{named} was taken")
            return SoundTrack(stream.index, place, len(heard), first.layout.name, first.sample_rate), notes
        notes.append(f"{named} {fault or 'cannot be decoded'}")
    if wanted:
        notes.append("the video counts as silent")
    return None, notes


def _first(path: Path, pictures: PictureSequence | None, index: int) -> tuple[Any, int]:
    """The first frame of a stream that can be decoded, None where none can, and the packets that this took."""
    with _opened(path, pictures) as container:
        stream = container.streams[index]
        if stream.codec_context is None:
            return None, 0
        stream.codec_context.thread_count = 1
        fed = 0
        for packet in container.demux(stream):
            fed += packet.size > 0
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            if frames:
                return frames[0], fed
        return None, fed


def _numbered(stream: Any, pictures: PictureSequence) -> dict[int, Packets]:
    return {stream.index: Packets(count=pictures.count)}


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
        found = "; ".join(f"{its.type.capitalize()}: {_codec(its)}" for its in container.streams) or "no stream at all"
        raise UnreadableError(f"{path}: no video stream (found {found}); expected a video. Leave it out")


def _codec(stream: Any) -> str:
    return str(stream.codec_context.codec.canonical_name) if stream.codec_context else "of an unknown codec"


def _not_opened(path: Path, error: Exception) -> UnreadableError:
    if _is_mp4(path) and not _has_index(path):
        return UnreadableError(
            f"{path}: the file is cut short: its index (the moov atom) is missing, so that no frame can "
            f"be found; expected a whole video. {_CUT_SHORT}"
        )
    said = getattr(error, "strerror", None) or error
    return UnreadableError(
        f"{path}: not a video that ffmpeg can open ({said}); expected a video file such as mp4, "
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
    size, place = path.stat().st_size, 0
    with path.open("rb") as stream:
        while place < size:
            stream.seek(place)
            head = stream.read(16)
            if head[4:8] == b"moov":
                return True
            length = int.from_bytes(head[:4], "big")
            length = int.from_bytes(head[8:16], "big") if length == 1 else length
            if length < 8:  # 0: to the end of the file
                return False
            place += length
    return False
