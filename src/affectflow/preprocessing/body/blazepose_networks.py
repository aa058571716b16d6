"""BlazePose's two networks: where a person is, and the person's 33 joints.

Bazarevsky et al., BlazePose: On-device Real-time Body Pose tracking, 2020; regions, refinement and limits as in the
graphs of MediaPipe 0.10.21, whose answers these are (docs/backends.md tells how closely).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.compute.engine import Network
from affectflow.preprocessing.face.single_shot import SingleShot
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.carried import carried_files

JOINTS = 33
_MIN_SCORE = 0.5
_SIDE, _GRIDS = 224, [(28, 2), (14, 2), (7, 6)]
# The network of joints: side of its input and of its heat maps, and the half width of the window in which these refine.
_INPUT, _MAP, _REACH = 256, 64, 3
_WIDEN = 1.25


@dataclass(frozen=True)
class Region:
    """A square part of a picture, turned: `centre` (2,) and `side` in pixels, `angle` in radians, in which the
    direction from the hips to the head points up."""

    centre: NDArray[np.float64]
    side: float
    angle: float

    def matrix(self) -> NDArray[np.float64]:
        """From pixels of the network's input to those of the picture, shape (2, 3)."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cos, -sin], [sin, cos]]) * (self.side / _INPUT)
        return np.column_stack([turn, self.centre - turn @ np.full(2, _INPUT / 2)])


@dataclass(frozen=True)
class Pose:
    """`joints` (33, 3): x, y in pixels of the picture and visibility in [0, 1]; `presence` in [0, 1], how sure the
    network is of seeing a person."""

    joints: NDArray[np.float64]
    presence: float


class PersonFinder:
    """The most prominent person of a picture."""

    def __init__(self) -> None:
        file, _ = carried_files("blazepose")
        self._detector = SingleShot(Network(file), _SIDE, _GRIDS, _MIN_SCORE)

    def region(self, bgr: Picture) -> Region | None:
        """Where the joints of the person are to be looked for; None where there is nobody."""
        shots = self._detector.detect(bgr)
        return _region(shots[0].points[0], shots[0].points[1]) if shots else None


class JointFinder:
    """The joints of a person in a region (the full network)."""

    def __init__(self) -> None:
        _, file = carried_files("blazepose")
        self._network = Network(file)

    def pose(self, bgr: Picture, region: Region) -> Pose | None:
        """What is seen there; None where it is no person."""
        matrix = region.matrix()
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(bgr, matrix, (_INPUT, _INPUT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        outputs = self._network(crop[None, :, :, ::-1].astype(np.float32) / np.float32(255))
        presence = float(outputs["Identity_1"][0, 0])
        if presence < _MIN_SCORE:
            return None
        # The points after the joints say where to look in the next frame.
        values = outputs["Identity"].reshape(-1, 5)[:JOINTS].astype(np.float64)
        places = _refined(values[:, :2] / _INPUT, outputs["Identity_3"][0]) * _INPUT
        places = places @ matrix[:, :2].T + matrix[:, 2]
        return Pose(np.column_stack([places, _sigmoid(values[:, 3])]), presence)


def _region(middle: NDArray[np.float64], above: NDArray[np.float64]) -> Region:
    """The square around the middle of the hips, of which a second point tells size and turn."""
    direction = above - middle
    angle = np.pi / 2 - np.arctan2(-direction[1], direction[0])
    return Region(middle, float(2 * np.hypot(*direction) * _WIDEN), float(angle))


def _refined(places: NDArray[np.float64], maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places, as shares of the input, moved to the centre of gravity of the heat map around each, where that is sure.

    Args:
        places: shape (points, 2).
        maps: logits, shape (side, side, points).
    """
    cells = (places * _MAP).astype(int)
    window = np.arange(-_REACH, _REACH + 1)
    columns, rows = cells[:, :1] + window, cells[:, 1:] + window
    x, y = columns[:, None, :], rows[:, :, None]
    inside = (x >= 0) & (x < _MAP) & (y >= 0) & (y < _MAP)
    points = np.arange(len(places))[:, None, None]
    weights = _sigmoid(maps[y.clip(0, _MAP - 1), x.clip(0, _MAP - 1), points].astype(np.float64)) * inside
    sums = weights.sum((1, 2))
    centres = np.column_stack([(weights * x).sum((1, 2)), (weights * y).sum((1, 2))])
    sure = ((cells >= 0) & (cells < _MAP)).all(1) & (weights.max((1, 2)) >= _MIN_SCORE)
    refined = places.copy()
    refined[sure] = centres[sure] / sums[sure, None] / _MAP
    return refined


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logits.clip(-100, 100)))
