"""Pictures of a training: its curves, and what the kept epoch predicted on validation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path

CURVES, AGREEMENT = "curves.png", "validation.png"

_SHOWN = 10_000
_DARK, _BLUE, _ORANGE, _GREY = "#222222", "#1f6fb4", "#d9661f", "#8a8a8a"


def spread(count: int) -> slice:
    """Places among `count` frames, evenly spaced, as many as one picture can show."""
    return slice(None, None, max(1, -(-count // _SHOWN)))


def draw_curves(path: Path, rows: Sequence[Mapping[str, float | int]], kept: int, title: str) -> None:
    """Losses and CCC by epoch as a PNG; the kept epoch is marked.

    Args:
        path: of the picture.
        rows: one an epoch: `epoch`, `train_loss`, `validation_loss`, `ccc_valence`, `ccc_arousal`, `total`.
        kept: the epoch that was kept.
        title: above both.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    figure.suptitle(title)
    losses, scores = figure.subplots(1, 2)
    _lines(losses, rows, {"train_loss": ("train", _BLUE), "validation_loss": ("validation", _ORANGE)})
    _lines(
        scores,
        rows,
        {"ccc_valence": ("valence", _BLUE), "ccc_arousal": ("arousal", _ORANGE), "total": ("total", _DARK)},
    )
    losses.set_ylabel("loss")
    scores.set_ylabel("validation CCC")
    for axes in (losses, scores):
        axes.axvline(kept, color=_GREY, linestyle="--", linewidth=1, label=f"kept: epoch {kept}")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def draw_agreement(
    path: Path,
    prediction: NDArray[np.float32],
    target: NDArray[np.float32],
    scores: Mapping[str, float],
    title: str,
) -> None:
    """Predictions against annotations of the same frames as a PNG, one panel an output.

    Args:
        path: of the picture.
        prediction: shape (frames, outputs), in [-1, 1].
        target: the same, NaN where not annotated.
        scores: the CCC of each output over all frames, of which not all need be shown, by name.
        title: above all panels.
    """
    figure = Figure(figsize=(4.6 * len(scores), 5), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, len(scores), squeeze=False)[0]
    for column, (axes, (name, score)) in enumerate(zip(panels, scores.items(), strict=True)):
        known = ~np.isnan(target[:, column])
        axes.plot([-1, 1], [-1, 1], color=_GREY, linestyle="--", linewidth=1)
        clear = float(np.clip(500 / max(1, known.sum()), 0.1, 0.6))
        axes.scatter(target[known, column], prediction[known, column], s=10, color=_BLUE, alpha=clear, linewidths=0)
        axes.set(xlim=(-1.03, 1.03), ylim=(-1.03, 1.03), aspect="equal", xlabel="annotated", ylabel="predicted")
        axes.set_title(f"{name}: CCC {score:.3f}", fontsize=10)
        axes.grid(alpha=0.3)
    _save(figure, path)


def _lines(axes: Axes, rows: Sequence[Mapping[str, float | int]], shown: Mapping[str, tuple[str, str]]) -> None:
    epochs = [row["epoch"] for row in rows]
    for name, (label, color) in shown.items():
        axes.plot(epochs, [row[name] for row in rows], label=label, color=color, marker="o", markersize=3)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)  # draws without a screen
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})
