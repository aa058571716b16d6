"""What a trained system found in one video."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.predictions import Scores
from affectflow.core.tracks import TrackName
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.presence import Presence
from affectflow.prediction.system import TrainedTrack
from affectflow.preprocessing.face.people_table import Portrait


@dataclass(frozen=True)
class TrackScores:
    """Scores of one track of one person for every frame, or for the video as a whole."""

    trained: TrainedTrack
    fused: Scores
    """Shape (frames, outputs of the track), or (1, outputs)."""
    branches: Mapping[str, Scores]
    """Of each member of the method, in the same shape, as fused: smoothed where its branch is."""
    presence: Presence


@dataclass(frozen=True)
class FaceTrack:
    """One person's face; arrays have one row for every decoded frame, NaN where it was not found."""

    found: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    """Left, top, right, bottom in pixels of the stored frame."""
    scores: NDArray[np.float64]
    """The detector's, in [0, 1]."""
    pose: NDArray[np.float64]
    """Yaw, pitch and roll of the head in degrees (`affectflow.preprocessing.face.head_pose`)."""


@dataclass(frozen=True)
class BodyTrack:
    """One person's body; arrays have one row for every decoded frame."""

    found: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    """Left, top, right, bottom in pixels of the stored frame; NaN where there is none."""
    head_only: NDArray[np.bool_]
    """Where the box is that of a head alone: no joint below it was found."""


@dataclass(frozen=True)
class PersonScores:
    """What a system found of one person."""

    name: str
    """The number, or what the user calls the person: the subject in the artifacts."""
    tracks: Mapping[TrackName, TrackScores]
    face: FaceTrack
    body: BodyTrack | None
    """None of a system that predicts no frame: it has no use for bodies."""
    number: int | None
    """As in `VideoScores.portraits`; None where nobody was found."""

    def of_frames(self) -> list[TrackScores]:
        """The tracks whose scores have a row a frame."""
        return [track_scores for track_scores in self.tracks.values() if not track_scores.trained.track.per_clip]

    def of_clip(self) -> list[TrackScores]:
        """The tracks whose scores are of the video as a whole."""
        return [track_scores for track_scores in self.tracks.values() if track_scores.trained.track.per_clip]


@dataclass(frozen=True)
class VideoScores:
    """What a system found in a video."""

    path: Path
    people: tuple[PersonScores, ...]
    """At least one; the most prominent first."""
    portraits: tuple[Portrait, ...]
    """Everyone whose face was found, also who is not scored; the most prominent first."""
    times: NDArray[np.float64]
    """Seconds of each decoded frame."""
    size: tuple[int, int]
    """Width and height of the stored frame."""
    frames: Path
    """Artifact of the decoded frames, of the video named after the file's stem."""
    sound: Path
    faces: Path
    """Artifacts of the people, each a subject named as here."""
    body: Path
    integrity: Integrity
