"""Faces of every frame of a shot from a detector that looks at few: between two frames that agree, boxes are
interpolated, and each face is checked to look as it does there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.boxes import best_pairs, overlaps
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.media.pictures import Picture

# A face of one look is that of another one whose box, each made so many times larger, overlaps by so much (intersection
# over union): it has moved by one and a half of its sizes at most.
_REACH, _NEAR = 3.0, 0.33
# A face of one look that is hardly surer than the least score, by this factor, may be weaker in the other, down to this
# share of it: it is found in some frames and not in the next, and looking more often would not tell more.
_HARDLY, WEAKER = 1.4, 0.6
# A face between two looks is taken for theirs where its picture correlates with either of theirs by so much; by more
# where it has moved, so that its boxes overlap by less than `_STILL`.
_ALIKE, _STILL, _ALIKE_MOVED = 0.75, 0.6, 0.9
_PATCH = 8


@dataclass(frozen=True)
class Look:
    """What a detector found in a frame, with a small picture of each face."""

    faces: list[Detection]
    patches: list[NDArray[np.float32]]


class KeyFrames:
    """Finds the faces of a shot's frames.

    Args:
        detect: all faces of a frame, by its number, also weaker ones (`WEAKER`).
        reduced: frames at half their size by number, for comparing faces; those since the last look are needed.
    """

    def __init__(
        self, detect: Callable[[int], list[Detection]], reduced: Mapping[int, Picture], min_score: float
    ) -> None:
        self._detect, self._reduced, self._min_score = detect, reduced, min_score
        self._last = (-1, Look([], []))
        self.faces: dict[int, list[Detection]] = {}
        """Those of each frame that is known, with at least the least score."""

    def begin(self, frame: int) -> None:
        """Look at the first frame of a shot."""
        self._last = (frame, self._look(frame))

    def go_on(self, frame: int) -> None:
        """Look at a later frame of the shot; all up to it are known then."""
        first, before = self._last
        if frame > first:
            self._last = (frame, self._look(frame))
            self._between(first, before, *self._last)

    def _look(self, frame: int) -> Look:
        faces = self._detect(frame)
        self.faces[frame] = self._sure(faces)
        return Look(faces, [_patch(self._reduced[frame], face) for face in faces])

    def _between(self, first: int, before: Look, last: int, after: Look) -> None:
        """Fill the frames between two looks; where they disagree, or a face does not look like theirs, look there."""
        if last - first < 2:
            return
        pairs = self._agreeing(before.faces, after.faces)
        doubtful = (first + last) // 2 if pairs is None else self._interpolate(first, before, last, after, pairs)
        if doubtful is None:
            return
        middle = self._look(doubtful)
        self._between(first, before, doubtful, middle)
        self._between(doubtful, middle, last, after)

    def _interpolate(
        self, first: int, before: Look, last: int, after: Look, pairs: list[tuple[int, int]]
    ) -> int | None:
        """Give each frame in between the faces of both sides; the frame to look at where one looks like neither."""
        least = [_ALIKE if _overlap(before.faces[a], after.faces[b]) >= _STILL else _ALIKE_MOVED for a, b in pairs]
        lowest, doubtful = 0.0, None
        for frame in range(first + 1, last):
            share = (frame - first) / (last - first)
            faces = [_mixed(before.faces[a], after.faces[b], share) for a, b in pairs]
            self.faces[frame] = self._sure(faces)
            picture = self._reduced[frame]
            for (a, b), face, limit in zip(pairs, faces, least, strict=True):
                patch = _patch(picture, face)
                alike = max(float((patch * before.patches[a]).sum()), float((patch * after.patches[b]).sum()))
                if alike - limit < lowest:
                    lowest, doubtful = alike - limit, frame
        return doubtful

    def _agreeing(self, before: list[Detection], after: list[Detection]) -> list[tuple[int, int]] | None:
        """Which face is which; None where a sure one has no other."""
        pairs = sorted(best_pairs(overlaps(_wide(before), _wide(after)), _NEAR))
        for faces, known in ((before, {a for a, _ in pairs}), (after, {b for _, b in pairs})):
            if any(face.score >= self._min_score and place not in known for place, face in enumerate(faces)):
                return None
        scores = [sorted((before[a].score, after[b].score)) for a, b in pairs]
        surely = _HARDLY * self._min_score
        return None if any(low < self._min_score and high > surely for low, high in scores) else pairs

    def _sure(self, faces: list[Detection]) -> list[Detection]:
        return [face for face in faces if face.score >= self._min_score]


def _wide(faces: list[Detection]) -> NDArray[np.float64]:
    """Boxes around where the faces may have been a few frames away, shape (faces, 4)."""
    boxes = np.array([face.box for face in faces]).reshape(-1, 4)
    centres, halves = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * _REACH
    return np.concatenate([centres - halves, centres + halves], axis=1)


def _overlap(a: Detection, b: Detection) -> float:
    return float(overlaps(a.box, b.box)[0, 0])


def _mixed(before: Detection, after: Detection, share: float) -> Detection:
    """The face a share of the way from one to the other."""
    left, top, right, bottom = ((1 - share) * before.box + share * after.box).tolist()
    points = None
    if before.points is not None and after.points is not None:
        points = ((1 - share) * before.points + share * after.points).astype(np.float32)
    return Detection(left, top, right, bottom, (1 - share) * before.score + share * after.score, points)


def _patch(reduced: Picture, face: Detection) -> NDArray[np.float32]:
    """The face in grey, shape (16, 16), of mean 0 and length 1, from a picture of half the size."""
    height, width = reduced.shape[:2]
    left, top = max(0, int(face.left / 2)), max(0, int(face.top / 2))
    right, bottom = min(width, int(face.right / 2) + 1), min(height, int(face.bottom / 2) + 1)
    small = cv2.resize(reduced[top:bottom, left:right], (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float32).mean(-1)
    grey -= grey.mean()
    return grey / (np.linalg.norm(grey) + 1e-6)
