"""In which frames of a video a trained system saw or heard the person whom its scores are to be of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import artifact_file
from affectflow.config.system.branch import Branch
from affectflow.config.system.senses import Sense
from affectflow.dataloading.feature_set_rows import FeatureSetRows
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.rows import ArtifactRows
from affectflow.dataloading.steps import steps_read
from affectflow.models.folder import read_branch
from affectflow.prediction.system import TrainedTrack
from affectflow.preprocessing.audio.window import MelTrack

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Presence:
    """Where the scores of a track count; shape (frames,), of a track of clips (steps that are read,)."""

    fused: Flags
    """Whether what the track needs was found, and any branch that has a weight saw or heard something."""
    branches: Mapping[str, Flags]
    """Of each member of the method, whether it saw or heard anything that it looks or listens for."""


def find_presence(trained: TrainedTrack, subject: SubjectFrames, rows: ArtifactRows) -> Presence:
    """Where the scores of a person of a video count.

    Args:
        trained: the track.
        subject: the person.
        rows: the video's artifacts.

    Raises:
        InputError: an artifact is missing or damaged.
    """
    branches = {member: read_branch(model)[0] for member, model in trained.models.items()}
    detected = {
        member: _find_senses(branch, trained.senses[member], rows, subject) for member, branch in branches.items()
    }
    anything = {member: np.logical_or.reduce(list(by_sense.values())) for member, by_sense in detected.items()}
    needed = [by_sense[trained.needs] for by_sense in detected.values() if trained.needs in by_sense]
    weighted = [anything[member] for member in trained.weighted]
    fused = np.logical_or.reduce(needed) & np.logical_or.reduce(weighted)
    if not trained.track.per_clip:
        return Presence(fused, anything)
    steps = {member: _steps(branch, rows, subject) for member, branch in branches.items()}
    all_steps = np.unique(np.concatenate(list(steps.values())))
    return Presence(fused[all_steps], {member: flags[steps[member]] for member, flags in anything.items()})


def _find_senses(
    branch: Branch, senses: tuple[Sense, ...], rows: ArtifactRows, subject: SubjectFrames
) -> dict[Sense, Flags]:
    """What was found in each frame, by sense."""
    work, detected = rows.work, dict[Sense, Flags]()
    for feature_set in (FeatureSetRows(work, name) for name in (branch.features.sets if branch.features else ())):
        sense = feature_set.form(subject).sense
        detected[sense] = feature_set.present(subject) | detected.get(sense, np.zeros(subject.frames, np.bool_))
    if "face" in senses and "face" not in detected:
        detected["face"] = rows.faces_found(subject.shard, subject.subject, subject.frames)
    if "body" in senses:
        detected["body"] = rows.boxes(subject.shard, subject.subject, subject.frames)[1]
    if "mel" in branch.streams:
        track = MelTrack.open(work / artifact_file("mel", subject.shard), subject.video)
        detected["sound"] = track.heard(rows.times(subject.shard, subject.video, subject.frames), branch.mel.seconds)
    return detected


def _steps(branch: Branch, rows: ArtifactRows, subject: SubjectFrames) -> NDArray[np.int64]:
    """The frames of a clip that a branch reads."""
    frames = subject.frames
    return steps_read(branch.sequence, frames, lambda: rows.times(subject.shard, subject.video, frames))
