"""Intensities of reactions as places of the valence and arousal plane: a rule, which nobody has observed."""

from collections.abc import Sequence

import numpy as np

from affectflow.core.generators import Array

CENTRES = {
    "adoration": (0.6, -0.4),
    "amusement": (0.75, 0.3),
    "anxiety": (-0.2, 0.1),
    "disgust": (-0.8, 0.15),
    "empathic_pain": (-0.45, -0.6),
    "fear": (-0.45, 0.75),
    "surprise": (0.2, 0.75),
}
"""Valence and arousal at which each reaction is strongest: an invention, spread so that none hides another."""

REACH = 0.45
"""Distance from its centre at which a reaction has fallen to 0.61 (one standard deviation of a Gaussian bell)."""


def intensities(path: Array, reactions: Sequence[str]) -> Array:
    """The intensity of each reaction to a clip, shape (reactions,), in [0, 1] in steps of 0.01, the largest exactly 1.

    A reaction falls with the distance of its centre from the path's mean, as a Gaussian bell; all are divided by the
    largest, as in Hume-Reaction.

    Args:
        path: valence and arousal over the clip, shape (n, 2).
        reactions: names of `CENTRES`.
    """
    distances = np.linalg.norm(np.array([CENTRES[name] for name in reactions]) - path.mean(axis=0), axis=1)
    falloff = np.exp(-0.5 * (distances**2 - distances.min() ** 2) / REACH**2)
    return np.asarray(np.round(falloff, 2))
