"""Faces and bodies of a person in all frames of a video, read from artifacts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import as_array, as_flags, as_rows, read_arrow, read_parquet, spans
from affectflow.prediction.scores import BodyTrack, FaceTrack
from affectflow.preprocessing.body.body25 import head_only
from affectflow.preprocessing.face.head_pose import head_poses

# Rows whose points are in memory at once.
_ROWS = 4096


def read_face_tracks(faces: Path, size: tuple[int, int]) -> dict[str, FaceTrack]:
    """The faces of a video's people, by name; `size` is width and height of the picture in pixels."""
    table = read_arrow(faces, FACES)
    return {name: _face_track(table[rows], size) for name, rows in spans(table.column("subject")).items()}


def _face_track(rows: pa.Table, size: tuple[int, int]) -> FaceTrack:
    found = as_flags(rows["found"])
    pose = [_pose(rows.slice(start, _ROWS), size) for start in range(0, len(rows), _ROWS)]
    scores = as_array(rows["score"]).astype(np.float64)
    return FaceTrack(found, as_rows(rows["box"], 4).astype(np.float64), scores, np.concatenate(pose))


def _pose(rows: pa.Table, size: tuple[int, int]) -> NDArray[np.float64]:
    landmarks = as_rows(rows["landmarks"], 136).reshape(-1, 68, 2)
    return head_poses(landmarks, as_rows(rows["anchors"], 10).reshape(-1, 5, 2), size)


def read_body_tracks(body: Path, min_confidence: float) -> dict[str, BodyTrack]:
    """The bodies of a video's people, by name; `min_confidence` is that of a joint that is seen."""
    table = read_parquet(body, BODY)
    tracks = {}
    for name, rows in spans(table.column("subject")).items():
        part = table[rows]
        joints = as_rows(part["joints"], 75).reshape(-1, 25, 3)
        found = as_flags(part["found"])
        tracks[name] = BodyTrack(
            found, as_rows(part["box"], 4).astype(np.float64), found & head_only(joints, min_confidence)
        )
    return tracks
