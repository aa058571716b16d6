"""Frames in the size that networks read."""

import sys
from pathlib import Path

import cv2

from affectflow.artifacts.schemas import RESIZED
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.data.preprocessing import Resize
from affectflow.core.counting import each
from affectflow.core.errors import InputError
from affectflow.preprocessing.media.pictures import Frames
from affectflow.preprocessing.media.square import square


def resize_shard(frames: Path, size: int, settings: Resize, out: Path) -> None:
    """Write one row of RESIZED for each decoded frame: the whole frame as a square of `size` pixels.

    Pixels are averaged where a side becomes shorter. One picture is in memory.

    Raises:
        InputError: the frames are missing or damaged.
    """
    stored = Frames(frames)
    quality = [cv2.IMWRITE_JPEG_QUALITY, settings.quality]
    with arrow_writer(out, RESIZED) as rows:
        for video in stored.videos:
            height, width = stored.picture(video, 0).shape[:2]
            for frame in each(range(stored.count(video)), video, stored.count(video)):
                try:
                    small = square(stored.jpeg(video, frame), size, (width, height))
                except ValueError as error:
                    raise InputError(
                        f"{frames}: frame {frame} of {video!r} is {error}; delete the file and run again"
                    ) from error
                encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)[1]
                rows.append({"video": video, "frame": frame, "jpeg": encoded.tobytes()})
            print(f"{video}: {stored.count(video)} frames resized to {size} pixels", file=sys.stderr)
