"""Expressions and action units as regions of the valence and arousal plane: a rule, which nobody has observed.

The order of the expressions around the circle is that of the circumplex of affect; where one ends and the next begins
is chosen so that none is rare on the paths of `signals`. The action units are those that the animated face shows at a
place: `perform` lets the mouth's corners and the cheeks follow valence, the mouth's opening, lids and brows arousal.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.core.compound import EMOTIONET, RAFDB
from affectflow.core.generators import Array
from affectflow.core.tracks import Track

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

RAFDB_SECTORS = (
    (-180, "sadly_disgusted"),
    (-150, "sadly_angry"),
    (-120, "sadly_fearful"),
    (-85, "sadly_surprised"),
    (-45, "happily_disgusted"),
    (0, "happily_surprised"),
    (45, "disgustedly_surprised"),
    (70, "fearfully_surprised"),
    (95, "angrily_surprised"),
    (120, "fearfully_angry"),
    (145, "angrily_disgusted"),
)
EMOTIONET_SECTORS = (
    (-180, "sadly_disgusted"),
    (-155, "sadly_angry"),
    (-130, "sad"),
    (-75, "happily_disgusted"),
    (-45, "happy"),
    (5, "happily_surprised"),
    (35, "surprised"),
    (55, "fearfully_surprised"),
    (73, "awed"),
    (90, "fearful"),
    (105, "angrily_surprised"),
    (117, "fearfully_angry"),
    (130, "angry"),
    (144, "angrily_disgusted"),
    (156, "appalled"),
    (168, "disgusted"),
)
"""The same for the compound expressions of RAF-DB and the 16 classes of EmotioNet, without a neutral centre. Invented
as the expressions' are: a compound lies within or beside the sector of one of its parts."""

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
    names = [(start, name if name in track.outputs else "neutral") for start, name in SECTORS]
    neutral = np.hypot(path[:, 0], path[:, 1]) <= NEUTRAL_RADIUS
    numbers = np.where(neutral, track.outputs.index("neutral"), _sector(path, names, track.outputs))
    return numbers[:, None].astype(float)


def rafdb_compounds(path: Array) -> NDArray[np.int64]:
    """Number of RAF-DB's compound expression, from 0, at each place of `path` (n, 2), of shape (n,)."""
    return _sector(path, RAFDB_SECTORS, RAFDB)


def emotionet_classes(path: Array) -> NDArray[np.int64]:
    """Number of EmotioNet's class, from 0, at each place of `path` (n, 2), of shape (n,)."""
    return _sector(path, EMOTIONET_SECTORS, EMOTIONET)


def _sector(path: Array, sectors: Sequence[tuple[int, str]], classes: Sequence[str]) -> NDArray[np.int64]:
    degrees = np.rad2deg(np.arctan2(path[:, 1], path[:, 0]))
    index = np.searchsorted([start for start, _ in sectors], degrees, side="right") - 1
    return np.array([classes.index(name) for _, name in sectors])[index]


def units(path: Array, track: Track) -> Array:
    """Whether each action unit is shown (1) or not (0) at each place of `path` (n, 2), of shape (n, units)."""
    return shown_units(path, track.targets)


def shown_units(path: Array, names: Sequence[str]) -> Array:
    """`units` of action units by name."""
    low, high = np.array([UNITS[unit] for unit in names]).transpose(2, 0, 1)
    inside = (path[:, None] >= low) & (path[:, None] <= high)
    return inside.all(axis=2).astype(float)
