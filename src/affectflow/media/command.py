"""The command by which ffmpeg decodes a video."""

from pathlib import Path

import ffmpeg

from affectflow.config.preprocessing import Decode
from affectflow.media.conversion import colour_filters
from affectflow.media.ffmpeg import QUIET, ffmpeg_binary
from affectflow.media.probe import Source, media_input
from affectflow.media.sequence import PictureSequence

# A frame whose time does not advance comes one tick after the frame before it: encoders refuse others.
_ADVANCING = "setpts='if(isnan(PREV_OUTPTS)+gt(PTS,PREV_OUTPTS),PTS,PREV_OUTPTS+1)'"
# Sound in which silence fills a late start and every gap of over 50 ms, so that a sample's index is its time.
SOUND_FILTER = "aresample={rate}:async=1:min_hard_comp=0.05:first_pts=0"


def stored_size(found: Source, limit: int) -> tuple[int, int]:
    """Width and height of the stored frame: square pixels, at most `limit` high (0: any), aspect kept."""
    height = min(found.height, limit) if limit else found.height
    return max(1, round(found.width * found.aspect * height / found.height)), height


def decode_command(
    path: Path,
    found: Source,
    size: tuple[int, int],
    settings: Decode,
    index: int,
    sound: int,
    pictures: PictureSequence | None = None,
) -> list[str]:
    """One run of ffmpeg on a file, or on the `pictures` of a folder: JPEGs to standard output, their times and sizes to
    descriptor `index`, samples to `sound`. Decoders have one thread: with more, damaged video may decode differently
    every time.
    """
    media = media_input(path, pictures, reinit_filter=0)
    picture = [f"scale={size[0]}:{size[1]}:flags=bicubic+accurate_rnd+bitexact", "setsar=1"]
    picture += colour_filters(found.colour)
    outputs = [
        media[str(found.picture.index)].output(
            # The times go first and unbuffered, so that a reader never waits for them.
            f"[f=framecrc:flush_packets=1]pipe:{index}|[f=mjpeg:flush_packets=1]pipe:1",
            f="tee",
            vf=",".join([*picture, "format=yuvj420p", _ADVANCING]),
            fps_mode="passthrough",
            enc_time_base=-1,
            **{"c:v": "mjpeg", "q:v": settings.quality, "threads:v": 1, "flags:v": "+bitexact"},
        )
    ]
    if found.sound:
        form = "aformat=sample_fmts=s16:channel_layouts=mono"
        af = f"{SOUND_FILTER.format(rate=settings.sample_rate)},{form}"
        outputs.append(media[str(found.sound.index)].output(f"pipe:{sound}", f="s16le", af=af))
    command = ffmpeg.merge_outputs(*outputs).global_args(*QUIET, "-max_error_rate", "1")
    return list(command.compile(cmd=ffmpeg_binary()))
