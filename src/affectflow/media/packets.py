"""What the packets of a file announce, read without decoding them."""

import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import av

# Seconds by which a clock must go back to have started again: less is jitter of single packets.
_BACK = 1.0
_VP8_SHOWN = 0x10
_ABSURD = 0.1


@dataclass
class Piece:
    """A stretch of a stream in which its clock goes on: when it begins and ends by that clock, in seconds."""

    start: float
    end: float


@dataclass
class Overlap:
    """How far the times of a stream lie before the ends of the packets ahead of them, in seconds, by its durations."""

    made_up: float = 0.0
    """The most that a later gap makes up for."""
    left: float = 0.0
    """What no gap has made up for."""
    _peak: float = 0.0
    _end: float | None = None

    def add(self, start: float, lasts: float) -> None:
        """A packet by its time and duration."""
        end = start if self._end is None else self._end
        self.left = max(0.0, end - start)
        self._peak = max(self._peak, self.left)
        self.made_up = max(self.made_up, self._peak - self.left)
        self._end = start + self.left + lasts

    def restart(self) -> None:
        """The clock starts again: times cannot be compared with those before."""
        self._end = None


@dataclass
class Packets:
    """What the packets of one stream announce; those that the file itself marks as not to be shown do not count."""

    count: int = 0
    hidden: int = 0
    """Packets that are not to be shown, such as those before the begin of an edit list."""
    corrupt: int = 0
    """Packets of which the container says that something of them is missing."""
    seconds: float = 0.0
    """Sum of their durations, without what decoders are told to skip."""
    pieces: dict[int, Piece] = field(default_factory=dict)
    """By number: one, unless the clock of the file starts again."""
    overlap: Overlap = field(default_factory=Overlap)

    @property
    def start(self) -> float:
        """When it begins, in seconds of the file's clock."""
        return min((piece.start for piece in self.pieces.values()), default=0.0)

    @property
    def absurd(self) -> bool:
        """Whether its times contradict its length: more than a tenth of it overlaps for good."""
        return self.overlap.left > _ABSURD * self.seconds

    @property
    def length(self) -> float:
        """How long it lasts, in seconds."""
        return sum(piece.end - piece.start for piece in self.pieces.values())


class _Clock:
    """The clock of one stream: tells when it starts again."""

    def __init__(self) -> None:
        self.piece = 0
        self._recent: deque[float] = deque(maxlen=3)

    def back(self, seconds: float) -> bool:
        """Whether this time of decoding lies far before the ones that came last, a single wrong one aside."""
        usual = sorted(self._recent)[len(self._recent) // 2] if self._recent else seconds
        back = seconds < usual - _BACK
        if back:
            self._recent.clear()
        self._recent.append(seconds)
        return back


def survey(container: Any, streams: Sequence[Any]) -> dict[int, Packets]:
    """What the packets of some streams of an open file announce, by the stream's index: reads the file to its end.

    All streams of a file share a clock. Where it starts again, for a stream that comes first in the file and then for
    the others, a new piece begins.
    """
    found = {stream.index: Packets() for stream in streams}
    clocks = {stream.index: _Clock() for stream in streams}
    newest = 0
    try:
        for packet in container.demux(list(streams)):
            if packet.size == 0:
                continue
            of, clock, tick = found[packet.stream_index], clocks[packet.stream_index], float(packet.time_base)
            decoded = packet.pts if packet.dts is None else packet.dts
            if decoded is not None and clock.back(decoded * tick):
                newest = max(newest, clock.piece + 1)
                clock.piece = newest
                of.overlap.restart()
            _add(of, clock.piece, packet, tick)
    except av.FFmpegError:
        pass  # cut short: what comes after cannot be read by any program
    return found


def _add(of: Packets, number: int, packet: Any, tick: float) -> None:
    if packet.is_discard or _unseen(packet):
        of.hidden += 1
        return
    lasts = (packet.duration or 0) * tick
    of.count += 1
    of.corrupt += packet.is_corrupt
    of.seconds += max(0.0, lasts - _skipped(packet))
    shown = packet.dts if packet.pts is None else packet.pts
    if shown is None:
        return
    start, end = shown * tick, shown * tick + lasts
    piece = of.pieces.setdefault(number, Piece(start, end))
    piece.start, piece.end = min(piece.start, start), max(piece.end, end)
    of.overlap.add(start, lasts)


def _unseen(packet: Any) -> bool:
    """Whether it is a picture of VP8 that others refer to and nobody sees."""
    codec = packet.stream.codec_context
    return codec is not None and codec.name == "vp8" and not memoryview(packet)[0] & _VP8_SHOWN


def _skipped(packet: Any) -> float:
    """Seconds of sound that the decoder is told to skip, at the begin and the end of a packet."""
    codec = packet.stream.codec_context
    if packet.stream.type != "audio" or codec is None or not packet.has_sidedata("skip_samples"):
        return 0.0
    begin, end = struct.unpack_from("<II", bytes(packet.get_sidedata("skip_samples")))
    return float((begin + end) / (codec.sample_rate or 1))
