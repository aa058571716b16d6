"""Smoothing of a branch's predictions of frames: the mean over a window at each (Meng et al., section 3.5).

"The final prediction is set as the average prediction value of a window with w frames centered on the j-th frame",
from frame j - ceil(w/2) to j + ceil(w/2): as printed, w + 1 frames of an even w and w + 2 of an odd one. At a subject's
first and last frames the window holds what there is of it. Predictions are clipped to [-1, 1] before, which the mean
leaves; or after, as the settings say.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import TypeAdapter

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import Predictions, read_predictions, write_predictions
from affectflow.artifacts.typed import read_typed
from affectflow.config.base import Settings
from affectflow.config.evaluation.postprocess import Postprocess, Sides
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, Track, TrackName, track_of
from affectflow.fusion.annotated import expand_labels
from affectflow.fusion.weighted import TIE
from affectflow.metrics.measures import ccc

Column = NDArray[np.float32]

_UNIT = 2.0**-32
"""Predictions are summed as whole multiples of this, so that no sum rounds however long a video is."""


class Window(Settings):
    """The window of one target, and how it was found."""

    kept: int | None
    """Window that is applied, in frames; none where the target is not smoothed."""
    without: float | None
    """Validation CCC without smoothing; none where nothing was tried."""
    tried: dict[int, float]
    """Validation CCC by window."""
    why: str


class Smoothing(Settings):
    """The smoothing of a branch, as it is stored."""

    track: TrackName
    edition: Edition
    sides: Sides
    """Where a window reaches."""
    clip: Literal["first", "last"]
    """Whether predictions are clipped before or after."""
    frames: int | None
    """Annotated validation frames that decided; none where nothing was tried."""
    targets: dict[str, Window]

    @property
    def predicts(self) -> Track:
        """The track that is predicted."""
        return track_of(self.track, self.edition)

    @property
    def windows(self) -> dict[str, int]:
        """The windows that are applied, by target."""
        return {target: window.kept for target, window in self.targets.items() if window.kept is not None}


def reach(window: int, sides: Sides = "both") -> tuple[int, int]:
    """Frames before and after the frame itself that a window holds: ceil(window / 2) of both sides, as printed; window
    of each; or window - 1 of one."""
    if sides in ("both", "each"):
        side = -(-window // 2) if sides == "both" else window
        return side, side
    return (window - 1, 0) if sides == "before" else (0, window - 1)


def window_means(values: ArrayLike, starts: ArrayLike, window: int, sides: Sides = "both") -> Column:
    """The mean of the window at each frame of one output, shape (rows,); rounded to float32 once.

    Args:
        values: shape (rows,).
        starts: first row of each subject and, last, the number of rows; no window holds frames of two.
        window: w of the paper, in frames, 1 or more.
        sides: where it reaches.
    """
    bounds = np.asarray(starts, np.int64)
    counts = np.diff(bounds)
    rows, (back, ahead) = np.arange(bounds[-1]), reach(window, sides)
    first = np.maximum(rows - back, np.repeat(bounds[:-1], counts))
    after = np.minimum(rows + ahead + 1, np.repeat(bounds[1:], counts))
    whole = np.rint(np.asarray(values, np.float64) / _UNIT).astype(np.int64)
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(whole)])
    means: Column = ((sums[after] - sums[first]) * _UNIT / (after - first)).astype(np.float32)
    return means


def find_smoothing(
    track: Track, settings: Postprocess, predictions: Path | None, labels: Path | None, out: Path | None = None
) -> Smoothing:
    """Find the windows of a branch, and write them as JSON.

    A single window is taken as it is. Of several the one with the best CCC on validation is taken, where that is higher
    than without smoothing; of equally good ones the smallest.

    Args:
        track: what is predicted, va.
        settings: windows by target.
        predictions: validation predictions of the branch, one row a frame; used where a target has several windows.
        labels: label table; as `predictions`.
        out: the file to write.

    Raises:
        InputError: tables do not fit together, or there are windows to try and no tables to try them on.
    """
    means = {str(target): windows for target, windows in settings.mean.items()}
    target_windows, frames = {target: _fixed_window(means.get(target)) for target in track.targets}, None
    if settings.mean_is_tried:
        if predictions is None or labels is None:
            raise InputError(f"windows {means} are tried on validation: give its predictions and labels")
        table = read_predictions(predictions, track, settings.clip == "first")
        annotated = expand_labels(labels, table, track)
        frames = annotated.frames
        for place, target in enumerate(track.targets):
            windows = means.get(target)
            if isinstance(windows, tuple):
                own = table.values[:, place], annotated.targets[:, place]
                target_windows[target] = _best(*own, table.starts, windows, settings.sides)
    smoothing = Smoothing(
        track=track.name,
        edition=track.edition,
        sides=settings.sides,
        clip=settings.clip,
        frames=frames,
        targets=target_windows,
    )
    if out is not None:
        write_text(out, json.dumps(smoothing.model_dump(mode="json"), indent=2) + "\n")
    return smoothing


def _fixed_window(window: int | tuple[int, ...] | None) -> Window:
    if isinstance(window, int):
        return Window(kept=window, without=None, tried={}, why=f"window {window} as the settings say")
    return Window(kept=None, without=None, tried={}, why="off in the settings")


def _best(values: Column, targets: Column, starts: NDArray[np.int64], windows: tuple[int, ...], sides: Sides) -> Window:
    annotated = ~np.isnan(targets)

    def score(column: Column) -> float:
        return ccc(np.clip(column[annotated], -1, 1), targets[annotated])

    without = score(values)
    tried = {w: score(window_means(values, starts, w, sides)) for w in sorted(set(windows))}
    top = max(tried.values())
    best = next(window for window, score in tried.items() if score >= top - TIE)
    better = tried[best] > without + TIE
    reason = (
        f"window {best}: {tried[best]:.6f} is above {without:.6f}" if better else f"no window is above {without:.6f}"
    )
    rounded = {window: round(score, 9) for window, score in tried.items()}
    return Window(kept=best if better else None, without=round(without, 9), tried=rounded, why=reason)


_File = TypeAdapter(Smoothing)


def read_smoothing(path: Path) -> Smoothing:
    """Smoothing as `find_smoothing` wrote it.

    Raises:
        InputError: the file is missing or is not such a file.
    """
    return read_typed(path, _File, "smoothing")


def smoothed(predictions: Path, smoothing: Smoothing) -> Predictions:
    """A branch's predictions of any split, whose targets are smoothed, each by its window; those without one are
    clipped alone.

    Args:
        predictions: one row a frame.
        smoothing: the windows.

    Raises:
        InputError: the file is missing or damaged.
    """
    track, windows = smoothing.predicts, smoothing.windows
    table = read_predictions(predictions, track, smoothing.clip == "first")
    values = table.values.copy()
    for place, target in enumerate(track.targets):
        if target in windows:
            values[:, place] = window_means(values[:, place], table.starts, windows[target], smoothing.sides)
    return replace(table, values=np.clip(values, *track.bounds))


def write_smoothed(predictions: Path, smoothing: Path, out: Path) -> None:
    """Write a branch's smoothed predictions of any split.

    Args:
        predictions: one row a frame.
        smoothing: what `find_smoothing` wrote for the branch.
        out: the prediction table to write.

    Raises:
        InputError: a file is missing or damaged.
    """
    stored_smoothing = read_smoothing(smoothing)
    table = smoothed(predictions, stored_smoothing)
    write_predictions(out, stored_smoothing.predicts, table, table.values)
