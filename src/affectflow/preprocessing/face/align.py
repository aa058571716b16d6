"""Frames to faces: detect, link, choose the subject, align."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.data.preprocessing import Faces
from affectflow.core.counting import each
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.face.anchors import Anchors, Landmarker
from affectflow.preprocessing.face.detect import Detection, Detector, make_detector
from affectflow.preprocessing.face.embedding import make_embedder
from affectflow.preprocessing.face.find import find_faces
from affectflow.preprocessing.face.identity import recognise
from affectflow.preprocessing.face.key_frames import WEAKER
from affectflow.preprocessing.face.subjects import choose
from affectflow.preprocessing.face.template import align
from affectflow.preprocessing.face.tracks import Person, Track, link, people
from affectflow.preprocessing.media.pictures import Frames, Picture


def align_shard(frames: Path, videos: Sequence[Video], settings: Faces, out: Path) -> None:
    """Write one row of FACES for each subject and decoded frame, found or not.

    A video is read for its cuts and all faces, of which only the boxes are kept, and then to cut out the subjects', so
    that memory holds few frames and a video's boxes.

    Raises:
        InputError: the frames are of other videos, or the backends cannot be had or do not fit together.
    """
    stored = Frames(frames)
    stored.check_only(video.video for video in videos)
    detector = make_detector(settings.detector, settings.min_score * WEAKER)
    landmarker = Landmarker(settings, detector)
    with arrow_writer(out, FACES) as writer:
        for video in videos:
            chosen, shots = _subject_faces(stored, video, detector, settings)
            for subject in video.subjects:
                faces, apart = chosen[subject.subject], 0
                for frame, shot in enumerate(each(shots, subject.subject, len(shots), "frames aligned")):
                    row = _NOT_FOUND
                    if frame in faces:
                        picture = stored.picture(video.video, frame)
                        anchors = landmarker.find(picture, faces[frame])
                        apart += anchors.apart
                        row = _row(picture, faces[frame], anchors, settings)
                    writer.append({"subject": subject.subject, "frame": frame, "shot": shot} | row)
                summary = f"face found in {len(faces)} of {len(shots)} frames"
                doubts = (
                    f"; landmarks of {apart} were elsewhere than the detector's points, which count" if apart else ""
                )
                print(f"{subject.subject}: {summary}{doubts}", file=sys.stderr)


def _subject_faces(
    stored: Frames, video: Video, detector: Detector, settings: Faces
) -> tuple[dict[str, dict[int, Detection]], list[int]]:
    """The face of each subject by frame, and the shot of each frame."""
    name = video.video
    detections, cuts = find_faces(stored, name, detector, settings.every, settings.min_score)
    tracks = link(detections, cuts, settings.min_overlap, settings.max_gap)
    found = _people(tracks, settings, name, lambda frame: stored.picture(name, frame))
    width = stored.picture(name, 0).shape[1] if cuts else 0
    chosen = choose(found, video.subjects, width)
    faces = {subject: {} if person is None else person.faces for subject, person in chosen.items()}
    return faces, np.cumsum(cuts, dtype=np.int32).tolist()


def _people(tracks: Sequence[Track], settings: Faces, video: str, picture: Callable[[int], Picture]) -> list[Person]:
    """The people of a video; what was doubtful about who is who is printed."""
    if settings.identity.embedder == "none":
        return people(tracks, settings.min_overlap)
    embedder = make_embedder(settings.identity.embedder)
    max_distance = settings.identity.max_distance or embedder.max_distance
    found = recognise(tracks, settings.min_overlap, embedder, max_distance, picture)
    if found.doubtful:
        print(f"{video}: {found.doubtful} doubtful decisions on who is the same person", file=sys.stderr)
    return found.people


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
