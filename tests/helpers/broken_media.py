"""Media files with faults, made from whole ones byte by byte."""

from pathlib import Path

import av
import numpy as np
from media_factory import clip, ffmpeg

SINE = "sine=frequency=440:duration=4"


def film(path: Path, *options: object, sound: str = SINE) -> Path:
    """4 s of numbered frames with a tone."""
    return clip(path, *options, count=100, sound=sound)


def spoil(path: Path, kind: str, begin: float = 0.0, end: float = 1.0) -> Path:
    """Write noise over the packets of the first stream of a kind that lie in a part of it, from 0 to 1."""
    with av.open(str(path)) as container:
        stream = next(candidate for candidate in container.streams if candidate.type == kind)
        packets = [(packet.pos, packet.size) for packet in container.demux(stream) if packet.size]
    content, random = bytearray(path.read_bytes()), np.random.default_rng(0)
    for place, size in packets[round(begin * len(packets)) : round(end * len(packets))]:
        content[place : place + size] = random.bytes(size)
    path.write_bytes(content)
    return path


def unknown_codec(path: Path, codec: bytes) -> Path:
    """Give the first track of a Matroska file that has a codec an unknown one."""
    path.write_bytes(path.read_bytes().replace(codec, b"A_" + b"X" * (len(codec) - 2), 1))
    return path


def without_packets(path: Path, kind: str) -> Path:
    """Take the packets of a kind of stream out of a transport stream; its tables still name it."""
    with av.open(str(path)) as container:
        number = next(candidate.id for candidate in container.streams if candidate.type == kind)
    content = path.read_bytes()
    cells = [content[place : place + 188] for place in range(0, len(content), 188)]
    path.write_bytes(b"".join(cell for cell in cells if int.from_bytes(cell[1:3], "big") & 0x1FFF != number))
    return path


def join_recordings(folder: Path, suffix: str, *options: object) -> Path:
    """Two recordings of 4 s, one written after the other, as a camera or a live stream that starts again does."""
    one = film(folder / f"one.{suffix}", *options)
    content = one.read_bytes()
    second = content[13:] if suffix == "flv" else content  # what follows FLV's header
    (folder / f"both.{suffix}").write_bytes(content + second)
    return folder / f"both.{suffix}"


def flash_and_beep(path: Path, *options: object) -> Path:
    """4 s in which a flash and a beep begin at 2 s."""
    flash = "color=black:size=160x120:rate=25:duration=4,geq=lum='if(between(T,2,2.2),255,16)':cb=128:cr=128"
    beep = "aevalsrc='if(between(t,2,2.2),0.5*sin(2*PI*1000*t),0)':s=44100:d=4"
    ffmpeg("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, "-pix_fmt", "yuv420p", *options, path)
    return path


def flv_time(path: Path, kind: int, number: int, milliseconds: int) -> Path:
    """Give one tag of an FLV file (8 sound, 9 pictures) another time."""
    content, place, count = bytearray(path.read_bytes()), 13, 0
    while place < len(content):
        count += content[place] == kind
        if content[place] == kind and count == number:
            content[place + 4 : place + 7] = milliseconds.to_bytes(3, "big")
        place += 15 + int.from_bytes(content[place + 1 : place + 4], "big")
    path.write_bytes(content)
    return path
