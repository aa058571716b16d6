"""68 landmarks by dlib (Kollias and Zafeiriou, section IV): Kazemi and Sullivan's cascade, trained on 300-W (research
use)."""

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.detect import Detection, Square
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.packaged import packaged_file

_MODEL = ("face_recognition_models", "models", "shape_predictor_68_face_landmarks.dat")
# dlib answers in whole pixels. A chip in which the box has 200 pixels makes that a two-hundredth of the face,
# whatever its size in the picture; the margin is there for the features that lie outside the box.
_BOX_SIDE = 200
_MARGIN = 50


class Dlib68:
    """Landmarks inside the square that follows from a detector's box. Its model takes 70 MiB and a second to read."""

    def __init__(self) -> None:
        self._predictor = dlib.shape_predictor(str(packaged_file(*_MODEL)))
        self._inside = dlib.rectangle(_MARGIN, _MARGIN, _MARGIN + _BOX_SIDE - 1, _MARGIN + _BOX_SIDE - 1)

    def landmarks(self, bgr: Picture, face: Detection, square: Square) -> NDArray[np.float32]:
        """Landmarks in the order of 300-W, shape (68, 2), in pixels, (0, 0) the picture's upper left corner."""
        width, height = face.right - face.left, face.bottom - face.top
        side = square.side * np.sqrt(width * height)
        centre = np.array([face.left + width / 2, face.top + height / 2 + square.drop * height])
        scale = _BOX_SIDE / side
        corner = centre - side / 2 - _MARGIN / scale
        # OpenCV counts from the middle of the first pixel, half a pixel from its corner.
        shift = scale * (0.5 - corner) - 0.5
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        span = _BOX_SIDE + 2 * _MARGIN
        chip = cv2.warpAffine(bgr, matrix, (span, span), flags=cv2.INTER_LINEAR)
        shape = self._predictor(cv2.cvtColor(chip, cv2.COLOR_BGR2RGB), self._inside)
        points = np.array([(p.x, p.y) for p in shape.parts()], np.float64) + 0.5
        return (points / scale + corner).astype(np.float32)
