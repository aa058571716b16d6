"""Which of a file's pictures and sounds are taken: the ones marked as default, else the longest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av.stream import Disposition

from affectflow.core.errors import InputError
from affectflow.preprocessing.media.opened import first_frame
from affectflow.preprocessing.media.packets import Packets

_STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


@dataclass(frozen=True)
class Track:
    """A stream that is taken: its index in the file, its number among those of its kind (from 1), and their count."""

    index: int
    number: int
    count: int


@dataclass(frozen=True)
class SoundTrack(Track):
    """Sound that is taken; `layout` are its channels by ffmpeg's name, such as "stereo" or "5.1(side)"."""

    layout: str


def pictures_of(container: Any) -> list[Any]:
    """The streams of an open file that show pictures along time: covers and thumbnails are none."""
    return [stream for stream in container.streams.video if not stream.disposition & _STILL]


def _in_order(streams: Sequence[Any], announced: Mapping[int, Packets]) -> list[Any]:
    """Streams of one kind from the one that is wanted first: those with more than a packet, of these the ones that
    the file marks as default, of these the longest."""

    def rank(stream: Any) -> tuple[bool, bool, float]:
        packets = announced[stream.index]
        return packets.count <= 1, not stream.disposition & Disposition.default, -packets.length

    return sorted(streams, key=rank)


def picture_track(streams: Sequence[Any], announced: Mapping[int, Packets]) -> tuple[Track, list[str]]:
    """The pictures that are taken, and notes on the choice."""
    stream = _in_order(streams, announced)[0]
    track = Track(stream.index, streams.index(stream) + 1, len(streams))
    return track, [f"picture track {track.number} of {track.count} was taken"] if track.count > 1 else []


def sound_track(
    path: Path, streams: Sequence[Any], announced: Mapping[int, Packets], number: int | None
) -> tuple[SoundTrack | None, list[str]]:
    """The sound that is taken, None where none can be decoded, and notes on the choice.

    Args:
        path: the file.
        streams: its streams of sound.
        announced: what their packets announce.
        number: which one is wanted, from 1 on, and then no other is taken; None leaves the choice.

    Raises:
        InputError: there are sound tracks, and not so many.
    """
    if number is not None and streams and number > len(streams):
        raise InputError(f"{path}: decode.sound_track is {number}, and the file has {len(streams)}; choose one of them")
    notes: list[str] = []
    candidates = _in_order(streams, announced) if number is None else streams[number - 1 : number]
    for stream in candidates:
        position = streams.index(stream) + 1
        label = f"sound track {position} of {len(streams)}"
        fault, first = _fault(path, stream, announced[stream.index])
        if fault is None:
            chosen = [f"{label} was taken"] if len(streams) > 1 else []
            return SoundTrack(stream.index, position, len(streams), first.layout.name), [*notes, *chosen]
        notes.append(f"{label} {fault}")
    return None, [*notes, "the video counts as silent"] if candidates else []


def _fault(path: Path, stream: Any, announced: Packets) -> tuple[str | None, Any]:
    """Why a stream of sound cannot be heard, or its first frame."""
    if stream.codec_context is None:
        return "is of an unknown codec", None
    if not announced.count:
        return "has no packet", None
    first, _ = first_frame(path, None, stream.index)
    return (None if first else "cannot be decoded"), first
