"""Pictures of a training: its curves, and what the kept epoch predicted on validation."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Track

CURVES, AGREEMENT = "curves.png", "validation.png"

_SHOWN = 10_000
_DARK, _BLUE, _ORANGE, _GREY = "#222222", "#1f6fb4", "#d9661f", "#8a8a8a"
_COLOURS = (_BLUE, _ORANGE, "#2e8b57", "#b04fa0", "#c2a400", "#4fb3bf", "#c0392b")
"""Of the scores beside the total, which is dark."""
_FEW_NUMBERS = 3
"""So many numbers of a track have wide panels."""


def spread(count: int) -> slice:
    """Places among `count` frames, evenly spaced, as many as one picture can show."""
    return slice(None, None, max(1, -(-count // _SHOWN)))


def describe_epochs(epochs: Sequence[int]) -> str:
    """Consecutive epochs in words."""
    return f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"


def draw_curves(
    path: Path, rows: Sequence[Mapping[str, float | int]], tasks: Tasks, chosen_epochs: Sequence[int], title: str
) -> None:
    """Losses and scores by epoch as a PNG; the kept epochs are marked.

    Args:
        path: of the picture.
        rows: one an epoch: `epoch`, `train_loss`, `validation_loss` and the tasks' scores.
        tasks: what is predicted; of several tracks their totals are drawn.
        chosen_epochs: the epochs that were kept, in order.
        title: above both.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    figure.suptitle(title)
    losses, scores = figure.subplots(1, 2)
    _lines(losses, rows, {"train_loss": ("train", _BLUE), "validation_loss": ("validation", _ORANGE)})
    drawn_scores = [name for name in tasks.scores if len(tasks.tracks) == 1 or name.endswith("total")]
    colors = [*_COLOURS[: len(drawn_scores) - 1], _DARK]
    names = (name.removeprefix("ccc_").removeprefix("pearson_").replace("_", " ") for name in drawn_scores)
    _lines(scores, rows, dict(zip(drawn_scores, zip(names, colors, strict=True), strict=True)))
    losses.set_ylabel("loss")
    scores.set_ylabel("validation " + (tasks.tracks[0].score_title if len(tasks.tracks) == 1 else "score"))
    for axes in (losses, scores):
        if len(chosen_epochs) == 1:
            axes.axvline(
                chosen_epochs[0],
                color=_GREY,
                linestyle="--",
                linewidth=1,
                label=f"kept: {describe_epochs(chosen_epochs)}",
            )
        else:
            axes.axvspan(
                chosen_epochs[0],
                chosen_epochs[-1],
                color=_GREY,
                alpha=0.3,
                label=f"kept: {describe_epochs(chosen_epochs)}",
            )
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def draw_agreement(
    path: Path,
    tasks: Tasks,
    prediction: NDArray[np.float32],
    target: NDArray[np.float32],
    scores: Mapping[str, float],
    title: str,
) -> None:
    """Predictions against annotations of the same frames as a PNG: numbers scattered, classes as a confusion matrix,
    units as the share of frames in which each is annotated and predicted; of several tracks side by side.

    Args:
        path: of the picture.
        tasks: what is predicted.
        prediction: shape (frames, outputs).
        target: shape (frames, targets), NaN where not annotated.
        scores: over all frames, of which not all need be shown, by name.
        title: above all panels.
    """
    widths = [_panel(track)[0] for track in tasks.tracks for _ in range(len(track.targets) if track.continuous else 1)]
    height = _panel(tasks.tracks[0])[1] if len(tasks.tracks) == 1 else 6
    figure = Figure(figsize=(sum(widths), height), layout="constrained")
    figure.suptitle(title + "\n" + ", ".join(f"{name} {scores[name]:.3f}" for name in tasks.scores), fontsize=11)
    axes = iter(figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0])
    for track, outputs, targets in tasks.parts():
        _draw_track(axes, track, prediction[:, outputs], target[:, targets])
    _save(figure, path)


def _panel(track: Track) -> tuple[float, float]:
    """Width of one of a track's panels in inches, and its height where there are no other tracks."""
    if not track.continuous:
        return 7.5, 6
    return (4.6, 5) if len(track.targets) <= _FEW_NUMBERS else (2.6, 3.4)


def _draw_track(
    axes: Iterator[Axes], track: Track, prediction: NDArray[np.float32], target: NDArray[np.float32]
) -> None:
    if track.continuous:
        for column, name in enumerate(track.targets):
            _scatter(next(axes), prediction[:, column], target[:, column], name.replace("_", " "), track.bounds)
    elif track.kind == "classes":
        _confusion(next(axes), prediction, target[:, 0], track.header)
    else:
        _shares(next(axes), prediction, target, track.header)


def _scatter(
    axes: Axes,
    prediction: NDArray[np.float32],
    target: NDArray[np.float32],
    name: str,
    bounds: tuple[float, float],
) -> None:
    annotated = ~np.isnan(target)
    low, high = bounds
    axes.plot(bounds, bounds, color=_GREY, linestyle="--", linewidth=1)
    limits = (low - 0.03, high + 0.03)
    clear = float(np.clip(500 / max(1, annotated.sum()), 0.1, 0.6))
    axes.scatter(target[annotated], prediction[annotated], s=10, color=_BLUE, alpha=clear, linewidths=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal", xlabel="annotated", ylabel="predicted")
    axes.set_title(name, fontsize=10)
    axes.grid(alpha=0.3)


def _confusion(axes: Axes, prediction: NDArray[np.float32], target: NDArray[np.float32], names: Sequence[str]) -> None:
    annotated = ~np.isnan(target)
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (target[annotated].astype(np.int64), prediction[annotated].argmax(axis=1)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        color = "white" if shares[row, column] > 0.6 else _DARK
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=9, color=color)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="annotated (colour: share of the row)")


def _shares(axes: Axes, prediction: NDArray[np.float32], target: NDArray[np.float32], names: Sequence[str]) -> None:
    annotated = ~np.isnan(target)
    frames = np.maximum(annotated.sum(axis=0), 1)
    predicted, positive = (prediction >= 0.5) & annotated, (target == 1) & annotated
    places = np.arange(len(names))
    for offset, values, label, color in (
        (-0.27, positive, "annotated", _GREY),
        (0, predicted, "predicted", _BLUE),
        (0.27, predicted & positive, "both", _DARK),
    ):
        axes.bar(places + offset, values.sum(axis=0) / frames, 0.26, label=label, color=color)
    axes.set_xticks(places, names, rotation=45, ha="right")
    axes.set_ylabel("share of annotated frames")
    axes.grid(alpha=0.3, axis="y")
    axes.legend()


def _lines(axes: Axes, rows: Sequence[Mapping[str, float | int]], styles: Mapping[str, tuple[str, str]]) -> None:
    epochs = [row["epoch"] for row in rows]
    for name, (label, color) in styles.items():
        axes.plot(epochs, [row[name] for row in rows], label=label, color=color, marker="o", markersize=3)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)  # draws without a screen
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})
