"""Landmarks and anchor points of a face, whichever way up it is."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.preprocessing import Faces
from affectflow.core.errors import InputError
from affectflow.preprocessing.face.detect import Detection, Detector
from affectflow.preprocessing.face.similarity import similarity
from affectflow.preprocessing.face.upright import Turned, turn
from affectflow.preprocessing.media.pictures import Picture

if TYPE_CHECKING:
    from affectflow.preprocessing.face.landmarks import Dlib68

# Landmarks and the detector's points are of one face where they lie at most so many face sizes apart on average: at
# most 0.08 in recordings of frontal faces, 0.17 and more where landmarks lie elsewhere (small profiles, turned faces).
_APART = 0.15
# A large face whose points tell which way up it is was found with 0.79 and more in recordings; one of which they tell
# something wrong, with less.
_SURE = 0.78
# Pixels. A smaller face of which both tell something else is rather blurred than turned.
_LARGE = 40


class Anchors(NamedTuple):
    """`landmarks` (68, 2), None where none are looked for; `points` (5, 2), the anchors; in pixels of the picture.
    `apart`: whether landmarks were found elsewhere than the detector's points, so that these are the anchors, and the
    landmarks were moved by what best takes their anchors there."""

    landmarks: NDArray[np.float32] | None
    points: NDArray[np.float32]
    apart: bool = False


class Landmarker:
    """Finds the anchors of faces, by `settings.landmarker`.

    Raises:
        InputError: the anchors are to be the points of a detector that gives none.
    """

    def __init__(self, settings: Faces, detector: Detector) -> None:
        self._detector = detector
        self._model = _dlib68() if settings.landmarker == "dlib68" else None

    def find(self, picture: Picture, face: Detection) -> Anchors:
        """The anchors of a face of a picture."""
        large = face.size >= _LARGE
        turned = turn(picture, face, self._detector, tilted=large and face.score < _SURE)
        if self._model is None:
            return Anchors(None, _points_of(face) if turned is None else _turned_back(turned))
        found = self._landmarks(self._model, picture, face, turned)
        if found.apart and turned is None and large:
            # Its points may be wrong about which way up it is.
            turned = turn(picture, face, self._detector, tilted=True)
            again = found if turned is None else self._landmarks(self._model, picture, face, turned)
            return found if again.apart else again
        return found

    def _landmarks(self, model: "Dlib68", picture: Picture, face: Detection, turned: Turned | None) -> Anchors:
        seen = face if turned is None else turned.face
        landmarks = model.landmarks(picture if turned is None else turned.crop, seen, self._detector.square)
        anchors = anchors_of(landmarks)
        apart = seen.points is not None and _distance(anchors, seen.points) > _APART * seen.size
        if apart and seen.points is not None:
            moved = similarity(anchors, seen.points)
            landmarks, anchors = (landmarks @ moved[:, :2].T + moved[:, 2]).astype(np.float32), seen.points
        if turned is not None:
            landmarks, anchors = turned.in_picture(landmarks), turned.in_picture(anchors)
        return Anchors(landmarks, anchors, apart)


def _dlib68() -> "Dlib68":
    # Imported here: a run without the 68 landmarks needs no dlib.
    from affectflow.preprocessing.face.landmarks import Dlib68

    return Dlib68()


def anchors_of(landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """Five anchor points of 68: middle of each eye, nose tip, mouth corners, the picture's left first; (5, 2)."""
    right_eye, left_eye = landmarks[36:42].mean(0), landmarks[42:48].mean(0)
    return np.stack([right_eye, left_eye, landmarks[30], landmarks[48], landmarks[54]]).astype(np.float32)


def _points_of(face: Detection) -> NDArray[np.float32]:
    if face.points is None:
        raise InputError(
            "faces.landmarker is detector, but this detector gives no points (dlib-hog): set landmarker: dlib68"
        )
    return face.points


def _turned_back(turned: Turned) -> NDArray[np.float32]:
    return turned.in_picture(_points_of(turned.face))


def _distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(a - b, axis=1).mean())
