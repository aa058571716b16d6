"""The room behind the people: warm and bright with valence, colourful and restless with arousal."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

_LIGHTS = 12
_GREY = np.full((3, 3), 1 / 3)


class Room:
    """An out-of-focus room; its furniture and lights follow from `rng`."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self._size = np.array([width, height], float)
        self._picture = _furnish(width, height, rng)
        self._place = rng.uniform(0, 1, (_LIGHTS, 2)) * [1, 0.75]
        self._colour = rng.uniform(0.5, 1, (_LIGHTS, 3))
        self._speed = rng.uniform(0.5, 1, _LIGHTS)

    def show(self, valence: float, arousal: float, drift: float) -> NDArray[np.uint8]:
        """The room (height, width, 3), RGB.

        `valence` and `arousal` are about -1 to 1; `drift` is how far the lights have moved, in widths.
        """
        picture = self._picture.copy()
        radius = self._size[1] * (0.032 + 0.018 * arousal)
        for place, colour, speed in zip(self._place, self._colour, self._speed, strict=True):
            x = (place[0] + drift * speed) % 1.2 - 0.1
            centre = np.round(np.array([x, place[1]]) * self._size * 16).astype(int)
            shade = tuple(float(c) for c in colour * (205 + 30 * arousal))
            cv2.circle(picture, centre.tolist(), round(radius * 16), shade, -1, cv2.LINE_AA, shift=4)
        return cv2.transform(picture, _grading(valence, arousal))


def _grading(valence: float, arousal: float) -> NDArray[np.float64]:
    """A colour matrix (3, 4): warm and bright with valence, saturated with arousal."""
    saturation = 1.0 + 0.55 * arousal
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY
    gain = (0.95 + 0.4 * valence) * np.array([1 + 0.22 * valence, 1.0, 1 - 0.22 * valence])
    return np.hstack([gain[:, None] * mix, np.zeros((3, 1))])


def _furnish(width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Wall, window, shelf and table, blurred as behind a person in focus."""
    picture = np.empty((height, width, 3), np.float32)
    shade = np.linspace(1.1, 0.8, height)[:, None, None]
    picture[:] = np.array([128, 124, 116]) * (1 + rng.uniform(-0.05, 0.05, 3)) * shade
    left = rng.uniform(0, 0.75)
    _box(picture, left, 0.08, left + 0.22, 0.6, (190, 196, 200))
    _box(picture, left + 0.105, 0.08, left + 0.115, 0.6, (90, 84, 80))
    shelf = (left + rng.uniform(0.3, 0.6)) % 0.85
    _box(picture, shelf, 0.2, shelf + 0.26, 0.72, (96, 72, 56))
    for row in (0.24, 0.49):
        x = shelf + 0.015
        while x < shelf + 0.23:
            thick = rng.uniform(0.012, 0.026)
            _box(picture, x, row + rng.uniform(0, 0.05), x + thick, row + 0.2, rng.uniform(40, 190, 3))
            x += thick + 0.003
    _box(picture, 0, 0.86, 1, 1, (112, 88, 70))
    return np.clip(cv2.GaussianBlur(picture, (0, 0), height / 110), 0, 255).astype(np.uint8)


def _box(picture: NDArray[np.float32], x0: float, y0: float, x1: float, y1: float, colour: ArrayLike) -> None:
    height, width = picture.shape[:2]
    picture[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = np.asarray(colour)
