"""Face detectors behind one interface. To add one: a module with its class and a line in config/data/backends.py."""

from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.registry import DETECTORS
from affectflow.preprocessing.media.pictures import Picture


@dataclass(frozen=True)
class Detection:
    """A face that a detector found, in pixels of the picture, (0, 0) the picture's upper left corner.

    `points`, where the detector gives them, has shape (5, 2): eyes, nose tip and mouth corners, the ones at the
    picture's left first for a face upright.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    points: NDArray[np.float32] | None = None

    @property
    def box(self) -> NDArray[np.float64]:
        """Left, top, right, bottom."""
        return np.array([self.left, self.top, self.right, self.bottom])

    @property
    def centre(self) -> NDArray[np.float64]:
        """The middle of the box, x and y."""
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def size(self) -> float:
        """The root of the box's area, in pixels."""
        return float(np.sqrt((self.right - self.left) * (self.bottom - self.top)))


@dataclass(frozen=True)
class Square:
    """Where the square lies that a landmark model trained on dlib's boxes expects.

    `side` as a multiple of the root of the box's area, `drop` how far its centre lies below the box's, as a
    share of the box's height. Fitted for each detector against dlib's own boxes (docs/backends.md).
    """

    side: float
    drop: float


class Detector(Protocol):
    """Finds all faces of a picture; the same picture always gives the same answer."""

    square: Square

    def detect(self, bgr: Picture) -> list[Detection]:
        """Faces with a score of at least the detector's `min_score`, best first."""


def make_detector(name: str, min_score: float) -> Detector:
    """The detector `name`, which drops faces whose score is below `min_score`."""
    detector: Detector = resolve_name(DETECTORS[name])(min_score)
    return detector
