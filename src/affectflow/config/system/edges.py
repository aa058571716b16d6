"""What a branch is made from: that other branches give what it asks of them, and that nothing is made from itself."""

from collections.abc import Mapping

from affectflow.config.model.networks import HeadCnn, HeadGru
from affectflow.config.system.branch import Branch
from affectflow.config.training.trained import Augment
from affectflow.core.tracks import TrackName


def check_edges(where: str, name: str, learnt: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
    """ValueError where a branch cannot be made from those that it names.

    Args:
        where: the branch in the settings, for messages.
        name: of the branch.
        learnt: the tracks that it learns.
        others: the branches of these, it among them, by name.
    """
    branch = others[name]
    _check_no_circle(where, name, others)
    _check_one_network(where, branch, others)
    _check_teacher(where, branch, learnt, others)
    _check_features(where, branch, learnt, others)


def _check_no_circle(where: str, name: str, branches: Mapping[str, Branch]) -> None:
    """ValueError where a branch would be made from itself, by way of others."""
    before, next_ones = {name}, [name]
    while next_ones:
        starts = {weights for its in next_ones for weights in branches[its].made_from if weights in branches}
        if name in starts:
            raise ValueError(f"{where}: the branch is made from itself, by way of {', '.join(sorted(before))}")
        next_ones = sorted(starts - before)
        before |= starts


def _check_one_network(where: str, branch: Branch, others: Mapping[str, Branch]) -> None:
    """ValueError where a branch would be made from one that keeps the network of several epochs."""
    kept = [name for name in branch.made_from if name in others and others[name].epoch_ensemble is not None]
    if kept:
        raise ValueError(
            f"{where} is made from {kept[0]}, which keeps several epochs, none of them as the one to start from, learn "
            f"from or read; remove epoch_ensemble from {kept[0]}, or name another branch"
        )


def _check_teacher(where: str, branch: Branch, learnt: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
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
    if "au" in learnt:
        raise ValueError(f"{where}.teacher: distillation is of expr and va (docs/vu.md); the branch learns au, too")
    if "va" in learnt and branch.bins is None:
        raise ValueError(
            f"{where}.teacher: distillation compares probabilities, which va has with bins alone: set bins"
        )
    same = ("streams", "features", "picture", "mel", "landmarks", "edition", "bins", "tracks")
    for key in (key for key in same if getattr(teacher, key) != getattr(branch, key)):
        raise ValueError(
            f"{where}.teacher: {branch.teacher} has another {key}; it sees and says the same as its student"
        )


def _check_features(where: str, branch: Branch, learnt: tuple[TrackName, ...], others: Mapping[str, Branch]) -> None:
    """ValueError where features are not of branches of single faces that see all that is learnt from."""
    for name in branch.features.of if branch.features else ():
        its = others.get(name)
        if its is None or not its.sees_single_faces:
            single = [other for other, one in others.items() if one.sees_single_faces]
            raise ValueError(
                f"{where}.features.of names {name}, expected branches of single faces: {', '.join(single)}"
            )
        # One that names no tracks learns the one in which it stands.
        known = its.tracks or (learnt if len(learnt) == 1 else ())
        if lacking := [track for track in learnt if track not in known]:
            raise ValueError(
                f"{where}.features.of: {name} does not learn {', '.join(lacking)}, which the branch learns"
            )
        if branch.features and branch.features.augmented_copies > 1 and its.augment == Augment():
            raise ValueError(
                f"{where}.features.augmented_copies is {branch.features.augmented_copies}, and {name} has no "
                "augment to change by"
            )
    if isinstance(branch.network, HeadGru) and branch.network.reads == "own" and branch.features:
        read = branch.features
        its = others[read.of[0]] if len(read.of) == 1 and not read.sets else None
        heads = its is not None and isinstance(its.network, HeadCnn) and its.network.features == "heads"
        if its is None or not heads or (its.tracks or learnt) != learnt:
            raise ValueError(
                f"{where}.network.reads: own needs features of one head_cnn with the same tracks in the same order; "
                "set reads: all, or name such a branch"
            )
