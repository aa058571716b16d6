"""Joints that the OpenPose program wrote (`--write_json`), one JSON file a frame."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from affectflow.config.data.preprocessing import Body
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.backend import Extent, Frame, Hint, Joints

_SUFFIX = "_keypoints.json"
_NUMBERED = re.compile(r"(\d{5,})" + re.escape(_SUFFIX))


class OpenPoseJson:
    """All people of a frame, from `body.openpose_json`, where a video's files lie in `<file>_openpose_body25/json/` or
    `<video>/`.

    Files are named `<video>_000000000000_keypoints.json` (OpenPose's own names, from 0) or `00000_keypoints.json`. The
    latter count from 0 if number 0 is there, otherwise from 1. Coordinates are pixels of the source video.
    """

    def __init__(self, settings: Body) -> None:
        self._root = Path(str(settings.openpose_json))
        self._video: Video | None = None
        self._files: list[Path] = []

    def people(self, frame: Frame, hints: Sequence[Hint]) -> list[Joints]:
        """Raises InputError: files are missing, too few or too many, or not JSON of BODY_25."""
        if frame.video != self._video:
            self._files = _files(json_folder(self._root, frame.video), frame.video, frame.extent.frames)
            self._video = frame.video
        return [_read(self._files[frame.number], frame.extent)] * len(hints)


def json_folder(root: Path, video: Video) -> Path:
    """Where OpenPose's files of a video lie; InputError where there is no such folder."""
    candidates = [root / f"{video.path.name}_openpose_body25" / "json", root / video.video]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise InputError(
        f"{root}: holds no OpenPose files of video {video.video!r}; expected the folder "
        f"{candidates[0].relative_to(root)} or {candidates[1].relative_to(root)} there"
    )


def _files(folder: Path, video: Video, frames: int) -> list[Path]:
    """The file of every frame."""
    pattern = re.compile(re.escape(video.video) + r"_(\d{12})" + re.escape(_SUFFIX))
    names = sorted(path.name for path in folder.iterdir())
    numbered = {int(m[1]): folder / m[0] for name in names if (m := pattern.fullmatch(name))}
    base = 0
    if not numbered:
        numbered = {int(m[1]): folder / m[0] for name in names if (m := _NUMBERED.fullmatch(name))}
        base = 0 if 0 in numbered else 1
    if sorted(numbered) != list(range(base, base + frames)):
        missing = sorted(set(range(base, base + frames)) - set(numbered))
        example = f"; the first that is missing has number {missing[0]}" if missing else ""
        raise InputError(
            f"{folder}: holds {len(numbered)} files of joints, expected {frames}, one a decoded frame, numbered from "
            f"{base}{example}. Run OpenPose on the same video file"
        )
    return [numbered[base + frame] for frame in range(frames)]


def _read(path: Path, extent: Extent) -> Joints:
    """People of one file, in pixels of the stored frame."""
    try:
        people = json.loads(path.read_text(encoding="utf-8"))["people"]
        joints = np.array([_numbers(person) for person in people], np.float32).reshape(-1, 25, 3)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not a file of OpenPose's BODY_25 joints ({error}); expected people with pose_keypoints_2d of 75 "
            "numbers. Run OpenPose again with --model_pose BODY_25"
        ) from error
    scale = (extent.width / extent.source_width, extent.height / extent.source_height, 1.0)
    return joints * np.array(scale, np.float32)


def _numbers(person: dict[str, Any]) -> list[float]:
    numbers = [float(n) for n in person["pose_keypoints_2d"]]
    if len(numbers) != 75:
        raise ValueError(f"found {len(numbers)} numbers for a person")
    if not np.isfinite(numbers).all():
        raise ValueError("found a number that is not finite")
    return numbers
