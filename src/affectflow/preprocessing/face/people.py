"""Frames to people: everyone whose face is seen in a video, and the video's shots."""

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from affectflow.artifacts.schemas import PEOPLE, SHOTS
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.data.preprocessing import Faces
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.face.detect import Detector, make_detector
from affectflow.preprocessing.face.embedding import Embedder, make_embedder
from affectflow.preprocessing.face.find import find_faces
from affectflow.preprocessing.face.identity import recognise
from affectflow.preprocessing.face.key_frames import WEAKER
from affectflow.preprocessing.face.people_table import describe
from affectflow.preprocessing.face.tracks import Person, Track, link, people
from affectflow.preprocessing.media.pictures import Frames, Picture


def find_people_shard(frames: Path, videos: Sequence[Video], settings: Faces, out: Path, shots: Path) -> None:
    """Write a row of PEOPLE for each person of each video, the most prominent first, and a row of SHOTS for each shot.

    A video is read once for its cuts and all faces, of which only the boxes are kept, so that memory holds few frames
    and a video's boxes.

    Raises:
        InputError: the frames are of other videos, or the backends cannot be had.
    """
    stored = Frames(frames)
    stored.check_only(video.video for video in videos)
    detector = make_detector(settings.detector, settings.min_score * WEAKER)
    identity = settings.identity
    embedder = None if identity.embedder == "none" else make_embedder(identity.embedder)
    rows = []
    with arrow_writer(out, PEOPLE) as writer:
        for video in videos:
            found, cuts = _find(stored, video.video, detector, embedder, settings)
            for number, person in enumerate(found, start=1):
                row = describe(person, _pictures(stored, video.video), embedder if identity.store else None)
                writer.append({"video": video.video, "person": number} | row)
            begins = [frame for frame, cut in enumerate(cuts) if cut or not frame]
            spans = enumerate(pairwise([*begins, len(cuts)]))
            rows += [{"video": video.video, "shot": n, "first": a, "frames": b - a} for n, (a, b) in spans]
            print(f"{video.video}: people found: {len(found)}, shots: {len(begins)}", file=sys.stderr)
    write_parquet(shots, rows, SHOTS)


def _find(
    stored: Frames, video: str, detector: Detector, embedder: Embedder | None, settings: Faces
) -> tuple[list[Person], list[bool]]:
    """The people of a video, the most prominent first, and whether a new shot begins with each frame."""
    detections, cuts = find_faces(stored, video, detector, settings.every, settings.min_score)
    tracks = link(detections, cuts, settings.min_overlap, settings.max_gap)
    found = _join(tracks, settings, embedder, video, _pictures(stored, video))
    return sorted(found, key=lambda person: -person.prominence), cuts


def _pictures(stored: Frames, video: str) -> Callable[[int], Picture]:
    return lambda frame: stored.picture(video, frame)


def _join(
    tracks: Sequence[Track],
    settings: Faces,
    embedder: Embedder | None,
    video: str,
    picture: Callable[[int], Picture],
) -> list[Person]:
    """The people of a video; what was doubtful about who is who is printed."""
    if embedder is None:
        return people(tracks, settings.min_overlap)
    max_distance = settings.identity.max_distance or embedder.max_distance
    found = recognise(tracks, settings.min_overlap, embedder, max_distance, picture)
    if found.doubtful:
        print(f"{video}: {found.doubtful} doubtful decisions on who is the same person", file=sys.stderr)
    return found.people
