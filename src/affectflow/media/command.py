"""The command by which ffmpeg decodes a video."""

from pathlib import Path
from typing import NamedTuple

import ffmpeg

from affectflow.config.preprocessing import Decode
from affectflow.media.clock import clock_filters
from affectflow.media.conversion import colour_filters
from affectflow.media.ffmpeg import QUIET, ffmpeg_binary
from affectflow.media.listed import both
from affectflow.media.mixing import mix_filters
from affectflow.media.opened import media_input
from affectflow.media.probe import Source
from affectflow.media.sequence import PictureSequence

# A frame whose time does not advance comes one tick after the frame before it: encoders refuse others.
_ADVANCING = "setpts='if(isnan(PREV_OUTPTS)+gt(PTS,PREV_OUTPTS),PTS,PREV_OUTPTS+1)'"


class Pipes(NamedTuple):
    """Descriptors that ffmpeg writes to, besides its standard output, which takes the pictures."""

    shown: int
    """Times and sizes of the pictures."""
    heard: int
    """Times and sizes of the blocks of sound."""
    sound: int


def stored_size(found: Source, limit: int) -> tuple[int, int]:
    """Width and height of the stored frame: square pixels, the shorter side at most `limit` (0: any), aspect kept."""
    width = found.width * found.aspect
    shorter = min(width, found.height)
    if shorter == found.height:
        height = min(found.height, limit) if limit else found.height
        return max(1, round(width * height / found.height)), height
    scale = min(1.0, limit / width) if limit else 1.0
    return max(1, round(width * scale)), max(1, round(found.height * scale))


def decode_command(
    path: Path,
    found: Source,
    size: tuple[int, int],
    settings: Decode,
    pipes: Pipes,
    pictures: PictureSequence | None = None,
) -> list[str]:
    """One run of ffmpeg on a file, or on the `pictures` of a folder: JPEGs to standard output, all else to `pipes`.
    Decoders have one thread: with more, damaged video may decode differently every time.
    """
    # Sound may change its channels on the way: its filters are made anew then. Those of pictures keep their size.
    media = media_input(path, pictures, **{"reinit_filter:v": 0})
    picture = [f"scale={size[0]}:{size[1]}:flags=bicubic+accurate_rnd+bitexact", "setsar=1"]
    picture += [
        *colour_filters(found.colour),
        "format=yuvj420p",
        *clock_filters("setpts", found.timeline.picture_shifts),
    ]
    outputs = [
        media[str(found.picture.index)].output(
            both(pipes.shown, "mjpeg", 1),
            f="tee",
            vf=",".join([*picture, _ADVANCING]),
            fps_mode="passthrough",
            enc_time_base=-1,
            **{"c:v": "mjpeg", "q:v": settings.quality, "threads:v": 1, "flags:v": "+bitexact"},
        )
    ]
    if found.sound:
        sound = [*clock_filters("asetpts", found.timeline.sound_shifts), *mix_filters(found.sound.layout)]
        sound += [f"aresample={settings.sample_rate}", "aformat=sample_fmts=s16:channel_layouts=mono"]
        tee = both(pipes.heard, "s16le", pipes.sound)
        outputs.append(media[str(found.sound.index)].output(tee, f="tee", af=",".join(sound), **{"c:a": "pcm_s16le"}))
    command = ffmpeg.merge_outputs(*outputs).global_args(*QUIET, "-max_error_rate", "1")
    return list(command.compile(cmd=ffmpeg_binary()))
