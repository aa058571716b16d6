"""What a branch is made from: that other branches give what it asks of them, and that nothing is made from itself."""

from collections.abc import Mapping

from affectflow.config.model.networks import HeadCnn, HeadGru
from affectflow.config.system.branch import Branch
from affectflow.config.training.trained import Augment
from affectflow.core.tracks import TrackName

_DISTILLED = ("expr", "va")
"""What a teacher has something to say of (Vu and Beurton-Aimar, equations 4 to 6)."""


def check_edges(where: str, name: str, tracks: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
    """ValueError where a branch cannot be made from those that it names.

    Args:
        where: the branch in the settings, for messages.
        name: of the branch.
        tracks: the tracks that it learns.
        others: the branches of these, it among them, by name.
    """
    branch = others[name]
    _check_no_circle(where, name, others)
    _check_one_network(where, branch, others)
    _check_teacher(where, branch, tracks, others)
    _check_features(where, branch, tracks, others)


def _check_no_circle(where: str, name: str, branches: Mapping[str, Branch]) -> None:
    """ValueError where a branch would be made from itself, by way of others."""
    ancestors, next_ones = {name}, [name]
    while next_ones:
        starts = {weights for current in next_ones for weights in branches[current].made_from if weights in branches}
        if name in starts:
            raise ValueError(f"{where}: the branch is made from itself, by way of {', '.join(sorted(ancestors))}")
        next_ones = sorted(starts - ancestors)
        ancestors |= starts


def _check_one_network(where: str, branch: Branch, others: Mapping[str, Branch]) -> None:
    """ValueError where a branch would be made from one that keeps the network of several epochs."""
    ensembles = [name for name in branch.made_from if name in others and others[name].epoch_ensemble is not None]
    if ensembles:
        raise ValueError(
            f"{where} is made from {ensembles[0]}, which keeps several epochs, none of them as the one to start from, "
            f"learn from or read; remove epoch_ensemble from {ensembles[0]}, or name another branch"
        )


def _check_teacher(where: str, branch: Branch, tracks: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
    """ValueError where a teacher says nothing that the branch can learn from the same inputs."""
    if branch.teacher is None:
        return
    if (teacher := others.get(branch.teacher)) is None:
        raise ValueError(f"{where}.teacher is {branch.teacher}, expected a branch of its tracks: {', '.join(others)}")
    if teacher.carries:
        raise ValueError(
            f"{where}.teacher: {branch.teacher} carries a state along whole videos, and a teacher sees sequences one "
            "by one; set its network.carry: false"
        )
    if others_learnt := [track for track in tracks if track not in _DISTILLED]:
        raise ValueError(
            f"{where}.teacher: distillation is of expr and va (docs/vu.md); the branch learns "
            f"{', '.join(others_learnt)}, too"
        )
    if "va" in tracks and branch.bins is None:
        raise ValueError(
            f"{where}.teacher: distillation compares probabilities, which va has with bins alone: set bins"
        )
    shared_settings = ("streams", "features", "picture", "mel", "landmarks", "edition", "bins", "tracks")
    for key in (key for key in shared_settings if getattr(teacher, key) != getattr(branch, key)):
        raise ValueError(
            f"{where}.teacher: {branch.teacher} has another {key}; it sees and says the same as its student"
        )


def _check_features(where: str, branch: Branch, tracks: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
    """ValueError where features are not of branches of single faces that see all that is learnt from."""
    for name in branch.features.of if branch.features else ():
        source = others.get(name)
        if source is None or not source.sees_single_faces:
            single = [other for other, candidate in others.items() if candidate.sees_single_faces]
            raise ValueError(
                f"{where}.features.of names {name}, expected branches of single faces: {', '.join(single)}"
            )
        # One that names no tracks learns the one in which it stands.
        source_tracks = source.tracks or (tracks if len(tracks) == 1 else ())
        if lacking := [track for track in tracks if track not in source_tracks]:
            raise ValueError(
                f"{where}.features.of: {name} does not learn {', '.join(lacking)}, which the branch learns"
            )
        if branch.features and branch.features.augmented_copies > 1 and source.augment == Augment():
            raise ValueError(
                f"{where}.features.augmented_copies is {branch.features.augmented_copies}, and {name} has no "
                "augment to change by"
            )
    if isinstance(branch.network, HeadGru) and branch.network.reads == "own" and branch.features:
        features = branch.features
        source = others[features.of[0]] if len(features.of) == 1 and not features.sets else None
        heads = source is not None and isinstance(source.network, HeadCnn) and source.network.features == "heads"
        if source is None or not heads or (source.tracks or tracks) != tracks:
            raise ValueError(
                f"{where}.network.reads: own needs features of one head_cnn with the same tracks in the same order; "
                "set reads: all, or name such a branch"
            )
