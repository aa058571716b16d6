"""A copy of a video with its sound: with something drawn on every frame, or as it was decoded."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import cv2

from affectflow.core.counting import each
from affectflow.preprocessing.media.encode import MonoSound, Timed, write_mp4
from affectflow.preprocessing.media.pictures import Frames, Picture, decode
from affectflow.preprocessing.media.sounds import Sounds
from affectflow.preprocessing.media.trial import encoder

_QUALITY = 95


def write_overlay(
    frames: Path,
    sound: Path,
    video: str,
    draw: Callable[[int, Picture], Picture],
    out: Path,
    program: str = "packaged",
) -> None:
    """Write an mp4 (h264, AAC) that browsers play, with the frames' own times and the stored sound: what is heard is
    what was scored.

    Args:
        frames: the decoded frames of the video, a file of the schema FRAMES.
        sound: its sound, a file of the schema SOUND.
        video: its name there.
        draw: from a frame's index and picture (height, width, 3), BGR, to the picture to show; all pictures
            that it gives have one size.
        out: the file to write; it appears only when whole.
        program: which ffmpeg encodes (`decode.ffmpeg`).

    Raises:
        InputError: no frame of the video is stored, the disk is full, or ffmpeg cannot encode.
    """
    stored = Frames(frames)
    pictures = each(stored.pictures(video), video, stored.count(video))
    jpegs = (_jpeg(draw(frame, picture)) for frame, picture in enumerate(pictures))
    _write(zip(stored.times(video), jpegs, strict=True), _read_sound(sound, video), out, {"crf": 20}, program)


def write_copy(frames: Path, sound: Path, video: str, out: Path, program: str = "packaged") -> None:
    """Write the stored frames as they are, otherwise as `write_overlay` does: a video that any browser plays.

    A picture that stands alone comes every 24 frames, so that a jump to any frame decodes few others.
    """
    stored = Frames(frames)
    count = stored.count(video)
    jpegs = (stored.jpeg(video, frame) for frame in each(range(count), video, count))
    _write(zip(stored.times(video), jpegs, strict=True), _read_sound(sound, video), out, {"crf": 23, "g": 24}, program)


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _read_sound(sound: Path, video: str) -> MonoSound | None:
    sounds = Sounds(sound)
    return MonoSound(sounds.rate, sounds.start(video), sounds.blocks(video)) if video in sounds else None


def _write(pictures: Timed, sound: MonoSound | None, out: Path, quality: dict[str, int], program: str) -> None:
    first = next(pictures)
    height, width = decode(first[1], "frame 0").shape[:2]
    write_mp4(encoder(program), chain([first], pictures), (width, height), sound, out, quality)
