"""Which of a file's pictures and sounds are taken: the ones marked as default, else the longest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from av.stream import Disposition

from affectflow.media.packets import Packets

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
    rate: int
    """Samples a second."""


def pictures_of(container: Any) -> list[Any]:
    """The streams of an open file that show pictures along time: covers and thumbnails are none."""
    return [stream for stream in container.streams.video if not stream.disposition & _STILL]


def in_order(streams: Sequence[Any], announced: Mapping[int, Packets]) -> list[Any]:
    """Streams of one kind from the one that is wanted first: those with more than a packet, of these the ones that
    the file marks as default, of these the longest."""

    def worse(stream: Any) -> tuple[bool, bool, float]:
        its = announced[stream.index]
        return its.count <= 1, not stream.disposition & Disposition.default, -its.length

    return sorted(streams, key=worse)
