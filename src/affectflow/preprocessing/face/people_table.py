"""People as rows of a table: what is known of each, and their faces."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from affectflow.artifacts.schemas import PEOPLE, SHOTS
from affectflow.artifacts.tables import as_array, read_arrow, read_parquet, spans
from affectflow.core.errors import InputError
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.face.embedding import Embedder
from affectflow.preprocessing.face.quality import quality
from affectflow.preprocessing.face.tracks import Person, Track
from affectflow.preprocessing.media.pictures import Picture

# The stored picture of a person shows the best face's box and this share of its size around it, at most so large.
_MARGIN, _SIDE, _JPEG_QUALITY = 0.35, 160, 90


def describe(person: Person, picture: Callable[[int], Picture], embedder: Embedder | None = None) -> dict[str, Any]:
    """A row of PEOPLE without video and number.

    Args:
        person: whose faces are in at least one frame.
        picture: a frame by its number.
        embedder: of the vector to store; without one none is.
    """
    faces = dict(sorted(person.faces.items()))
    best = max(faces, key=lambda frame: (quality(faces[frame]), faces[frame].size * faces[frame].score))
    centres = np.array([face.centre for face in faces.values()])
    shown = picture(best)
    points = [face.points for face in faces.values() if face.points is not None]
    return {
        "first": min(faces),
        "last": max(faces),
        "frames": len(faces),
        "size": float(np.median([face.size for face in faces.values()])),
        "x": float(np.median(centres[:, 0])),
        "y": float(np.median(centres[:, 1])),
        "prominence": person.prominence,
        "best": best,
        "best_x": float(faces[best].centre[0]),
        "best_y": float(faces[best].centre[1]),
        "picture": _portrait(shown, faces[best]),
        "face_frames": np.array(list(faces), np.int32),
        "boxes": np.concatenate([face.box for face in faces.values()]),
        "scores": np.array([face.score for face in faces.values()]),
        "points": np.concatenate(points).ravel() if points else np.zeros(0, np.float32),
        "embedding": None if embedder is None else embedder.embed(shown, faces[best]),
    }


def _portrait(picture: Picture, face: Detection) -> bytes:
    side = (1 + 2 * _MARGIN) * max(face.right - face.left, face.bottom - face.top)
    crop = cv2.getRectSubPix(picture, (round(side), round(side)), face.centre - 0.5)
    small = crop if side <= _SIDE else cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


@dataclass(frozen=True)
class Portrait:
    """What is known of a person of a video besides the faces; as in PEOPLE."""

    person: int
    first: int
    last: int
    frames: int
    size: float
    x: float
    y: float
    prominence: float
    best: int
    best_x: float
    best_y: float
    picture: bytes


class PeopleTable:
    """The people of a shard's videos.

    Raises:
        InputError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table = read_arrow(path, PEOPLE)
        self._spans = spans(self._table.column("video"))

    def people(self, video: str) -> list[Person]:
        """The people of a video with their faces by frame, the most prominent first.

        Raises:
            InputError: a person's lists do not fit together.
        """
        return [self._person(row) for row in self._rows(video)]

    def portraits(self, video: str) -> list[Portrait]:
        """What is known of them, in the same order."""
        names = Portrait.__dataclass_fields__
        return [Portrait(**{name: row[name].as_py() for name in names}) for row in self._rows(video)]

    def _rows(self, video: str) -> list[dict[str, pa.Scalar]]:
        rows = self._spans.get(video, slice(0, 0))
        names = self._table.column_names
        return [{name: self._table.column(name)[n] for name in names} for n in range(rows.start, rows.stop)]

    def _person(self, row: dict[str, pa.Scalar]) -> Person:
        frames, boxes, scores, points = (
            as_array(row[name].values) for name in ("face_frames", "boxes", "scores", "points")
        )
        count = len(frames)
        if len(boxes) != 4 * count or len(scores) != count or len(points) not in (0, 10 * count):
            raise InputError(
                f"{self.path}: person {row['person']} of video {row['video']} has {count} faces and lists of other "
                "lengths; delete it and run again"
            )
        all_points = points.reshape(-1, 5, 2) if len(points) else [None] * count
        faces = {
            int(frame): Detection(left, top, right, bottom, float(score), points_there)
            for frame, (left, top, right, bottom), score, points_there in zip(
                frames, boxes.reshape(-1, 4).tolist(), scores, all_points, strict=True
            )
        }
        return Person([Track(0, faces)])


def read_shots(path: Path) -> dict[str, list[int]]:
    """The shot of each frame, by video.

    Raises:
        InputError: the file is missing or damaged, or the shots of a video do not follow each other.
    """
    shots: dict[str, list[int]] = {}
    for row in read_parquet(path, SHOTS).to_pylist():
        known = shots.setdefault(row["video"], [])
        if row["first"] != len(known):
            raise InputError(
                f"{path}: shot {row['shot']} of video {row['video']} begins with frame {row['first']}, expected "
                f"{len(known)}; delete it and run again"
            )
        known += [row["shot"]] * row["frames"]
    return shots
