"""BlazeFace, MediaPipe's face detector, in its full-range variant; Apache licence."""

import numpy as np
from numpy.typing import NDArray

from affectflow.compute.engine import Network
from affectflow.preprocessing.face.detect import Detection, Square
from affectflow.preprocessing.face.single_shot import Shot, SingleShot
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.carried import carried_files

_SIDE, _GRIDS = 192, [(48, 1)]


class BlazeFace:
    """Scores are the network's own, in [0, 1]. Its eye points are off by about a tenth of the eye distance."""

    square = Square(side=0.9, drop=0.0)

    def __init__(self, min_score: float) -> None:
        (file,) = carried_files("blazeface")
        self._detector = SingleShot(Network(file), _SIDE, _GRIDS, min_score)

    def detect(self, bgr: Picture) -> list[Detection]:
        return list(map(_detection, self._detector.detect(bgr)))


def _detection(shot: Shot) -> Detection:
    left, top, right, bottom = shot.box.tolist()
    return Detection(left, top, right, bottom, shot.score, _five(shot))


def _five(shot: Shot) -> NDArray[np.float32]:
    """Eyes, nose tip and mouth corners of the network's points: eyes, nose tip, middle of the mouth, ears.

    Mouth corners are taken to lie two fifths of the eye distance to each side of the middle, along the line of the eyes
    (the proportion of the template of align).
    """
    first_eye, second_eye, nose, mouth = shot.points[:4]
    half = 0.41 * (second_eye - first_eye)
    return np.array([first_eye, second_eye, nose, mouth - half, mouth + half], np.float32)
