"""dlib's face recognition network, a ResNet with 29 layers (King, 2017); its file is in the public domain (CC0)."""

from functools import cached_property

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.packaged import packaged_file

_PACKAGE = ("face_recognition_models", "models")
_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
_POINTS = "shape_predictor_5_face_landmarks.dat"
# The network sees 150 pixels of a face that dlib places by five points, a quarter of its size around it.
_CHIP, _PADDING = 150, 0.25
# The points are found in a picture that is upright by the detector's eyes; the face's box has this side in it.
_BOX, _MARGIN = 200, 100


class DlibResnet:
    """Vectors of 128 numbers. The same face is 0.1 to 0.3 apart, published is a limit of 0.6 (docs/backends.md). Its
    models take 50 MiB; they are read at the first face."""

    max_distance = 0.55

    def embed(self, bgr: Picture, face: Detection) -> NDArray[np.float32]:
        upright = cv2.cvtColor(_upright(bgr, face), cv2.COLOR_BGR2RGB)
        box = dlib.rectangle(_MARGIN, _MARGIN, _MARGIN + _BOX - 1, _MARGIN + _BOX - 1)
        chip = dlib.get_face_chip(upright, self._points(upright, box), _CHIP, _PADDING)
        return np.array(self._network.compute_face_descriptor(chip), np.float32)

    @cached_property
    def _network(self) -> dlib.face_recognition_model_v1:
        return dlib.face_recognition_model_v1(str(packaged_file(*_PACKAGE, _NETWORK)))

    @cached_property
    def _points(self) -> dlib.shape_predictor:
        return dlib.shape_predictor(str(packaged_file(*_PACKAGE, _POINTS)))


def _upright(bgr: Picture, face: Detection) -> Picture:
    """The face turned so that the detector's eyes are level, its box a square of `_BOX` pixels."""
    side = face.size
    centre = np.array([face.left + face.right, face.top + face.bottom]) / 2 - 0.5
    along = np.array([1.0, 0.0]) if face.points is None else face.points[1] - face.points[0]
    turn = np.arctan2(along[1], along[0])
    scale, span = _BOX / side, _BOX + 2 * _MARGIN
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    matrix = np.column_stack([rotation, span / 2 - 0.5 - rotation @ centre])
    return cv2.warpAffine(bgr, matrix, (span, span), flags=cv2.INTER_LINEAR)
