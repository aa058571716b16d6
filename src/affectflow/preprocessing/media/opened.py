"""Media files and pictures of folders, opened by ffmpeg's libraries or by its program."""

from pathlib import Path
from typing import Any

import av
import ffmpeg

from affectflow.preprocessing.media.sequence import PictureSequence


def source(path: Path) -> str:
    """The address of a local file for ffmpeg: any name, also with a leading dash or a colon."""
    return f"file:{path}"


def media_input(path: Path, pictures: PictureSequence | None, **options: object) -> ffmpeg.nodes.FilterableStream:
    """The file or, where given, the pictures of a folder as an input of the program, decoded by one thread."""
    options = {"threads": 1, "protocol_whitelist": "file"} | options
    if pictures is None:
        return ffmpeg.input(source(path), **options)
    return ffmpeg.input(f"file:{pictures.pattern}", f="image2", **options, **_numbers(pictures))


def open_media(path: Path, pictures: PictureSequence | None = None) -> Any:
    """The same, open for the libraries: an `av.container.InputContainer`.

    Raises:
        av.FFmpegError: it cannot be opened.
    """
    options = {"protocol_whitelist": "file"}
    if pictures is None:
        return av.open(source(path), options=options, metadata_errors="replace")
    options |= {name: str(value) for name, value in _numbers(pictures).items()}
    return av.open(f"file:{pictures.pattern}", format="image2", options=options, metadata_errors="replace")


def _numbers(pictures: PictureSequence) -> dict[str, object]:
    return {"pattern_type": "sequence", "start_number": pictures.first, "framerate": pictures.rate}


def first_frame(path: Path, pictures: PictureSequence | None, index: int) -> tuple[Any, int]:
    """The first frame of a stream that can be decoded, None where none can, and how many packets the decoder keeps
    back before it gives one."""
    with open_media(path, pictures) as container:
        stream = container.streams[index]
        decoder = stream.codec_context
        decoder.thread_count = 1
        packet_count = 0
        for packet in container.demux(stream):
            packet_count += packet.size > 0
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            if frames:
                return frames[0], min(packet_count - 1, getattr(decoder, "reorder_depth", 0))
        return None, 0
