"""Scores of every method on the validation split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.predictions import Predictions, Scores, read_branches
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.fusion.annotated import Annotated, expand_labels
from affectflow.fusion.late_fusion import FusedMethod, fused, read_validated
from affectflow.metrics.sufficient_statistics import Floats, measures, tally
from affectflow.metrics.video_scores import video_scores


@dataclass(frozen=True, eq=False)
class Score:
    """A track's scores of one method."""

    values: dict[str, float]
    """By the track's names of measures."""
    frames: int
    """Annotated frames that were scored, all subjects taken together."""
    subjects: int
    weights: str
    """How the fusion weights were found: `search`, `score` or `equal`."""
    tallies: Floats
    """Sufficient statistics of each subject; see `affectflow.metrics.sufficient_statistics`."""
    of_videos: dict[str, float] = field(default_factory=dict)
    """Means over subjects of the scores of each, `video_ccc_valence` …; where rows are utterances, subjects are videos.
    Of `va` alone."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Everything that scores of a track's methods are computed from."""

    track: Track
    methods: dict[str, FusedMethod]
    predictions: dict[str, Predictions]
    """By branch."""
    annotated: Annotated

    @property
    def starts(self) -> NDArray[np.int64]:
        """First row of each subject and, last, the number of rows."""
        return next(iter(self.predictions.values())).starts

    def fused(self, title: str) -> Scores:
        """Outputs of a method, shape (rows, outputs)."""
        return fused(self.predictions, self.methods[title])

    def score(self, title: str) -> Score:
        """Score a method on the annotated frames."""
        return score(self.fused(title), self.starts, self.annotated, self.methods[title])


def score(values: Scores, starts: NDArray[np.int64], annotated: Annotated, method: FusedMethod) -> Score:
    """Score outputs of shape (rows, outputs) with the thresholds of a method."""
    track = method.predicts
    tallies = tally(track, values, annotated.targets, starts, method.limits)
    by_measure = {name: float(value) for name, value in measures(track, tallies.sum(axis=0)).items()}
    return Score(
        by_measure, annotated.frames, annotated.subjects, method.found_by, tallies, video_scores(track, tallies)
    )


def read_validation(weights: Path, predictions: Mapping[str, Path], labels: Path) -> Validation:
    """Read the validated methods of a weights file, the predictions of branches, and the labels of the same frames.

    Args:
        weights: what the fusion stored.
        predictions: by branch.
        labels: label table.

    Raises:
        InputError: a branch has no predictions, or tables do not fit together.
    """
    methods = read_validated(weights)
    for title, method in methods.items():
        missing = [branch for branch in method.branches if branch not in predictions]
        if missing:
            raise InputError(f"method {title!r} needs branch {', '.join(missing)}; no predictions are given")
    track = next(iter(methods.values())).predicts
    tables = read_branches(predictions, track)
    return Validation(track, methods, tables, expand_labels(labels, next(iter(tables.values())), track))
