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
    _ahead: tuple[float, float] | None = None

    def add(self, start: float, duration: float) -> None:
        """A packet by its time and duration. One that is far ahead counts where the next one goes on from there."""
        if self._ahead is not None and self._end is not None:
            (ahead_start, ahead_duration), self._ahead = self._ahead, None
            self._follow(ahead_start if start >= ahead_start else self._end, ahead_duration)
        if self._end is not None and start > self._end + _BACK:
            self._ahead = start, duration
        else:
            self._follow(start, duration)

    def _follow(self, start: float, duration: float) -> None:
        end = start if self._end is None else self._end
        self.left = max(0.0, end - start)
        self._peak = max(self._peak, self.left)
        self.made_up = max(self.made_up, self._peak - self.left)
        self._end = start + self.left + duration

    def restart(self) -> None:
        """The clock starts again: times cannot be compared with those before."""
        self._end = self._ahead = None


@dataclass
class Packets:
    """What the packets of one stream announce; those that the file itself marks as not to be shown do not count."""

    count: int = 0
    hidden: int = 0
    """Packets that are not to be shown, such as those before the begin of an edit list."""
    corrupt: int = 0
    """Packets of which the container says that something of them is missing."""
    seconds: float = 0.0
    """Sum of their durations, without what decoders are to skip."""
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
    """The clock of one stream, by the times at which its packets are to be decoded."""

    def __init__(self) -> None:
        self.piece = 0
        self.astray: Any = None
        """A packet far before the ones that came last: by a wrong time of its own, or the first after a new start."""
        self._recent: deque[float] = deque(maxlen=3)

    def is_back(self, packet: Any) -> bool:
        """Whether a packet's time lies far before those that came last, a single one that is far ahead aside."""
        timestamp = packet.pts if packet.dts is None else packet.dts
        if timestamp is None:
            return False
        seconds = float(timestamp * packet.time_base)
        usual = sorted(self._recent)[len(self._recent) // 2] if self._recent else seconds
        if seconds < usual - _BACK:
            return True
        self._recent.append(seconds)
        return False

    def start_again(self, piece: int) -> None:
        """The packets from the one that is astray on are of another piece."""
        self.piece, self.astray = piece, None
        self._recent.clear()


def survey(container: Any, streams: Sequence[Any]) -> dict[int, Packets]:
    """What the packets of some streams of an open file announce, by the stream's index: reads the file to its end.

    All streams of a file share a clock. Where it starts again, for a stream that comes first in the file and then for
    the others, a new piece begins: two packets of a stream in a row tell so.
    """
    announced = {stream.index: Packets() for stream in streams}
    clocks = {stream.index: _Clock() for stream in streams}
    newest = 0
    try:
        for packet in container.demux(list(streams)):
            if packet.size == 0:
                continue
            packets, clock, astray = announced[packet.stream_index], clocks[packet.stream_index], None
            if clock.is_back(packet):
                astray, clock.astray = clock.astray, packet
                if astray is None:
                    continue
                newest = max(newest, clock.piece + 1)
                clock.start_again(newest)
                clock.is_back(packet)
                packets.overlap.restart()
                _add(packets, astray, clock.piece)
            elif clock.astray is not None:
                _add(packets, clock.astray, None)
                clock.astray = None
            _add(packets, packet, clock.piece)
    except av.FFmpegError:
        pass  # cut short: what comes after cannot be read by any program
    for index, clock in clocks.items():
        if clock.astray is not None:
            _add(announced[index], clock.astray, None)
    return announced


def _add(packets: Packets, packet: Any, piece_number: int | None) -> None:
    """Count a packet; one of no piece has no time that could be right."""
    if packet.is_discard or _is_hidden(packet):
        packets.hidden += 1
        return
    tick = float(packet.time_base)
    duration = (packet.duration or 0) * tick
    packets.count += 1
    packets.corrupt += packet.is_corrupt
    packets.seconds += max(0.0, duration - _skipped_seconds(packet))
    timestamp = packet.dts if packet.pts is None else packet.pts
    if timestamp is None or piece_number is None:
        return
    start, end = timestamp * tick, timestamp * tick + duration
    piece = packets.pieces.setdefault(piece_number, Piece(start, end))
    piece.start, piece.end = min(piece.start, start), max(piece.end, end)
    packets.overlap.add(start, duration)


def _is_hidden(packet: Any) -> bool:
    """Whether it is a picture of VP8 that others refer to and nobody sees."""
    codec = packet.stream.codec_context
    return codec is not None and codec.name == "vp8" and not memoryview(packet)[0] & _VP8_SHOWN


def _skipped_seconds(packet: Any) -> float:
    """Seconds of sound that the decoder is to skip, at the begin and the end of a packet."""
    codec = packet.stream.codec_context
    if packet.stream.type != "audio" or codec is None or not packet.has_sidedata("skip_samples"):
        return 0.0
    begin, end = struct.unpack_from("<II", bytes(packet.get_sidedata("skip_samples")))
    return float((begin + end) / (codec.sample_rate or 1))
