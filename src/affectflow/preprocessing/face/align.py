"""People to faces: choose the subjects, find their landmarks, align."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.data.preprocessing import Faces
from affectflow.core.counting import each
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.face.anchors import Anchors, Landmarker
from affectflow.preprocessing.face.detect import Detection, make_detector
from affectflow.preprocessing.face.key_frames import WEAKER
from affectflow.preprocessing.face.people_table import PeopleTable, read_shots
from affectflow.preprocessing.face.subjects import choose
from affectflow.preprocessing.face.template import align
from affectflow.preprocessing.face.tracks import Person
from affectflow.preprocessing.media.pictures import Frames, Picture


def align_shard(frames: Path, people: Path, shots: Path, videos: Sequence[Video], settings: Faces, out: Path) -> None:
    """Write one row of FACES for each subject and decoded frame, found or not.

    Frames are read to cut the subjects' faces out, so that memory holds few of them and a video's boxes.

    Raises:
        InputError: the artifacts are of other videos, or the backends cannot be had or do not fit together.
    """
    stored, found, shots_of = Frames(frames), PeopleTable(people), read_shots(shots)
    stored.check_only(video.video for video in videos)
    landmarker = Landmarker(settings, make_detector(settings.detector, settings.min_score * WEAKER))
    with arrow_writer(out, FACES) as writer:
        for video in videos:
            numbers = shots_of.get(video.video, [])
            if len(numbers) != stored.count(video.video):
                raise InputError(
                    f"{shots}: has {len(numbers)} frames of video {video.video!r}, {frames} "
                    f"{stored.count(video.video)}; delete both and run again"
                )
            width = stored.picture(video.video, 0).shape[1] if numbers else 0
            chosen = choose(found.people(video.video), video.subjects, width)
            for subject in video.subjects:
                rows = _rows(stored, video, subject, chosen[subject.subject], landmarker, settings)
                for frame, (row, shot) in enumerate(zip(rows, numbers, strict=True)):
                    writer.append({"subject": subject.subject, "frame": frame, "shot": shot} | row)


def _rows(
    stored: Frames, video: Video, subject: Subject, person: Person | None, landmarker: Landmarker, settings: Faces
) -> Iterator[dict[str, Any]]:
    """Rows of all frames; at the end, what was found is printed."""
    faces, apart, count = {} if person is None else person.faces, 0, stored.count(video.video)
    for frame in each(range(count), video.label(subject), count, "frames aligned"):
        if frame not in faces:
            yield _NOT_FOUND
            continue
        picture = stored.picture(video.video, frame)
        anchors = landmarker.find(picture, faces[frame])
        apart += anchors.apart
        yield _row(picture, faces[frame], anchors, settings)
    doubts = f"; landmarks of {apart} were elsewhere than the detector's points, which count" if apart else ""
    print(f"{video.label(subject)}: face found in {len(faces)} of {count} frames{doubts}", file=sys.stderr)


_NOT_FOUND: dict[str, Any] = {
    "found": False,
    "score": None,
    "box": None,
    "landmarks": None,
    "anchors": None,
    "face": None,
}


def _row(picture: Picture, face: Detection, anchors: Anchors, settings: Faces) -> dict[str, Any]:
    landmarks, points = anchors.landmarks, anchors.points
    aligned = align(picture, points, settings.size, settings.transform)
    return {
        "found": True,
        "score": face.score,
        "box": face.box.astype(np.float32),
        "landmarks": None if landmarks is None else landmarks.ravel(),
        "anchors": points.ravel(),
        "face": cv2.imencode(".jpg", aligned, [cv2.IMWRITE_JPEG_QUALITY, settings.quality])[1].tobytes(),
    }
