"""Faces linked over time: detections to tracks, tracks to people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.boxes import best_pairs, overlaps
from affectflow.preprocessing.face.detect import Detection

# A broken track goes on with the person whose last face is at most so many face sizes away (centre to centre)
# and at most so many times larger or smaller.
_REACH = 2.0
_RESIZE = 2.0
# Velocity is taken over at most so many frames: less is noise of the boxes, more lags behind turns.
_VELOCITY_FRAMES = 5


@dataclass
class Track:
    """One face without a long gap, within one shot; `faces` by frame, ascending."""

    shot: int
    faces: dict[int, Detection] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return next(iter(self.faces))

    @property
    def last(self) -> int:
        return next(reversed(self.faces))

    def expected(self, frame: int) -> NDArray[np.float64]:
        """The box at a later frame if the face keeps its size and its mean speed of the last frames."""
        box = self.faces[self.last].box
        recent = [f for f in list(self.faces)[-_VELOCITY_FRAMES:] if f > self.last - _VELOCITY_FRAMES]
        if len(recent) < 2:
            return box
        displacement = _centre(box) - _centre(self.faces[recent[0]].box)
        return box + np.tile(displacement / (recent[-1] - recent[0]) * (frame - self.last), 2)


@dataclass
class Person:
    """Tracks that belong to one person, in the order of time."""

    tracks: list[Track] = field(default_factory=list)

    @property
    def faces(self) -> dict[int, Detection]:
        """The person's face by frame."""
        return {frame: face for track in self.tracks for frame, face in track.faces.items()}

    @property
    def prominence(self) -> float:
        """Area times score, summed over the frames in which the face is found."""
        return sum((f.right - f.left) * (f.bottom - f.top) * f.score for t in self.tracks for f in t.faces.values())


def link(frames: Iterable[Sequence[Detection]], cuts: Sequence[bool], min_overlap: float, max_gap: int) -> list[Track]:
    """Tracks, in the order in which they begin.

    A detection joins the track whose expected box it overlaps most, if by at least `min_overlap`. A track ends
    with its shot, or when its face was missing in more than `max_gap` frames.

    Args:
        frames: the detections of every frame.
        cuts: for every frame, whether a new shot begins with it.
        min_overlap: least intersection over union, in [0, 1].
        max_gap: in frames.
    """
    tracks: list[Track] = []
    alive: list[Track] = []
    shot = 0
    for frame, (detections, cut) in enumerate(zip(frames, cuts, strict=True)):
        shot += cut
        alive = [t for t in alive if t.shot == shot and frame - t.last <= max_gap + 1]
        expected = np.array([t.expected(frame) for t in alive]).reshape(-1, 4)
        boxes = np.array([d.box for d in detections]).reshape(-1, 4)
        # An overlap of nothing links nothing, whatever the setting.
        pairs = best_pairs(overlaps(expected, boxes), max(min_overlap, 1e-9))
        for row, column in pairs:
            alive[row].faces[frame] = detections[column]
        new = sorted(set(range(len(detections))) - {column for _, column in pairs})
        new_tracks = [Track(shot, {frame: detections[index]}) for index in new]
        alive, tracks = alive + new_tracks, tracks + new_tracks
    return tracks


def people(tracks: Sequence[Track], min_overlap: float) -> list[Person]:
    """Join the tracks of one person by place (identity.py joins them across cuts by their looks).

    In the order of time, a track joins the person whose last face is nearest: in the same shot within two face
    sizes and a factor of two in size, after a cut only where the boxes overlap by `min_overlap` (a camera
    that comes back shows its people where they were). A person never has two faces in one frame.
    """
    persons: list[Person] = []
    by_start: dict[int, list[Track]] = {}
    for track in tracks:
        by_start.setdefault(track.first, []).append(track)
    for first in sorted(by_start):
        starting = by_start[first]
        available = [p for p in persons if p.tracks[-1].last < first]
        scores = np.array([[closeness(p.tracks[-1], t, min_overlap) for t in starting] for p in available])
        pairs = best_pairs(scores.reshape(len(available), len(starting)), 1e-9)
        for row, column in pairs:
            available[row].tracks.append(starting[column])
        joined = {column for _, column in pairs}
        persons += [Person([track]) for index, track in enumerate(starting) if index not in joined]
    return persons


def closeness(earlier: Track, later: Track, min_overlap: float) -> float:
    """In (0, 1] where `later` may go on from `earlier`, 0 where not."""
    a, b = earlier.faces[earlier.last].box, later.faces[later.first].box
    if earlier.shot != later.shot:
        overlap = float(overlaps(a, b)[0, 0])
        return overlap if overlap >= min_overlap else 0.0
    size_a, size_b = np.sqrt(_area(a)), np.sqrt(_area(b))
    if max(size_a, size_b) > _RESIZE * min(size_a, size_b):
        return 0.0
    distance = float(np.linalg.norm(_centre(a) - _centre(b))) / max(size_a, size_b)
    return max(0.0, 1 - distance / _REACH)


def _centre(box: NDArray[np.float64]) -> NDArray[np.float64]:
    return (box[:2] + box[2:]) / 2


def _area(box: NDArray[np.float64]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
