"""dlib's face detector: histograms of oriented gradients and a linear classifier; upright faces from 40 pixels."""

import dlib
import numpy as np

from affectflow.preprocessing.face.detect import Detection, Square
from affectflow.preprocessing.media.pictures import Picture

# The classifier's margin has no upper end. Divided by this, the margin of 0.4 that parts true faces (0.48 and
# above) from an emblem on a chest (up to 0.34), as tried on the demo's portrait, becomes the score 0.5.
_FULL_MARGIN = 0.8


class DlibHog:
    """Scores are the classifier's margin / 0.8, at most 1. The picture is enlarged twofold to find smaller faces."""

    square = Square(side=1.0, drop=0.0)

    def __init__(self, min_score: float) -> None:
        self._min_score = min_score
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, bgr: Picture) -> list[Detection]:
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        boxes, margins, _ = self._detector.run(rgb, 1, self._min_score * _FULL_MARGIN)
        faces = zip(boxes, margins, strict=True)
        # dlib's right and bottom are the last pixel inside.
        return [
            Detection(b.left(), b.top(), b.right() + 1.0, b.bottom() + 1.0, min(1.0, margin / _FULL_MARGIN))
            for b, margin in sorted(faces, key=lambda face: -face[1])
        ]
