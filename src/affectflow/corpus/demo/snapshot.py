"""Still pictures of the animated portrait: its face, cut out as detectors cut faces out of photographs."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.corpus.demo.expression import Face
from affectflow.corpus.demo.perform import HUES, shown
from affectflow.corpus.demo.portrait import dressed, load_portrait
from affectflow.corpus.demo.posture import PIVOT, Posture, Stage
from affectflow.corpus.demo.scene import Room
from affectflow.face.template import TEMPLATE

WARMTHS = (-0.07, -0.035, 0.0, 0.035, 0.07)
"""Tints of the portrait, within the range of those of the videos."""

_LARGER = 2
"""Pictures are drawn this much larger and shrunk, which smooths the portrait's finer detail."""

# The two outer and the two inner corners of the eyes, and the corners of the mouth, of dlib's 68 landmarks.
_EYES, _MOUTH = ([36, 39, 42, 45]), ([48, 54])


class Studio:
    """The portrait in a few colours, ready to be photographed in pictures of `size` pixels a side."""

    def __init__(self, size: int) -> None:
        portrait = load_portrait()
        looks = zip(HUES, (WARMTHS * 2)[: len(HUES)], strict=True)
        self._faces = [Face(dressed(portrait, hue, warmth)) for hue, warmth in looks]
        self._side = _LARGER * size
        self._size = size
        self._stage = Stage(self._side, self._side)
        eyes, mouth = (portrait.landmarks[points].mean(axis=0) for points in (_EYES, _MOUTH))
        on = TEMPLATE * self._side / 112
        above, below = on[:2].mean(axis=0), on[3:].mean(axis=0)
        self._scale = float(np.linalg.norm(below - above) / np.linalg.norm(mouth - eyes))
        self._middle = (eyes + mouth) / 2 - PIVOT
        self._place = (above + below) / 2

    def photograph(self, valence: float, arousal: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        """A picture (size, size, 3), RGB, of a face that shows `valence` and `arousal` (-1 to 1).

        Tint, mirroring, size, place, tilt and the room, which here tells nothing, follow from `rng`.
        """
        face = self._faces[int(rng.integers(len(self._faces)))]
        mood = rng.uniform(-1, 1, 3)
        picture = Room(self._side, self._side, rng).show(*map(float, mood))
        (expression,) = shown(np.array([valence]), np.array([arousal]))
        self._stage.put(picture, face.show(expression), self._posture(rng))
        return np.asarray(cv2.resize(picture, (self._size, self._size), interpolation=cv2.INTER_AREA), np.uint8)

    def _posture(self, rng: np.random.Generator) -> Posture:
        """The face about where an aligned one lies."""
        scale = self._scale * rng.uniform(0.92, 1.08)
        tilt = np.deg2rad(rng.uniform(-4, 4))
        mirror = bool(rng.integers(2))
        place = self._place + rng.uniform(-0.03, 0.03, 2) * self._side
        x, y = self._middle * (-1 if mirror else 1, 1)
        x, y = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
        return Posture(
            float(place[0] - scale * x), float(place[1] - scale * y), float(scale), float(tilt), 0, 0, 0, mirror
        )
