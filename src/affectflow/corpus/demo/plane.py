"""Expressions and action units as regions of the valence and arousal plane: a rule, which nobody has observed.

The order of the expressions around the circle is that of the circumplex of affect; where one ends and the next begins
is chosen so that none is rare on the paths of `signals`. The action units are those that the animated face shows at a
place: `perform` lets the mouth's corners and the cheeks follow valence, the mouth's opening, lids and brows arousal.
"""

import numpy as np

from affectflow.corpus.demo.signals import Array
from affectflow.tracks import Track

NEUTRAL_RADIUS = 0.22
"""Distance from the origin up to which an expression is neutral."""

SECTORS = (
    (-180, "sadness"),
    (-95, "other"),
    (-45, "happiness"),
    (40, "surprise"),
    (85, "fear"),
    (120, "anger"),
    (150, "disgust"),
)
"""Angle in the plane, in degrees from positive valence towards positive arousal, from which on each expression lies.

`other` is calm content, which is neutral in the editions that know no other."""

UNITS = {
    "au1": ((-1.0, 1.0), (0.25, 1.0)),
    "au2": ((-1.0, 1.0), (0.45, 1.0)),
    "au4": ((-1.0, -0.3), (-1.0, 1.0)),
    "au6": ((0.4, 1.0), (-1.0, 1.0)),
    "au7": ((-1.0, 1.0), (-1.0, -0.35)),
    "au10": ((-1.0, -0.3), (0.1, 1.0)),
    "au12": ((0.2, 1.0), (-1.0, 1.0)),
    "au15": ((-1.0, -0.45), (-1.0, 1.0)),
    "au20": ((-1.0, 0.0), (0.5, 1.0)),
    "au23": ((-1.0, 0.0), (-1.0, -0.2)),
    "au24": ((-1.0, 1.0), (-1.0, -0.5)),
    "au25": ((-1.0, 1.0), (-0.1, 1.0)),
    "au26": ((-1.0, 1.0), (0.35, 1.0)),
}
"""Range of valence and range of arousal in which each action unit is shown."""


def expressions(path: Array, track: Track) -> Array:
    """Class number at each place of `path` (n, 2), of shape (n, 1)."""
    degrees = np.rad2deg(np.arctan2(path[:, 1], path[:, 0]))
    names = [name if name in track.outputs else "neutral" for _, name in SECTORS]
    numbers = np.array([track.outputs.index(name) for name in names])
    sector = np.searchsorted([start for start, _ in SECTORS], degrees, side="right") - 1
    neutral = np.hypot(path[:, 0], path[:, 1]) <= NEUTRAL_RADIUS
    return np.where(neutral, track.outputs.index("neutral"), numbers[sector])[:, None].astype(float)


def units(path: Array, track: Track) -> Array:
    """Whether each action unit is shown (1) or not (0) at each place of `path` (n, 2), of shape (n, units)."""
    low, high = np.array([UNITS[unit] for unit in track.targets]).transpose(2, 0, 1)
    inside = (path[:, None] >= low) & (path[:, None] <= high)
    return inside.all(axis=2).astype(float)
