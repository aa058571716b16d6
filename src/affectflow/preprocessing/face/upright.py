"""Faces that are not upright: people who lie, phones that were held sideways.

A landmark model knows upright faces alone; the five points of a detector tell which way up a face is.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.detect import Detection, Detector
from affectflow.preprocessing.media.pictures import Picture

# Degrees. Up to here landmarks are right by themselves (0.02 of the eye distance off at 30 degrees, 0.7 at 60).
_TILTED = 35.0
# A crop is turned again where the face in it is still tilted by more, at most so many times.
_LEVEL, _TURNS = 8.0, 3
# Where it is tilted by more, its points were wrong.
_WRONG = 45.0
# The crop: pixels of its side, and its side in face sizes.
_SIDE, _WIDTH = 224, 2.2


@dataclass(frozen=True)
class Turned:
    """A face in a crop that is turned by `angle` degrees; `matrix` (2, 3) leads from the crop's pixels to those of the
    picture, counted from the corner of the first pixel."""

    crop: Picture
    face: Detection
    angle: float
    matrix: NDArray[np.float64]

    def in_picture(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points of the crop, shape (points, 2), in the picture."""
        return (points @ self.matrix[:, :2].T + self.matrix[:, 2]).astype(np.float32)


def roll(points: NDArray[np.floating]) -> float:
    """By how many degrees a face is turned, clockwise in the picture, in (-180, 180]: the way from the middle of the
    eyes to that of the mouth, which a profile shows, too. Args: its five points (5, 2)."""
    right, down = points[3:].mean(0) - points[:2].mean(0)
    return float(np.degrees(np.arctan2(-right, down)))


def turn(picture: Picture, face: Detection, detector: Detector, tilted: bool = False) -> Turned | None:
    """A tilted face turned upright and looked at once more; None where it is upright, is not seen there again, or its
    detector gives no points that would tell.

    Args:
        picture: in which the face was found.
        face: by its detector's points.
        detector: the same.
        tilted: whether it is taken for tilted even where its points are level.
    """
    angle = _roll_of(face)
    if face.points is None or not (tilted or abs(angle) > _TILTED):
        return None
    view = _view(picture, face, angle, detector)
    if tilted or view is None or abs(_roll_of(view.face)) > _WRONG:
        # Points of a face that is far from upright may be wrong by a right angle or more: it is surest upright.
        views = [view, *(_view(picture, face, angle + quarter, detector) for quarter in (90, 180, 270))]
        view = max((v for v in views if v), key=lambda v: v.face.score, default=None)
    for _ in range(_TURNS):
        if view is None or abs(left := _roll_of(view.face)) <= _LEVEL:
            break
        view = _view(picture, face, view.angle + left, detector)
    return view


def detect_either_way_up(detector: Detector, picture: Picture) -> list[Detection]:
    """All faces of a picture; where there is none, those that are seen once it stands on its head."""
    faces = detector.detect(picture)
    if faces:
        return faces
    height, width = picture.shape[:2]
    far = np.array([width, height])
    return [
        replace(
            face,
            left=width - face.right,
            top=height - face.bottom,
            right=width - face.left,
            bottom=height - face.top,
            points=(far - face.points).astype(np.float32),
        )
        for face in detector.detect(np.ascontiguousarray(picture[::-1, ::-1]))
        if face.points is not None
    ]


def _view(picture: Picture, face: Detection, angle: float, detector: Detector) -> Turned | None:
    """The face in a crop that is turned by an angle in degrees; None where it is not seen there."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    side = _WIDTH * face.size
    turned = np.array([[cos, -sin], [sin, cos]]) * (side / _SIDE)
    corner = face.centre - turned @ np.full(2, _SIDE / 2)
    # OpenCV counts from the middle of the first pixel.
    matrix = np.column_stack([turned, corner + turned @ np.full(2, 0.5) - 0.5])
    crop = cv2.warpAffine(picture, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    middle = np.full(2, _SIDE / 2)
    faces = [found for found in detector.detect(crop) if found.points is not None]
    if not faces:
        return None
    nearest = min(faces, key=lambda f: float(np.linalg.norm(f.centre - middle)))
    return Turned(crop, nearest, angle, np.column_stack([turned, corner]))


def _roll_of(face: Detection) -> float:
    return 0.0 if face.points is None else roll(face.points)
