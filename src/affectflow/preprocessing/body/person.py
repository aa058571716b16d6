"""Which of the people that a backend found is the subject."""

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.body.backend import Hint, Joints
from affectflow.preprocessing.body.body25 import head_centre

# How far the middle of a head's joints may lie from the middle of the subject's face, in face sizes: in a frame whose
# face is known, more for each frame since one was known, and at most.
_REACH, _REACH_PER_FRAME, _REACH_MOST = 0.75, 0.05, 2.0


def choose(people: Joints, hint: Hint, min_confidence: float) -> NDArray[np.float32] | None:
    """The joints of the person whose head lies nearest to the subject's face; None where none lies near.

    A body without a seen head, or with its head out of reach of the face, is someone else or invented (BlazePose
    does that when the face is covered). Where the subject's faces have no boxes, it is the most prominent
    person between the hint's walls: the largest extent of joints times their mean confidence.

    Args:
        people: shape (people, 25, 3).
        hint: of the subject.
        min_confidence: of a joint that is seen, in [0, 1].

    Returns:
        Shape (25, 3).
    """
    if hint.face is None:
        scores = [_prominence(person, hint, min_confidence) for person in people]
        best = int(np.argmax(scores)) if scores else 0
        return people[best] if scores and scores[best] > 0 else None
    size = float(np.sqrt(np.prod(hint.face[2:] - hint.face[:2])))
    middle = (hint.face[:2] + hint.face[2:]) / 2
    heads = [head_centre(person, min_confidence) for person in people]
    distances = [np.inf if h is None else float(np.linalg.norm(h - middle)) for h in heads]
    reach = size * min(_REACH + _REACH_PER_FRAME * hint.age, _REACH_MOST)
    if not distances or min(distances) > reach:
        return None
    return people[int(np.argmin(distances))]


def _prominence(person: NDArray[np.float32], hint: Hint, min_confidence: float) -> float:
    """0 for a person who is not seen or whose middle lies outside the walls."""
    visible = person[(person[:, 2] >= min_confidence) & (person[:, 2] > 0)]
    if not len(visible):
        return 0.0
    left, right = hint.walls
    if not left <= float(visible[:, 0].mean()) <= right:
        return 0.0
    return float(np.prod(np.ptp(visible[:, :2], axis=0)) * visible[:, 2].mean())
