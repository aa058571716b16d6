"""Frames and faces to the joints of each subject's body and its box (paper 000, section 3.2.2)."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, VIDEOS
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.body.backend import Backend, Extent, Frame, make_backend
from affectflow.body.box import agent_box
from affectflow.body.hints import FaceBoxes, make_hints, nearest
from affectflow.body.person import choose
from affectflow.config.preprocessing import Body
from affectflow.corpus.shard import Video
from affectflow.errors import InputError
from affectflow.media.pictures import Frames

Row = dict[str, Any]


def mask_shard(
    frames: Path, faces: Path, videos_table: Path, videos: Sequence[Video], settings: Body, out: Path
) -> None:
    """Write one row of BODY for each subject and decoded frame.

    Where nobody is found, the subject's face is not in the shot, no head lies near the face, or all joints are
    below the limit, `found` is false, the box null and every joint missing. One picture and the rows of the
    shard are in memory.

    Raises:
        InputError: an artifact does not belong to the videos, or the backend cannot be had or read.
    """
    stored, boxes = Frames(frames), FaceBoxes(faces)
    table = read_parquet(videos_table, VIDEOS)
    backend = make_backend(settings)
    rows: list[Row] = []
    for video in videos:
        extent = _extent(table, video.video, videos_table)
        if stored.count(video.video) != extent.frames:
            raise InputError(
                f"{frames}: holds {stored.count(video.video)} frames of video {video.video!r}, {videos_table} says "
                f"{extent.frames}; delete both and run again"
            )
        for subject_rows in _video_rows(video, extent, stored, boxes, backend, settings):
            rows += subject_rows
            found = sum(row["found"] for row in subject_rows)
            name = subject_rows[0]["subject"]
            print(f"{name}: body found in {found} of {len(subject_rows)} frames", file=sys.stderr)
    write_parquet(out, rows, BODY)


def _video_rows(
    video: Video, extent: Extent, stored: Frames, boxes: FaceBoxes, backend: Backend, settings: Body
) -> list[list[Row]]:
    """Rows of each subject."""
    names = [s.subject for s in video.subjects]
    boxless = [boxes.boxless(name) for name in names]
    filled = [nearest(boxes.boxes(n, extent.frames), boxes.shots(n, extent.frames)) for n in names]
    rows: list[list[Row]] = [[] for _ in video.subjects]
    for number in range(extent.frames):
        at, ages = [b[number] for b, _ in filled], [a[number] for _, a in filled]
        hints = make_hints(at, ages, boxless, video.subjects, extent.width)
        frame = Frame(video, number, extent, partial(stored.picture, video.video, number))
        people = iter(backend.people(frame, [h for h in hints if h is not None]))
        for subject, hint, own in zip(video.subjects, hints, rows, strict=True):
            joints = None if hint is None else choose(next(people), hint, settings.min_confidence)
            own.append({"subject": subject.subject, "frame": number} | _row(joints, extent, settings))
    return rows


def _row(joints: NDArray[np.float32] | None, extent: Extent, settings: Body) -> Row:
    box = None
    if joints is not None:
        size = (extent.width, extent.height)
        box = agent_box(joints, size, settings.lambda_x, settings.lambda_y, settings.min_confidence)
    if joints is None or box is None:
        return {"found": False, "joints": np.zeros(75, np.float32), "box": None}
    return {"found": True, "joints": joints.ravel(), "box": box}


def _extent(table: pa.Table, video: str, path: Path) -> Extent:
    for row in table.to_pylist():
        if row["video"] == video:
            return Extent(row["width"], row["height"], row["source_width"], row["source_height"], row["frames"])
    raise InputError(f"{path}: holds no row of video {video!r}; delete it and run again")
