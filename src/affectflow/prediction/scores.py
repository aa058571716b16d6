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


@dataclass(frozen=True)
class TrackScores:
    """Scores of one track for every frame, or for the video as a whole."""

    trained: TrainedTrack
    fused: Scores
    """Shape (frames, outputs of the track), or (1, outputs)."""
    branches: Mapping[str, Scores]
    """Of each member of the method, in the same shape, as fused: smoothed where its branch is."""
    presence: Presence


@dataclass(frozen=True)
class Bodies:
    """The bodies of a video; arrays have one row for every decoded frame."""

    found: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    """Left, top, right, bottom in pixels of the stored frame; NaN where there is none."""
    file: Path


@dataclass(frozen=True)
class VideoScores:
    """What a system found in a video; arrays have one row for every decoded frame."""

    path: Path
    tracks: Mapping[TrackName, TrackScores]
    times: NDArray[np.float64]
    """Seconds."""
    face_found: NDArray[np.bool_]
    face_boxes: NDArray[np.float64]
    """As of `Bodies`."""
    bodies: Bodies | None
    """None of a system that predicts no frame: it has no use for them."""
    size: tuple[int, int]
    """Width and height of the stored frame."""
    frames: Path
    """Artifact of the decoded frames, of the video named after the file's stem."""
    sound: Path
    faces: Path
    integrity: Integrity

    def of_frames(self) -> list[TrackScores]:
        """The tracks whose scores have a row a frame."""
        return [track_scores for track_scores in self.tracks.values() if not track_scores.trained.track.per_clip]

    def of_clip(self) -> list[TrackScores]:
        """The tracks whose scores are of the video as a whole."""
        return [track_scores for track_scores in self.tracks.values() if track_scores.trained.track.per_clip]
