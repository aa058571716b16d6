"""BlazePose (MediaPipe; Apache licence), mapped to BODY_25.

BlazePose sees one person. So it looks at a window around the subject's face, and what it finds there is checked
against the face. Each window is looked at for itself: following joints from frame to frame is faster, but what is seen
then depends on the frames before (the boxes overlap those of each frame for itself by 0.85), and a body stays where its
face is covered.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.preprocessing import Body
from affectflow.preprocessing.body.backend import Frame, Hint, Joints
from affectflow.preprocessing.body.blazepose_networks import JointFinder, PersonFinder
from affectflow.preprocessing.body.body25 import INDEX
from affectflow.preprocessing.media.pictures import Picture

# Joints of BODY_25 that BlazePose has, by its own numbers; a pair is averaged.
_FROM_BLAZEPOSE: dict[str, int | tuple[int, int]] = {
    "nose": 0,
    "neck": (11, 12),
    "right_shoulder": 12,
    "right_elbow": 14,
    "right_wrist": 16,
    "left_shoulder": 11,
    "left_elbow": 13,
    "left_wrist": 15,
    "mid_hip": (23, 24),
    "right_hip": 24,
    "right_knee": 26,
    "right_ankle": 28,
    "left_hip": 23,
    "left_knee": 25,
    "left_ankle": 27,
    "right_eye": 5,
    "left_eye": 2,
    "right_ear": 8,
    "left_ear": 7,
    "left_big_toe": 31,
    "left_heel": 29,
    "right_big_toe": 32,
    "right_heel": 30,
}
# The window around a face in face sizes: to each side, above its centre, below it. A second, closer look follows where
# the first finds nobody.
_WINDOWS = ((4.0, 2.0, 7.5), (2.2, 1.2, 3.5))


class BlazePose:
    """One person at most for each subject. Confidence is BlazePose's visibility; a middle joint has the lower one of
    its two; small toes, which BlazePose does not know, and joints outside the picture are missing."""

    def __init__(self, settings: Body) -> None:
        self._person, self._joints = PersonFinder(), JointFinder()

    def people(self, frame: Frame, hints: Sequence[Hint]) -> list[Joints]:
        return [self._subject(frame.picture, hint) for hint in hints]

    def _subject(self, picture: Picture, hint: Hint) -> Joints:
        for left, top, right, bottom in _windows(picture, hint):
            window = picture[top:bottom, left:right]
            region = self._person.region(window)
            pose = region and self._joints.pose(window, region)
            if pose:
                in_picture = pose.joints + np.array([left, top, 0])
                return _body25(in_picture, picture.shape[:2])[None]
        return np.zeros((0, 25, 3), np.float32)


def _windows(picture: Picture, hint: Hint) -> list[tuple[int, int, int, int]]:
    """Windows to look at, left, top, right, bottom in whole pixels, the widest first, none twice."""
    height, width = picture.shape[:2]
    left, right = hint.walls
    if hint.face is None:
        return [(int(left), 0, int(np.ceil(right)), height)]
    size = float(np.sqrt(np.prod(hint.face[2:] - hint.face[:2])))
    x, y = (hint.face[:2] + hint.face[2:]) / 2
    windows = [
        (
            int(max(left, x - side * size, 0)),
            int(max(0, y - above * size)),
            int(np.ceil(min(right, x + side * size, width))),
            int(np.ceil(min(height, y + below * size))),
        )
        for side, above, below in _WINDOWS
    ]
    return [w for w in dict.fromkeys(windows) if w[0] < w[2] and w[1] < w[3]]


def _body25(points: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """BODY_25 joints, shape (25, 3), of BlazePose's, shape (33, 3)."""
    joints = np.zeros((25, 3), np.float32)
    for name, source in _FROM_BLAZEPOSE.items():
        sources = points[list(source) if isinstance(source, tuple) else [source]]
        joints[INDEX[name]] = *sources[:, :2].mean(0), sources[:, 2].min()
    height, width = shape
    outside = (joints[:, 0] < 0) | (joints[:, 0] > width) | (joints[:, 1] < 0) | (joints[:, 1] > height)
    joints[outside] = 0
    return joints
