"""The command by which ffmpeg decodes a video."""

from dataclasses import dataclass
from typing import NamedTuple

import ffmpeg

from affectflow.preprocessing.media.clock import clock_filters
from affectflow.preprocessing.media.conversion import colour_filters
from affectflow.preprocessing.media.ffmpeg import QUIET
from affectflow.preprocessing.media.listed import tee_output
from affectflow.preprocessing.media.mixing import mix_filters
from affectflow.preprocessing.media.probe import Source

# A frame whose time does not advance comes one tick after the frame before it: encoders refuse others.
_ADVANCING = "setpts='if(isnan(PREV_OUTPTS)+gt(PTS,PREV_OUTPTS),PTS,PREV_OUTPTS+1)'"


class Pipes(NamedTuple):
    """Descriptors that ffmpeg writes to, besides its standard output, which takes the pictures."""

    picture_times: int
    """Times and sizes of the pictures."""
    sound_times: int
    """Times and sizes of the blocks of sound."""
    sound: int


@dataclass(frozen=True)
class Stream:
    """A stream of a file, by its index, and the filters that it goes through."""

    index: int
    filters: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """An ffmpeg that was tried (`affectflow.preprocessing.media.trial`)."""

    binary: str
    version: str
    ticks: str
    """Its word for times in the ticks of the file: "demux", or "-1" up to version 6.0."""
    sha256: str
    """Of its file."""

    @property
    def identity(self) -> str:
        """Version and digest, as records hold them: two builds of one version may give other bytes."""
        return f"{self.version}, SHA-256 {self.sha256}"


def stored_size(source: Source, limit: int) -> tuple[int, int]:
    """Width and height of the stored frame: square pixels, the shorter side at most `limit` (0: any), aspect kept."""
    width = source.width * source.aspect
    if source.height <= width:
        height = min(source.height, limit) if limit else source.height
        return max(1, round(width * height / source.height)), height
    scale = min(1.0, limit / width) if limit else 1.0
    return max(1, round(width * scale)), max(1, round(source.height * scale))


def pictures_of(source: Source, size: tuple[int, int]) -> Stream:
    """A file's pictures in the stored size, in JPEG's colours."""
    scale = f"scale={size[0]}:{size[1]}:flags=bicubic+accurate_rnd+bitexact"
    times = [*clock_filters("setpts", source.timeline.picture_shifts), _ADVANCING]
    colours = [*colour_filters(source.colour), "format=yuvj420p"]
    return Stream(source.picture.index, (scale, "setsar=1", *colours, *times))


def sound_of(source: Source, rate: int) -> Stream | None:
    """A file's sound at the stored rate, in one channel."""
    if source.sound is None:
        return None
    times = clock_filters("asetpts", source.timeline.sound_shifts)
    conversion = [f"aresample={rate}", "aformat=sample_fmts=s16:channel_layouts=mono"]
    return Stream(source.sound.index, (*times, *mix_filters(source.sound.layout), *conversion))


def decode_command(
    program: Program,
    media: ffmpeg.nodes.FilterableStream,
    pictures: Stream,
    sound: Stream | None,
    quality: int,
    pipes: Pipes,
    raw_times: bool = False,
) -> list[str]:
    """One run of ffmpeg on an input: JPEGs of a quantiser scale to standard output, all else to `pipes`.

    With `raw_times` all times are those of the file, less its start: ffmpeg mends no clock on its own, as it does in
    MPEG-TS, stream by stream, so that gaps may open where recordings meet.
    """
    encoder = {"c:v": "mjpeg", "q:v": quality, "threads:v": 1, "flags:v": "+bitexact"}
    picture_output = media[str(pictures.index)].output(
        tee_output(pipes.picture_times, "mjpeg", 1),
        f="tee",
        vf=",".join(pictures.filters),
        fps_mode="passthrough",
        enc_time_base=program.ticks,
        **encoder,
    )
    outputs = [picture_output]
    if sound:
        tee = tee_output(pipes.sound_times, "s16le", pipes.sound)
        outputs.append(media[str(sound.index)].output(tee, f="tee", af=",".join(sound.filters), **{"c:a": "pcm_s16le"}))
    global_options = [*QUIET, "-max_error_rate", "1"]
    if raw_times:
        global_options += ["-copyts", "-start_at_zero"]
    command = ffmpeg.merge_outputs(*outputs).global_args(*global_options)
    return list(command.compile(cmd=program.binary))
