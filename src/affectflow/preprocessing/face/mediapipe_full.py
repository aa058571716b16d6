"""MediaPipe's full-range face detector (BlazeFace, a sparse variant); Apache licence, model inside the package."""

import cv2
import numpy as np

from affectflow.preprocessing.face.detect import Detection, Square
from affectflow.preprocessing.media.mediapipe import Quiet, solutions
from affectflow.preprocessing.media.pictures import Picture

_FULL_RANGE = 1


class MediaPipeFull:
    """Scores are the network's own, in [0, 1]. Its eye points are off by about a tenth of the eye distance."""

    square = Square(side=0.9, drop=0.0)

    def __init__(self, min_score: float) -> None:
        self._detector = Quiet(
            solutions.face_detection.FaceDetection, model_selection=_FULL_RANGE, min_detection_confidence=min_score
        )

    def detect(self, bgr: Picture) -> list[Detection]:
        height, width = bgr.shape[:2]
        outputs = self._detector.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), "detections")
        detections = [_detection(d, width, height) for d in outputs or ()]
        return sorted(detections, key=lambda d: -d.score)


def _detection(output: object, width: int, height: int) -> Detection:
    location = output.location_data  # type: ignore[attr-defined]
    box = location.relative_bounding_box
    eyes_and_nose = [(p.x * width, p.y * height) for p in location.relative_keypoints[:3]]
    mouth = location.relative_keypoints[3]
    # The model gives the mouth's middle: its corners are taken to lie two fifths of the eye distance to each
    # side, along the line of the eyes (the proportion of the template of align).
    right_eye, left_eye, _ = (np.array(p) for p in eyes_and_nose)
    middle, half = np.array([mouth.x * width, mouth.y * height]), 0.41 * (left_eye - right_eye)
    return Detection(
        left=box.xmin * width,
        top=box.ymin * height,
        right=(box.xmin + box.width) * width,
        bottom=(box.ymin + box.height) * height,
        score=float(output.score[0]),  # type: ignore[attr-defined]
        points=np.array([*eyes_and_nose, middle - half, middle + half], np.float32),
    )
