"""Faces of every frame of a shot from a detector that looks at few: between two frames that agree, boxes are
interpolated, and each face is checked to look as it does there."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.boxes import best_pairs, overlaps
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.media.pictures import Picture

# Two looks agree where each face of one overlaps one of the other by so much (intersection over union).
_AGREE = 0.6
# A face between two looks is taken for theirs where its picture correlates with either of theirs by so much.
_ALIKE = 0.75
_PATCH = 16


@dataclass(frozen=True)
class Look:
    """What a detector found in a frame, with a small picture of each face."""

    faces: list[Detection]
    patches: list[NDArray[np.float32]]


class KeyFrames:
    """Finds the faces of a video's frames.

    Args:
        detect: all faces of a frame, by its number.
        reduced: a frame at half its size, for comparing faces.
        every: how many frames two looks are apart where nothing changes; 1 looks at every frame.
    """

    def __init__(self, detect: Callable[[int], list[Detection]], reduced: Callable[[int], Picture], every: int) -> None:
        self._detect, self._reduced, self._every = detect, reduced, every
        self._faces: dict[int, list[Detection]] = {}
        self.looks = 0
        """How many frames the detector has seen."""

    def shot(self, first: int, last: int) -> list[list[Detection]]:
        """The faces of the frames of a shot, from `first` to `last`."""
        before = self._look(first)
        for frame in range(first, last, self._every):
            after = self._look(min(frame + self._every, last))
            self._between(frame, before, min(frame + self._every, last), after)
            before = after
        return [self._faces.pop(frame) for frame in range(first, last + 1)]

    def _look(self, frame: int) -> Look:
        self.looks += 1
        faces = self._faces[frame] = self._detect(frame)
        if self._every == 1 or not faces:
            return Look(faces, [])
        picture = self._reduced(frame)
        return Look(faces, [_patch(picture, face) for face in faces])

    def _between(self, first: int, before: Look, last: int, after: Look) -> None:
        """Fill the frames between two looks; where they disagree, or a face does not look like theirs, look there."""
        if last - first < 2:
            return
        pairs = _agreeing(before.faces, after.faces)
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
        lowest, doubtful = _ALIKE, None
        for frame in range(first + 1, last):
            share = (frame - first) / (last - first)
            self._faces[frame] = [_mixed(before.faces[a], after.faces[b], share) for a, b in pairs]
            if not pairs:
                continue
            picture = self._reduced(frame)
            for (a, b), face in zip(pairs, self._faces[frame], strict=True):
                patch = _patch(picture, face)
                alike = max(float((patch * before.patches[a]).sum()), float((patch * after.patches[b]).sum()))
                if alike < lowest:
                    lowest, doubtful = alike, frame
        return doubtful


def _agreeing(before: list[Detection], after: list[Detection]) -> list[tuple[int, int]] | None:
    """Which face is which; None where one has no other."""
    if len(before) != len(after):
        return None
    boxes = [np.array([face.box for face in faces]).reshape(-1, 4) for faces in (before, after)]
    pairs = sorted(best_pairs(overlaps(*boxes), _AGREE))
    return pairs if len(pairs) == len(before) else None


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
