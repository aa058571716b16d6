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
    """Finds the faces of a shot's frames.

    Args:
        detect: all faces of a frame, by its number.
        reduced: frames at half their size by number, for comparing faces; those since the last look are needed.
    """

    def __init__(self, detect: Callable[[int], list[Detection]], reduced: Mapping[int, Picture]) -> None:
        self._detect, self._reduced = detect, reduced
        self._last = (-1, Look([], []))
        self.faces: dict[int, list[Detection]] = {}
        """Those of each frame that is known."""

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
        faces = self.faces[frame] = self._detect(frame)
        return Look(faces, [_patch(self._reduced[frame], face) for face in faces])

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
            self.faces[frame] = [_mixed(before.faces[a], after.faces[b], share) for a, b in pairs]
            if not pairs:
                continue
            picture = self._reduced[frame]
            for (a, b), face in zip(pairs, self.faces[frame], strict=True):
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
