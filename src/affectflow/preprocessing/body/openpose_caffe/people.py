"""Connected joints to people, the surest connection first (OpenPose's assembly for GPUs, bodyPartConnectorBase)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.body.body25 import INDEX, JOINTS
from affectflow.preprocessing.body.openpose_caffe.affinity import PAIRS, Connection
from affectflow.preprocessing.body.openpose_caffe.peaks import Peaks

# OpenPose's defaults (poseParameters.cpp). Feet do not count: too many are false.
_FEWEST_JOINTS = 3
_MIN_SCORE = 0.4
_FEET = range(INDEX["left_big_toe"], len(JOINTS))
_MOST_PEOPLE = 127


@dataclass(eq=False)
class _Person:
    peaks: dict[int, int] = field(default_factory=dict)
    """Number of the peak by joint."""
    score: float = 0.0
    """Sum of those of its joints and connections."""

    def kept(self) -> bool:
        count = sum(joint not in _FEET for joint in self.peaks)
        return count >= _FEWEST_JOINTS and self.score / count >= _MIN_SCORE


def assemble(connections: Iterable[Connection], peaks: Sequence[Peaks]) -> NDArray[np.float32]:
    """People from connected peaks.

    A connection joins two peaks that nobody has to a new person, gives a person a joint that it lacks, or makes one of
    two people that have no joint in common; otherwise it is passed over, as a surer one came before. People of fewer
    than 3 joints, feet apart, or a mean score below .4 a joint are dropped.

    Args:
        connections: the surest first.
        peaks: of each joint of BODY_25.

    Returns:
        x, y and score of each joint as the peaks have them, 0 where missing, shape (people, 25, 3).
    """
    people: list[_Person] = []
    owners: dict[tuple[int, int], _Person] = {}
    for connection in connections:
        ends = [(PAIRS[connection.pair][0], connection.first), (PAIRS[connection.pair][1], connection.second)]
        owned = list(dict.fromkeys(owners[end] for end in ends if end in owners))
        if not owned:
            owned = [_Person()]
            people += owned
        if len(owned) == 2:
            if owned[0].peaks.keys() & owned[1].peaks.keys():
                continue
            # Who was there first stays: the order of people is that of their surest connections.
            owned.sort(key=people.index)
            _join(owned[0], owned[1])
            owners |= dict.fromkeys(owned[1].peaks.items(), owned[0])
            people.remove(owned[1])
        person = owned[0]
        new = [(joint, peak) for joint, peak in ends if (joint, peak) not in owners]
        if any(joint in person.peaks for joint, _ in new):
            continue
        for joint, peak in new:
            person.peaks[joint] = peak
            person.score += peaks[joint][peak, 2]
            owners[joint, peak] = person
        person.score += connection.score
    kept = [person for person in people if person.kept()][:_MOST_PEOPLE]
    joints = np.zeros((len(kept), len(JOINTS), 3), np.float32)
    for person, its in zip(kept, joints, strict=True):
        for joint, peak in person.peaks.items():
            its[joint] = peaks[joint][peak]
    return joints


def _join(person: _Person, other: _Person) -> None:
    """Give a person all that another one has."""
    person.peaks |= other.peaks
    person.score += other.score
