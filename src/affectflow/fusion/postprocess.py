"""Post-processing of a branch's predictions: what is kept is found on validation, and applied alike to every split.

"Any of these post-processing steps was kept when an improvement was observed on the CCC over the validation set, and
applied then, with the same configuration to the test partition" (Kollias and Zafeiriou, section V-B).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import Predictions, Scores, read_predictions, write_predictions
from affectflow.artifacts.typed import read_typed
from affectflow.config.base import Settings
from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, Track, TrackName, track_of
from affectflow.fusion.annotated import Annotated, expand_labels
from affectflow.fusion.utterances import smoothed, utterances_of
from affectflow.fusion.weighted import TIE
from affectflow.metrics.measures import ccc
from affectflow.metrics.video_scores import mean_of_videos

Column = NDArray[np.float32]


class Step(Settings):
    """One step for one target: the windows that were tried, and the one that is applied."""

    without: float
    """Validation score without the step."""
    tried: dict[int, float]
    """Validation score by window; empty where the settings have the step off."""
    kept: int
    """Window that is applied; 1 where the step is not."""
    why: str

    @property
    def score(self) -> float:
        """Validation score with the window that is applied."""
        return self.tried.get(self.kept, self.without)


class TargetSteps(Settings):
    """Both steps of a target, the second after the first."""

    median: Step
    smoothing: Step


class Steps(Settings):
    """The post-processing of a branch, as it is stored."""

    track: TrackName
    edition: Edition
    length: int
    """Frames of a sequence."""
    method: Literal["average", "median"]
    score: Literal["ccc", "video_ccc"]
    utterances: int
    """Annotated validation utterances that decided."""
    targets: dict[str, TargetSteps]

    @property
    def predicts(self) -> Track:
        """The track that is predicted."""
        return track_of(self.track, self.edition)


def find_steps(
    predictions: Path, labels: Path, track: Track, length: int, settings: Postprocess, out: Path | None = None
) -> Steps:
    """Find which steps improve the validation score of each target, and write them as JSON.

    The median filter is chosen first, the smoothing with what was chosen. A window stays only where its score is higher
    than without the step; of equally good ones the smallest.

    Args:
        predictions: validation predictions of the branch, one row a frame.
        labels: label table of utterances: subjects are videos, frames their utterances.
        track: what is predicted.
        length: frames of a sequence of the branch.
        settings: what is tried.
        out: the file to write.

    Raises:
        InputError: tables do not fit together, or a subject is no utterance.
    """
    frames = read_predictions(predictions, track)
    filtered = {
        window: utterances_of(frames, length, [window] * len(track.outputs)) for window in {1, *settings.median}
    }
    annotated = expand_labels(labels, filtered[1], track)
    ends, target_steps = filtered[1].starts, {}
    for place, target in enumerate(track.targets):
        score = _score(annotated, place, ends, settings.score)
        if np.isnan(score(filtered[1].values[:, place])):
            raise InputError(
                f"{labels}: no validation video has two annotated utterances; set postprocess.score: ccc, or turn its "
                "steps off"
            )

        def filtered_by(window: int, place: int = place) -> Column:
            return filtered[window].values[:, place]

        median = _step(settings.median, filtered_by, score)
        chosen = filtered_by(median.kept)

        def smoothed_by(window: int, chosen: Column = chosen) -> Column:
            return smoothed(chosen, ends, window, settings.method)

        target_steps[target] = TargetSteps(median=median, smoothing=_step(settings.smoothing, smoothed_by, score))
    steps = Steps(
        track=track.name,
        edition=track.edition,
        length=length,
        method=settings.method,
        score=settings.score,
        utterances=annotated.frames,
        targets=target_steps,
    )
    if out is not None:
        write_text(out, json.dumps(steps.model_dump(mode="json"), indent=2) + "\n")
    return steps


def _step(windows: Iterable[int], apply_window: Callable[[int], Column], score: Callable[[Column], float]) -> Step:
    without = score(apply_window(1))
    tried = {window: score(apply_window(window)) for window in sorted(set(windows))}
    best = max(tried, key=lambda window: tried[window], default=1)
    applied, why = 1, "off in the settings"
    if tried and tried[best] > without + TIE:
        applied, why = best, f"window {best}: {tried[best]:.6f} is above {without:.6f}"
    elif tried:
        why = f"no window is above {without:.6f}"
    rounded = {window: round(value, 9) for window, value in tried.items()}
    return Step(without=round(without, 9), tried=rounded, kept=applied, why=why)


def _score(annotated: Annotated, place: int, ends: NDArray[np.int64], name: str) -> Callable[[Column], float]:
    targets = annotated.targets[:, place]
    labelled = ~np.isnan(targets)

    def of_all(column: Column) -> float:
        return ccc(column[labelled], targets[labelled])

    def of_videos(column: Column) -> float:
        return mean_of_videos(column, targets, ends)

    return of_all if name == "ccc" else of_videos


_File = TypeAdapter(Steps)


def read_steps(path: Path) -> Steps:
    """Post-processing as `find_steps` wrote it.

    Raises:
        InputError: the file is missing or is not such a file.
    """
    return read_typed(path, _File, "post-processing")


def postprocessed(frames: Predictions, steps: Steps) -> Predictions:
    """Predictions of utterances from those of frames, with the steps that were kept."""
    targets = [steps.targets[name] for name in steps.predicts.targets]
    whole = utterances_of(frames, steps.length, [target_steps.median.kept for target_steps in targets])
    columns = [
        smoothed(column, whole.starts, target_steps.smoothing.kept, steps.method)
        for column, target_steps in zip(whole.values.T, targets, strict=True)
    ]
    values: Scores = np.stack(columns, axis=1)
    return replace(whole, values=values)


def write_utterances(predictions: Path, steps: Path, out: Path) -> None:
    """Write a branch's predictions of utterances: subjects are videos, frames their utterances in order, from 0.

    Args:
        predictions: of any split, one row a frame.
        steps: what `find_steps` wrote for the branch.
        out: the prediction table to write.

    Raises:
        InputError: a file is missing or damaged, or a subject is no utterance.
    """
    stored_steps = read_steps(steps)
    whole = postprocessed(read_predictions(predictions, stored_steps.predicts), stored_steps)
    write_predictions(out, stored_steps.predicts, whole, whole.values)
