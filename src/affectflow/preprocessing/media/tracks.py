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
    of: int


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

    def worse(stream: Any) -> tuple[bool, bool, float]:
        its = announced[stream.index]
        return its.count <= 1, not stream.disposition & Disposition.default, -its.length

    return sorted(streams, key=worse)


def picture_track(shown: Sequence[Any], announced: Mapping[int, Packets]) -> tuple[Track, list[str]]:
    """The pictures that are taken, and what is to be said of the choice."""
    wanted = _in_order(shown, announced)[0]
    track = Track(wanted.index, shown.index(wanted) + 1, len(shown))
    return track, [f"picture track {track.number} of {track.of} was taken"] if track.of > 1 else []


def sound_track(
    path: Path, heard: Sequence[Any], announced: Mapping[int, Packets], number: int | None
) -> tuple[SoundTrack | None, list[str]]:
    """The sound that is taken, None where none can be decoded, and what is to be said of the choice.

    Args:
        path: the file.
        heard: its streams of sound.
        announced: what their packets announce.
        number: which one is wanted, from 1 on, and then no other is taken; None leaves the choice.

    Raises:
        InputError: there are sound tracks, and not so many.
    """
    if number is not None and heard and number > len(heard):
        raise InputError(f"{path}: decode.sound_track is {number}, and the file has {len(heard)}; choose one of them")
    notes: list[str] = []
    wanted = _in_order(heard, announced) if number is None else heard[number - 1 : number]
    for stream in wanted:
        place = heard.index(stream) + 1
        named = f"sound track {place} of {len(heard)}"
        fault, first = _fault(path, stream, announced[stream.index])
        if fault is None:
            chosen = [f"{named} was taken"] if len(heard) > 1 else []
            return SoundTrack(stream.index, place, len(heard), first.layout.name), [*notes, *chosen]
        notes.append(f"{named} {fault}")
    return None, [*notes, "the video counts as silent"] if wanted else []


def _fault(path: Path, stream: Any, announced: Packets) -> tuple[str | None, Any]:
    """Why a stream of sound cannot be heard, or its first frame."""
    if stream.codec_context is None:
        return "is of an unknown codec", None
    if not announced.count:
        return "has no packet", None
    first, _ = first_frame(path, None, stream.index)
    return (None if first else "cannot be decoded"), first
