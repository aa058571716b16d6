"""The aligned face: five anchors moved to fixed places of a square picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.similarity import affinity, similarity
from affectflow.preprocessing.media.pictures import Picture

TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""Where the anchors lie in a face of 112 x 112 pixels, counted from the middle of its first pixel: the five points
of the prototypical frontal face that SphereFace and ArcFace use (Deng et al., ArcFace, 2019). Other sizes scale it."""


def align(bgr: Picture, anchors: NDArray[np.floating], size: int, transform: str = "similarity") -> Picture:
    """The face whose five `anchors` (5, 2) lie on the template, shape (size, size, 3); black outside the picture.

    Kollias and Zafeiriou, section IV, maps the whole frame so that the anchors of the face meet those of a frontal
    face.

    Args:
        bgr: the picture.
        anchors: in its pixels.
        size: side of the face in pixels.
        transform: `similarity` or `affine`.
    """
    find = affinity if transform == "affine" else similarity
    # Anchors count from the picture's corner, OpenCV from the middle of its first pixel.
    matrix = find(np.asarray(anchors) - 0.5, TEMPLATE * (size / 112))
    return cv2.warpAffine(bgr, matrix, (size, size), flags=cv2.INTER_LINEAR)
