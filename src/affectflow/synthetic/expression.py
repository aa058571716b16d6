"""Facial expression: the portrait's face warped on a mesh of its landmarks.

The mesh is piecewise affine, so that a closed mouth hides the teeth and a closed eye is covered by the skin
above it, while brows stay where they are.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from affectflow.synthetic.portrait import ZOOM, Portrait

Points = NDArray[np.float64]

# The warped region of the 512x512 portrait: left, top, right, bottom.
_REGION = (158, 62, 294, 202)
_CHEEKS = ((193.0, 122.0), (258.0, 126.0))
_FOREHEAD = ((196.0, 76.0), (224.0, 74.0), (254.0, 79.0))
_TEETH = 6.0
_CAVITY = (58, 22, 26)

_UPPER_INNER, _LOWER_INNER = [61, 62, 63], [67, 66, 65]
_MOUTH = np.arange(48, 68)
# Each eye: corners, upper lid, lower lid, the lids from the same side.
_EYES = (([37, 38], [41, 40]), ([43, 44], [47, 46]))


@dataclass(frozen=True)
class Expression:
    """What a face does at one moment."""

    smile: float
    """Mouth corners: down at -1, up at 1."""
    mouth: float
    """Opening of the mouth: 0 closed, 1 wide."""
    eyes: float
    """Opening of the eyes: 0 closed, 1 as photographed."""
    brows: float
    """Height of the brows: -1 low, 1 high."""


class Face:
    """The face of a portrait, ready to be warped."""

    def __init__(self, portrait: Portrait) -> None:
        left, top, right, bottom = _REGION
        self._origin = np.array([left, top], float)
        self._box = np.s_[top * ZOOM : bottom * ZOOM, left * ZOOM : right * ZOOM]
        self._rgba = portrait.rgba
        self._patch = portrait.rgba[self._box].copy()
        border = [(x, y) for x in (left, right) for y in np.linspace(top, bottom, 6)]
        border += [(x, y) for y in (top, bottom) for x in np.linspace(left, right, 6)[1:-1]]
        self._landmarks = portrait.landmarks
        self._fixed = np.array([*_FOREHEAD, *border])
        source = np.concatenate([self._landmarks, np.array(_CHEEKS), self._fixed])
        self._triangles = _mouth_first(Delaunay(source).simplices)
        self._source = (source - self._origin) * ZOOM
        height, width = self._patch.shape[:2]
        self._y, self._x = np.mgrid[:height, :width].astype(np.float32)

    def show(self, expression: Expression) -> NDArray[np.uint8]:
        """The whole portrait with `expression` on its face, of the portrait's size, RGBA."""
        landmarks = self.landmarks(expression)
        cheeks = np.array(_CHEEKS) - [0, 2.0 * expression.smile]
        target = (np.concatenate([landmarks, cheeks, self._fixed]) - self._origin) * ZOOM
        patch = self._warp(target)
        _cavity(patch, (landmarks - self._origin) * ZOOM)
        portrait = self._rgba.copy()
        portrait[self._box] = patch
        return portrait

    def landmarks(self, expression: Expression) -> Points:
        """Where the 68 landmarks lie under `expression`, (68, 2), in pixels of the 512x512 portrait."""
        return _move_landmarks(self._landmarks, expression)

    def _warp(self, target: Points) -> NDArray[np.uint8]:
        """The patch with its mesh vertices moved to `target`."""
        label = np.zeros(self._x.shape, np.uint8)
        corners = target[self._triangles]
        for number, triangle in enumerate(np.round(corners * 16).astype(np.int32)):
            cv2.fillConvexPoly(label, triangle, number, shift=4)
        # A triangle squeezed to nothing has no inverse; the ridge gives it a finite one that nobody sees.
        square = np.concatenate([corners, np.ones((len(corners), 3, 1))], axis=2)
        normal = square.transpose(0, 2, 1) @ square + 1e-6 * np.eye(3)
        to_source = np.linalg.solve(normal, square.transpose(0, 2, 1) @ self._source[self._triangles])
        table = np.zeros((3, 2, 256), np.float32)
        table[..., : len(to_source)] = to_source.transpose(1, 2, 0)
        x, y = (
            cv2.LUT(label, a) * self._x + cv2.LUT(label, b) * self._y + cv2.LUT(label, c)
            for a, b, c in table.transpose(1, 0, 2)
        )
        return cv2.remap(self._patch, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _mouth_first(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Triangles ordered so that those inside the mouth are painted first and lips close over them."""
    inside = (triangles >= 60).all(1) & (triangles < 68).all(1)
    return np.concatenate([triangles[inside], triangles[~inside]])


def _move_landmarks(landmarks: Points, e: Expression) -> Points:
    """Landmarks (68, 2) under an expression, in the portrait's pixels."""
    p = landmarks.copy()
    centre = landmarks[[48, 54], 0].mean()
    half = (landmarks[54, 0] - landmarks[48, 0]) / 2
    line = landmarks[[61, 62, 63], 1].mean() + 1.5

    # From the photographed smile to closed, straight lips.
    q = (p[_MOUTH, 0] - centre) / half
    p[_MOUTH, 0] = centre + 0.88 * half * q
    p[[48, 54, 60, 64], 1] = line
    p[_UPPER_INNER + _LOWER_INNER, 1] = line
    p[[49, 53], 1] = line - 3.0
    p[[50, 51, 52], 1] += 1.5
    p[[56, 57, 58], 1] -= landmarks[_LOWER_INNER, 1].mean() - line
    p[[55, 59], 1] = line + 3.5

    p[_MOUTH, 0] += 4.5 * e.smile * q
    p[_MOUTH, 1] -= e.smile * (6.5 * q**2 - 1.5)
    p[[31, 35], 1] -= 0.8 * e.smile
    p[[20, 21, 22, 23], 1] += 2.5 * max(-e.smile, 0)

    p[[*_UPPER_INNER, 50, 51, 52], 1] -= 1.5 * e.mouth
    p[[*_LOWER_INNER, 56, 57, 58], 1] += 13 * e.mouth
    p[[55, 59], 1] += 8 * e.mouth
    p[[49, 53], 1] -= 0.5 * e.mouth
    p[[48, 60], 0] += 2 * e.mouth
    p[[54, 64], 0] -= 2 * e.mouth
    p[[6, 7, 8, 9, 10], 1] += 7 * e.mouth
    p[[5, 11], 1] += 4 * e.mouth

    p[17:27, 1] -= 3.5 * e.brows
    for upper, lower in _EYES:
        p[upper, 1] = p[lower, 1] + np.maximum(e.eyes, 0.04) * (p[upper, 1] - p[lower, 1])
    return p


def _cavity(patch: NDArray[np.uint8], p: Points) -> None:
    """Darken the open mouth below the upper teeth, which would stretch with it otherwise."""
    gap = (p[_LOWER_INNER, 1] - p[_UPPER_INNER, 1]).mean()
    if gap <= _TEETH * ZOOM:
        return
    edge = p[_UPPER_INNER] + [0, _TEETH * ZOOM]
    outline = np.concatenate([p[[60]], edge, p[[64]], p[_LOWER_INNER[::-1]]])
    cv2.fillPoly(patch, [np.round(outline * 16).astype(np.int32)], (*_CAVITY, 255), cv2.LINE_AA, shift=4)
