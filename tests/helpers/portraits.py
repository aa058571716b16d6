"""Real faces in pictures, and pictures that are turned."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from repository import ROOT
from skimage.data import astronaut

from affectflow.preprocessing.media.pictures import Picture

CLIPS = ROOT.parent / "shared/clips"
PICTURES = ["astronaut", "pyfeat_single_face.mp4", "pyfeat_WolfgangLanger_Pexels.mp4"]


@cache
def picture(name: str) -> Picture:
    """The astronaut, or the first frame of a recording; skips the test where that is not here."""
    if name == "astronaut":
        return np.ascontiguousarray(astronaut()[:, :, ::-1])
    if not (CLIPS / name).exists():
        pytest.skip(f"{CLIPS / name} is not here")
    success, bgr = cv2.VideoCapture(str(CLIPS / name)).read()
    assert success
    return np.asarray(bgr)


def turned(bgr: Picture, degrees: float) -> tuple[Picture, NDArray[np.float64]]:
    """The picture turned clockwise, whole, and the matrix (2, 3) from its places to those in the result."""
    height, width = bgr.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1)
    matrix[:, 2] += (side - width) // 2, (side - height) // 2
    warped = cv2.warpAffine(bgr, matrix, (side, side))
    half = np.full(2, 0.5)  # OpenCV counts from the middle of the first pixel
    return warped, np.column_stack([matrix[:, :2], matrix[:, 2] + half - matrix[:, :2] @ half])
