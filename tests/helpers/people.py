"""Synthetic frames with the photographed astronaut (scikit-image, public domain), and artifacts made of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from media_factory import ffmpeg
from numpy.typing import NDArray
from skimage.data import astronaut

from affectflow.artifacts.schemas import FRAMES, VIDEOS
from affectflow.artifacts.tables import arrow_writer, write_parquet

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 480, 240
FACE = np.array([178.0, 58.0, 272.0, 180.0])
"""The astronaut's face in the picture of 512 pixels: left, top, right, bottom."""


def scene(places: Sequence[tuple[float, float]], size: int = 220, covered: Sequence[int] = ()) -> Picture:
    """A frame with the astronaut at each place (left, top) in pixels; `covered` ones hide their face."""
    portrait = cv2.resize(astronaut()[:, :, ::-1], (size, size), interpolation=cv2.INTER_AREA)
    frame = np.full((HEIGHT, WIDTH, 3), (90, 80, 70), np.uint8)
    for number, (left, top) in enumerate(places):
        person = portrait.copy()
        if number in covered:
            x0, y0, x1, y1 = (FACE * size / 512).astype(int)
            person[y0 - 15 : y1 + 10, x0 - 10 : x1 + 10] = (200, 190, 60)
        x, y = int(left), int(top)
        shown = frame[max(y, 0) : y + size, max(x, 0) : x + size]
        shown[:] = person[max(-y, 0) : max(-y, 0) + shown.shape[0], max(-x, 0) : max(-x, 0) + shown.shape[1]]
    return frame


def face_centre(place: tuple[float, float], size: int = 220) -> NDArray[np.float64]:
    """Middle of the face of an astronaut at a place."""
    return np.array(place) + (FACE[:2] + FACE[2:]) / 2 * size / 512


def write_frames(path: Path, videos: dict[str, Iterable[Picture]]) -> Path:
    """A FRAMES file of some videos at 25 frames a second."""
    with arrow_writer(path, FRAMES) as writer:
        for video, pictures in videos.items():
            for frame, picture in enumerate(pictures):
                jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
                writer.append({"video": video, "frame": frame, "time": frame / 25, "jpeg": jpeg})
    return path


def write_videos(path: Path, frames: dict[str, int], source: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """A VIDEOS file that goes with it; `source` is the size before decoding made it WIDTH x HEIGHT."""
    rows = [
        {
            "video": video,
            "path": f"{video}.mp4",
            "digest": "",
            "frames": count,
            "rate": 25.0,
            "container_rate": 25.0,
            "width": WIDTH,
            "height": HEIGHT,
            "source_width": source[0],
            "source_height": source[1],
            "has_audio": False,
            "audio_seconds": 0.0,
            "damaged": 0,
        }
        for video, count in frames.items()
    ]
    write_parquet(path, rows, VIDEOS)
    return path


def film(path: Path, visible: Iterable[bool]) -> Path:
    """A lossless video at 25 frames a second: the astronaut, or where a frame's flag is false nobody."""
    pictures = {True: scene([(130, 10)]).tobytes(), False: scene([]).tobytes()}
    input_options = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", 25, "-i", "pipe:0")
    ffmpeg(*input_options, "-c:v", "ffv1", path, pictures=b"".join(pictures[face_visible] for face_visible in visible))
    return path
