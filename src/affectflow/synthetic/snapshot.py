"""Still pictures of the animated portrait: its face, cut out as detectors cut faces out of photographs, or a scene."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.core.generators import Array
from affectflow.dataloading.landmarks import MIRRORED
from affectflow.preprocessing.face.template import TEMPLATE
from affectflow.synthetic.expression import Face
from affectflow.synthetic.perform import HUES, face_expressions
from affectflow.synthetic.portrait import dress, load_portrait
from affectflow.synthetic.posture import PIVOT, Posture, Stage, place_points
from affectflow.synthetic.scene import Room

WARMTHS = (-0.07, -0.035, 0.0, 0.035, 0.07)
"""Tints of the portrait, within the range of those of the videos."""

_LARGER = 2
"""Pictures are drawn this much larger and shrunk, which smooths the portrait's finer detail."""

# The two outer and the two inner corners of the eyes, and the corners of the mouth, of dlib's 68 landmarks.
_EYES, _MOUTH = ([36, 39, 42, 45]), ([48, 54])

# The first and the last place, across and down, at which the face's square begins in the room that a scene leaves
# around it. A square around all landmarks, which is larger and lower, then still lies within a scene of two sides.
_CORNERS = ((0.33, 0.05), (0.67, 0.4))


@dataclass(frozen=True)
class Place:
    """Where the face lies in a picture, in its pixels from the upper left corner."""

    box: tuple[int, int, int, int]
    """Left, top, right, bottom: the square in which the face lies as an aligned one lies in its picture."""
    landmarks: Array
    """(68, 2), in the order of 300-W."""


class Studio:
    """The portrait in a few colours, ready to be photographed.

    Args:
        size: side in pixels of a picture of a face.
        wide: sides of a picture in that size: 1 for the face alone, more for a scene with the face somewhere in it.
    """

    def __init__(self, size: int, wide: int = 1) -> None:
        portrait = load_portrait()
        looks = zip(HUES, (WARMTHS * 2)[: len(HUES)], strict=True)
        self._faces = [Face(dress(portrait, hue, warmth)) for hue, warmth in looks]
        self._side = _LARGER * size
        self._size, self._wide = size, wide
        self._stage = Stage(wide * self._side, wide * self._side)
        eyes, mouth = (portrait.landmarks[points].mean(axis=0) for points in (_EYES, _MOUTH))
        anchors = TEMPLATE * self._side / 112
        above, below = anchors[:2].mean(axis=0), anchors[3:].mean(axis=0)
        self._scale = float(np.linalg.norm(below - above) / np.linalg.norm(mouth - eyes))
        self._middle = (eyes + mouth) / 2 - PIVOT
        self._place = (above + below) / 2

    def photograph(self, valence: float, arousal: float, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Place]:
        """A picture (wide * size, wide * size, 3), RGB, of a face that shows `valence` and `arousal` (-1 to 1).

        Tint, mirroring, size, place, tilt and the room, which here tells nothing, follow from `rng`.
        """
        face = self._faces[int(rng.integers(len(self._faces)))]
        mood = rng.uniform(-1, 1, 3)
        side = self._wide * self._side
        picture = Room(side, side, rng).show(*map(float, mood))
        (expression,) = face_expressions(np.array([valence]), np.array([arousal]))
        corner = self._corner(rng)
        posture = self._posture(rng, _LARGER * corner)
        self._stage.put(picture, face.show(expression), posture)
        size = (self._wide * self._size,) * 2
        landmarks = place_points(face.landmarks(expression) - PIVOT, posture)[
            list(MIRRORED) if posture.mirror else slice(None)
        ]
        left, top = corner.tolist()
        # Points of the stage count from the middle of its first pixel.
        place = Place((left, top, left + self._size, top + self._size), (landmarks + 0.5) / _LARGER)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), place

    def _corner(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The upper left corner of the face's square in the picture, in whole pixels."""
        if self._wide == 1:
            return np.zeros(2, np.int64)
        return (rng.uniform(*_CORNERS) * (self._wide - 1) * self._size).astype(np.int64)

    def _posture(self, rng: np.random.Generator, corner: NDArray[np.int64]) -> Posture:
        """The face about where an aligned one lies in the square from `corner` on."""
        scale = self._scale * rng.uniform(0.92, 1.08)
        tilt = np.deg2rad(rng.uniform(-4, 4))
        mirror = bool(rng.integers(2))
        place = self._place + corner + rng.uniform(-0.03, 0.03, 2) * self._side
        x, y = self._middle * (-1 if mirror else 1, 1)
        x, y = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
        return Posture(
            float(place[0] - scale * x), float(place[1] - scale * y), float(scale), float(tilt), 0, 0, 0, mirror
        )
