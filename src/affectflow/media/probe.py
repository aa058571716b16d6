"""What a media file holds, found by opening it and decoding its first frame."""

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from affectflow.errors import InputError
from affectflow.media.ffmpeg import environment, ffmpeg_binary
from affectflow.media.sequence import PictureSequence

_INPUT = re.compile(r"^Input #0, (\S+), from ", re.M)
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.M)
_STREAM = re.compile(r"^  Stream #0:\d+.*?: (Video|Audio|Subtitle|Data|Attachment): (.*)$", re.M)
_RATE = re.compile(r"([\d.]+)(k?) fps")
_FRAME = re.compile(r"showinfo.* n: *0 .* sar:(\d+)/(\d+) s:(\d+)x(\d+) ")


class UnreadableError(InputError):
    """There is a file, and no frame of it can be decoded."""


@dataclass(frozen=True)
class Source:
    """A media file with a video stream.

    `width` and `height` are the pixels of the first frame after the rotation that the file asks for;
    `aspect` is the width of a pixel over its height; `container_rate` (frames a second) and `duration` (s)
    are what the container says, None where it says nothing; `bt709` tells that the colours are marked so.
    """

    width: int
    height: int
    aspect: float
    container_rate: float | None
    duration: float | None
    has_audio: bool
    bt709: bool


def source(path: Path) -> str:
    """The address of a local file for ffmpeg: any name, also with a leading dash or a colon."""
    return f"file:{path}"


def media_input(path: Path, pictures: PictureSequence | None, **options: object) -> ffmpeg.nodes.FilterableStream:
    """The file or, where given, the pictures of a folder as an input of ffmpeg, decoded by one thread."""
    if pictures is None:
        return ffmpeg.input(source(path), threads=1, protocol_whitelist="file", **options)
    numbers = {"f": "image2", "pattern_type": "sequence", "start_number": pictures.first, "framerate": pictures.rate}
    return ffmpeg.input(f"file:{pictures.pattern}", threads=1, protocol_whitelist="file", **numbers, **options)


def probe(path: Path, pictures: PictureSequence | None = None) -> Source:
    """Open a media file, or the pictures of the folder `path`, and decode the first frame.

    Raises:
        UnreadableError: the file is empty, not a video, cut short before its index, or no frame of it can be decoded.
        InputError: the file is missing, or ffmpeg was stopped from outside.
    """
    if pictures is None:
        _check_file(path)
    output = media_input(path, pictures)["V:0"].output("-", vf="showinfo", **{"frames:v": 1}, f="null")
    command = output.global_args("-hide_banner", "-nostdin", "-nostats").compile(cmd=ffmpeg_binary())
    done = subprocess.run(command, env=environment(), capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode in (-signal.SIGKILL, -signal.SIGTERM):
        raise InputError(f"{path}: ffmpeg was stopped while it opened the file; free memory and run again")
    return _parse(path, done.stderr.decode("utf-8", "replace"), pictures is not None)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; expected a video file")
    if path.stat().st_size == 0:
        raise UnreadableError(f"{path}: the file is empty (0 bytes); expected a video. Copy it again or leave it out")


def _parse(path: Path, said: str, pictures: bool) -> Source:
    opened = _INPUT.search(said)
    if not opened:
        if "moov atom not found" in said and _is_mp4(path):
            raise UnreadableError(
                f"{path}: the file is cut short: its index (the moov atom) is missing, so that no frame can "
                "be found; expected a whole video. Copy or record it again, or leave it out"
            )
        raise UnreadableError(
            f"{path}: not a video that ffmpeg can open ({_last(said)}); expected a video file such as mp4, "
            "avi or mkv. Replace it or leave it out"
        )
    header = said.split("Stream mapping:")[0].split("Output #0")[0]
    streams = _STREAM.findall(header)
    kind = opened[1].rstrip(",")
    if not pictures and (kind in ("tty", "image2") or kind.endswith("_pipe")):
        raise UnreadableError(f"{path}: a still picture or a text ({kind}), not a video; leave it out")
    videos = [text for name, text in streams if name == "Video" and "(attached pic)" not in text]
    if not videos:
        found = "; ".join(f"{name}: {text}" for name, text in streams) or "no stream at all"
        raise UnreadableError(f"{path}: no video stream (found {found}); expected a video. Leave it out")
    frame = _FRAME.search(said)
    if not frame:
        raise UnreadableError(
            f"{path}: no frame can be decoded ({_last(said)}); expected at least one. Copy or record the "
            "file again, or leave it out"
        )
    across, down, width, height = map(int, frame.groups())
    rate = _RATE.search(videos[0])
    duration = _DURATION.search(header)
    return Source(
        width=width,
        height=height,
        aspect=across / down if across and down else 1.0,
        container_rate=float(rate[1]) * (1000 if rate[2] else 1) if rate else None,
        duration=int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3]) if duration else None,
        has_audio=any(name == "Audio" for name, _ in streams),
        bt709="color_space:bt709" in said,
    )


def _is_mp4(path: Path) -> bool:
    """ffmpeg takes any file of such a name for an mp4."""
    with path.open("rb") as stream:
        return stream.read(8)[4:] in (b"ftyp", b"mdat", b"wide", b"free", b"skip")


def _last(said: str) -> str:
    """The last thing of substance that ffmpeg said."""
    dull = ("frame=", "Conversion failed!")
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(dull)]
    return lines[-1] if lines else "it said nothing"
