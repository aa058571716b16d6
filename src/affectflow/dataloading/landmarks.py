"""The 68 facial landmarks as numbers that a network reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.template import TEMPLATE

Floats = NDArray[np.float32]

MIRRORED = (
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *range(27, 31),  # bridge of the nose
    *range(35, 30, -1),  # nostrils
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
)
"""For each landmark of 300-W the one that takes its place in a mirrored picture."""


@dataclass(frozen=True, eq=False)
class Marks:
    """What is known of a face's shape in some frames, in pixels of the stored frame; zeros where none was found."""

    landmarks: Floats
    """Shape (frames, 68, 2)."""
    anchors: Floats
    """Shape (frames, 5, 2)."""
    boxes: Floats
    """Left, top, right, bottom; shape (frames, 4)."""


def normalised(marks: Marks, how: str, extent: tuple[float, float]) -> Floats:
    """Landmarks with -1 and 1 at the sides of what `how` names (see `config.systems.Landmarks`), shape (frames, 68, 2).

    Args:
        marks: of some frames.
        how: `aligned`, `box` or `frame`.
        extent: width and height of the stored frame.
    """
    points = marks.landmarks.astype(np.float64)
    if how == "aligned":
        shares = aligned(points, marks.anchors.astype(np.float64))
    elif how == "box":
        corner, other = marks.boxes[:, None, :2], marks.boxes[:, None, 2:]
        sides = other - corner
        shares = np.divide(points - corner, sides, out=np.zeros_like(points), where=sides > 0)
    else:
        shares = points / np.array(extent)
    return (2 * shares - 1).astype(np.float32)


def aligned(points: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where points lie in the aligned face, as shares of its sides.

    The similarity that lays the anchors of each frame on the template with the least squared error, as
    `affectflow.preprocessing.face.similarity` finds it for one frame: as complex numbers it is a
    multiplication and a shift.

    Args:
        points: shape (frames, points, 2).
        anchors: shape (frames, 5, 2).

    Returns:
        Shape (frames, points, 2); zeros where all anchors are in one place.
    """
    template = (TEMPLATE + 0.5) @ np.array([1, 1j])
    observed, moved = anchors @ np.array([1, 1j]), points @ np.array([1, 1j])
    centre = observed.mean(1, keepdims=True)
    spread = (np.abs(observed - centre) ** 2).sum(1, keepdims=True)
    turn = (np.conj(observed - centre) * (template - template.mean())).sum(1, keepdims=True)
    turn = np.divide(turn, spread, out=np.zeros_like(turn), where=spread > 0)
    placed = np.where(spread > 0, (turn * (moved - centre) + template.mean()) / 112, 0)
    return np.stack([placed.real, placed.imag], axis=-1)
