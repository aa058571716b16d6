"""What a branch needs to have seen or heard of a person in a frame, so that its scores say something of that person."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from affectflow.config.base import Name
from affectflow.config.model.feature_sets import FeatureSet
from affectflow.config.system.branch import Branch

Sense = Literal["face", "body", "sound"]
"""What can be missing in a frame."""

_OF: dict[str, Sense] = {
    "face": "face",
    "landmarks": "face",
    "face_features": "face",
    "body": "body",
    "context": "body",  # what is around a person says nothing where nobody is
    "mel": "sound",
    "sound_features": "sound",
}


def senses_of(branch: Branch, sets: Mapping[Name, FeatureSet]) -> tuple[Sense, ...]:
    """What a branch sees or hears, in the order of `Sense`. Features of other branches are of faces.

    Args:
        branch: settings.
        sets: the system's extracted feature sets.
    """
    senses = {_OF[stream] for stream in branch.streams if stream in _OF}
    if "features" in branch.streams and branch.features is not None:
        senses |= {"face"} if branch.features.of else set()
        senses |= {sets[name].sense for name in branch.features.sets}
    return tuple(sense for sense in get_args(Sense) if sense in senses)


def needed(branches: Iterable[tuple[Sense, ...]]) -> Sense:
    """What fused scores need to count: a face where any branch looks at faces; else a body; else sound."""
    present = {sense for senses in branches for sense in senses}
    needed_sense: Sense = next(sense for sense in get_args(Sense) if sense in present)
    return needed_sense
