"""What ffmpeg gives through two pipes: a list of times and sizes in one, what they are of in the other."""

from collections.abc import Iterator
from typing import IO


def tee_output(index: int, muxer: str, data: int) -> str:
    """The output of ffmpeg's `tee` that writes what a muxer gives to the descriptor `data`, and its list to `index`."""
    # The times go first and unbuffered, so that a reader never waits for them.
    return f"[f=framecrc:flush_packets=1]pipe:{index}|[f={muxer}:flush_packets=1]pipe:{data}"


def read_listed(index: IO[bytes], data: IO[bytes]) -> Iterator[tuple[float, bytes]]:
    """Time in seconds and content of each picture or block of sound, from ffmpeg's `framecrc` lines (stream, dts, pts,
    duration, size, checksum) and the data that they describe."""
    tick = 1.0, 1.0
    for line in index:
        if line.startswith(b"#tb 0:"):
            numerator, denominator = line.split(b":")[1].split(b"/")
            tick = float(numerator), float(denominator)
        elif not line.startswith(b"#"):
            fields = line.split(b",")
            size = int(fields[4])
            content = data.read(size)
            if len(content) == size:  # shorter only when ffmpeg died, which its status tells
                yield int(fields[2]) * tick[0] / tick[1], content
