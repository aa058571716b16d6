"""The organisers' aligned faces, `<folder>/<subject>/00001.jpg`, as FACES rows."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.data.preprocessing import Faces
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.pictures import Frames

_OFFICIAL_SIZE = 112
_NAME = re.compile(r"(\d{5,})\.jpg")


def official_shard(
    frames: Path, videos: Sequence[Video], folder: Path, settings: Faces, out: Path, tolerance: int = 0
) -> None:
    """Write one row of FACES for each subject and decoded frame from pictures of 112 x 112 pixels.

    Picture n is frame n - 1; a number that is missing is a face that was not found. Score, box, landmarks and
    anchors are null. A picture is stored as it is, or resized and encoded anew where `settings.size` is 96. The
    organisers' decoder may have found some frames more, as counts of frames commonly differ by one: pictures up to
    `tolerance` beyond the decoded frames are left out, and named on standard error.

    Raises:
        InputError: a subject's folder is missing, a picture cannot be read or has another size, or its number lies
            farther beyond the decoded frames; or the frames are of other videos.
    """
    stored = Frames(frames)
    stored.check_only(video.video for video in videos)
    with arrow_writer(out, FACES) as writer:
        for video in videos:
            count = stored.count(video.video)
            for subject in (
                video.subjects if count else ()
            ):  # of a video that cannot be decoded there is nothing to number
                pictures = _find_pictures(folder / subject.subject, count, tolerance)
                surplus = [pictures.pop(number) for number in sorted(pictures) if number > count]
                for frame in range(count):
                    path = pictures.get(frame + 1)
                    writer.append(
                        {
                            "subject": subject.subject,
                            "frame": frame,
                            "shot": None,
                            "found": path is not None,
                            "score": None,
                            "box": None,
                            "landmarks": None,
                            "anchors": None,
                            "face": None if path is None else _face(path, settings),
                        }
                    )
                more = f"; {', '.join(path.name for path in surplus)} left out: beyond the last one" if surplus else ""
                print(f"{subject.subject}: official face for {len(pictures)} of {count} frames{more}", file=sys.stderr)


def _find_pictures(folder: Path, count: int, tolerance: int) -> dict[int, Path]:
    """Pictures of a subject by number."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; expected the subject's aligned faces 00001.jpg … there. Add it, or set "
            "faces.source: detect"
        )
    pictures = {}
    for path in sorted(folder.iterdir()):
        if match := _NAME.fullmatch(path.name):
            number = int(match[1])
            if not 1 <= number <= count + tolerance:
                raise InputError(
                    f"{path}: picture {number}, but the video has {count} decoded frames (pictures 1 to {count}, and "
                    f"up to {tolerance} more by corpus.tolerance); video and pictures do not belong together"
                )
            pictures[number] = path
    return pictures


def _face(path: Path, settings: Faces) -> bytes:
    data = path.read_bytes()
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise InputError(f"{path}: not a readable picture; copy it again")
    height, width = picture.shape[:2]
    if (width, height) != (_OFFICIAL_SIZE, _OFFICIAL_SIZE):
        raise InputError(f"{path}: has {width} x {height} pixels, expected {_OFFICIAL_SIZE} x {_OFFICIAL_SIZE}")
    if settings.size == _OFFICIAL_SIZE:
        return data
    smaller = cv2.resize(picture, (settings.size, settings.size), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, settings.quality])[1].tobytes()
