"""Frames and faces to the joints of each subject's body and its box (Antoniadis et al., section 3.2.2)."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, VIDEOS
from affectflow.artifacts.tables import parquet_writer, read_parquet
from affectflow.config.data.preprocessing import Body
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.backend import Extent, make_backend
from affectflow.preprocessing.body.body25 import head_only
from affectflow.preprocessing.body.box import agent_box
from affectflow.preprocessing.body.find import BodyFinder
from affectflow.preprocessing.body.hints import FaceBoxes
from affectflow.preprocessing.face.people_table import PeopleTable
from affectflow.preprocessing.face.subjects import prominent
from affectflow.preprocessing.face.tracks import Person
from affectflow.preprocessing.media.pictures import Frames

Row = dict[str, Any]

_NOT_FOUND: Row = {"found": False, "joints": np.zeros(75, np.float32), "box": None}


def mask_shard(
    frames: Path,
    faces: Path,
    videos_table: Path,
    videos: Sequence[Video],
    settings: Body,
    out: Path,
    *,
    people: Path | None = None,
    device: Device | None = None,
) -> None:
    """Write one row of BODY for each subject and decoded frame.

    Where nobody is found, the subject's face is not in the shot, no head lies near the face, all joints are below the
    limit, or none is below the head where that is asked for, `found` is false, the box null and every joint missing.
    Bodies are kept apart from those of other prominent `people`, where these are given. The joints of one video are in
    memory, and one picture, or as many as a network sees at once. A network runs on `device`, without one on the CPU.

    Raises:
        InputError: an artifact does not belong to the videos, or the backend cannot be had or read.
    """
    stored, boxes = Frames(frames), FaceBoxes(faces)
    table = read_parquet(videos_table, VIDEOS)
    backend = make_backend(settings, device)
    everyone = None if people is None else PeopleTable(people)
    with parquet_writer(out, BODY) as writer:
        for video in videos:
            extent = _extent(table, video.video, videos_table)
            if stored.count(video.video) != extent.frames:
                raise InputError(
                    f"{frames}: holds {stored.count(video.video)} frames of video {video.video!r}, {videos_table} says "
                    f"{extent.frames}; delete both and run again"
                )
            if not extent.frames:
                print(f"{video.video}: no frame was decoded, no body looked for", file=sys.stderr)
                continue
            bystanders = [] if everyone is None else _boxes(everyone.people(video.video), extent.frames)
            by_subject = BodyFinder(video, extent, stored, boxes, backend, settings, bystanders).find()
            for subject, subject_joints in zip(video.subjects, by_subject, strict=True):
                heads = head_only(subject_joints, settings.min_confidence)
                left_out = heads if settings.below_head else np.zeros_like(heads)
                found = np.zeros(extent.frames, bool)
                for frame, joints in enumerate(subject_joints):
                    row = _NOT_FOUND if left_out[frame] else _row(joints, extent, settings)
                    found[frame] = row["found"]
                    writer.append({"subject": subject.subject, "frame": frame} | row)
                print(f"{video.label(subject)}: {_describe(found, heads)}", file=sys.stderr)


def _boxes(people: Sequence[Person], frames: int) -> list[NDArray[np.float64]]:
    """Face boxes of the prominent people, each (frames, 4), rounded as those of the subjects, who are among them; a
    passer-by may be no person at all."""
    boxes = []
    for person in prominent(people):
        boxes.append(np.full((frames, 4), np.nan))
        for frame, face in person.faces.items():
            boxes[-1][frame] = face.box.astype(np.float32)
    return boxes


def _describe(found: NDArray[np.bool_], heads: NDArray[np.bool_]) -> str:
    shown = int((found & heads).sum())
    return f"body found in {found.sum()} of {len(found)} frames" + (f", the head alone in {shown}" if shown else "")


def _row(joints: NDArray[np.float32], extent: Extent, settings: Body) -> Row:
    size = (extent.width, extent.height)
    box = agent_box(joints, size, settings.lambda_x, settings.lambda_y, settings.min_confidence)
    if box is None:
        return _NOT_FOUND
    return {"found": True, "joints": joints.ravel(), "box": box}


def _extent(table: pa.Table, video: str, path: Path) -> Extent:
    for row in table.to_pylist():
        if row["video"] == video:
            return Extent(row["width"], row["height"], row["source_width"], row["source_height"], row["frames"])
    raise InputError(f"{path}: holds no row of video {video!r}; delete it and run again")
