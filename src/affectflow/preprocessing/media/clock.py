"""The clock of a file: where it starts again, how times go on there, and what decoders add to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from affectflow.preprocessing.media.packets import Packets

# Seconds by which a decoded time lies before the one ahead of it where the clock starts again: frames of one piece
# advance.
_BACK = 0.5
# Samples by which decoded MP3 is late where the container, as AVI, has no word for it: 576 of the encoder (LAME's;
# others have about as many) and 529 of every decoder.
_MP3_DELAY = 576 + 529


@dataclass(frozen=True)
class Timeline:
    """How the times that ffmpeg gives become those of the frames' timeline, in seconds."""

    joints: tuple[float, ...] = ()
    """When the clock starts again."""
    picture_shifts: tuple[float, ...] = ()
    """What is added to times of pictures after each place where their clock starts again."""
    sound_shifts: tuple[float, ...] = ()
    lag: float = 0.0
    """By how much all pictures are late: in a container without presentation times, by what the decoder keeps back."""
    sound_lag: float = 0.0
    """The same of sound."""

    @property
    def notes(self) -> list[str]:
        """Notes on it, in sentences."""
        return [f"its clock starts again at {at:.2f} s, and goes on there" for at in self.joints]


def timeline(
    container: Any, picture_stream: Any, depth: int, sound_stream: Any | None, announced: Mapping[int, Packets]
) -> Timeline:
    """The timeline of an open file.

    Args:
        container: the file.
        picture_stream: the stream of its pictures.
        depth: packets that their decoder keeps back before it gives a frame.
        sound_stream: the stream of its sound, None without any.
        announced: what the packets of both announce, by index.
    """
    picture, sound = announced[picture_stream.index], announced[sound_stream.index] if sound_stream else None
    streams = [picture, sound] if sound else [picture]
    joints = _joints(streams)
    added = {joint.number: joint.added for joint in joints}
    lags = (
        (depth * float(picture_stream.time_base), _sound_lag(sound_stream))
        if container.format.name == "avi"
        else (0.0, 0.0)
    )
    shifts = _stream_shifts(picture, added), _stream_shifts(sound, added) if sound else ()
    return Timeline(tuple(joint.at for joint in joints), *shifts, *lags)


def _sound_lag(sound_stream: Any | None) -> float:
    if sound_stream is None or sound_stream.codec_context.codec.canonical_name != "mp3":
        return 0.0
    return float(_MP3_DELAY / sound_stream.codec_context.sample_rate)


@dataclass(frozen=True)
class _Joint:
    """Where a piece begins, by its number; `at` is its time on the file's timeline in seconds."""

    number: int
    at: float
    added: float
    """Seconds that are added to its times."""


def _joints(streams: Sequence[Packets]) -> list[_Joint]:
    """Every piece but the first begins where the one before ends: the same for all streams, so that picture and sound
    stay together."""
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for number, piece in ((number, piece) for stream in streams for number, piece in stream.pieces.items()):
        starts[number] = min(starts.get(number, piece.start), piece.start)
        ends[number] = max(ends.get(number, piece.end), piece.end)
    joints, added = list[_Joint](), 0.0
    for previous, number in pairwise(sorted(starts)):
        end = ends[previous] + added
        added = end - starts[number]
        joints.append(_Joint(number, end - starts[min(starts)], added))
    return joints


def _stream_shifts(stream: Packets, added: dict[int, float]) -> tuple[float, ...]:
    """What is added to a stream's own pieces, in their order, the first one aside."""
    return tuple(added[number] for number in sorted(stream.pieces)[1:])


def clock_filters(kind: str, added: Sequence[float]) -> list[str]:
    """Filters of ffmpeg that let times go on wherever they start again.

    Args:
        kind: "setpts" for pictures, "asetpts" for sound.
        added: seconds that are added to the times after each such place.
    """
    if not added:
        return []
    steps = [current - previous for previous, current in zip([0.0, *added], added, strict=False)]
    shift = "+".join(f"gte(ld(0),{number})*{step:.6f}" for number, step in enumerate(steps, 1))
    return [f"{kind}='st(0,ld(0)+lt(PTS,PREV_INPTS-{_BACK}/TB));round(PTS+({shift})/TB)'"]
