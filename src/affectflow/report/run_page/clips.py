"""What the page shows of a track of clips: predicted beside annotated intensities, and the clips furthest off."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

from affectflow.report.drawing.result_tables import framed
from affectflow.report.tables.scores import Score, Validation

MOST = 200
"""Clips in the table at most; figures and scores are of all."""


def clip_data(validation: Validation, method: str, scores: Mapping[str, Score]) -> dict[str, Any]:
    """Data of the figures: `points`, the annotated clips with annotated and predicted intensities by emotion and the
    correlation of each; `correlation`, the same by method.

    Args:
        validation: labels and predictions.
        method: whose predictions are drawn.
        scores: by method.
    """
    annotated, targets = _annotated(validation), validation.annotated.targets
    by_method = {
        title: [_number(score.values[name]) for name in _emotions(validation)] for title, score in scores.items()
    }
    return {
        "points": {
            "clips": [name for name, is_annotated in zip(_names(validation), annotated, strict=True) if is_annotated],
            "annotated": np.round(targets[annotated].T.astype(float), 3).tolist(),
            "predicted": np.round(validation.fused(method)[annotated].T.astype(float), 3).tolist(),
            "correlation": by_method[method],
        },
        "correlation": {"methods": list(by_method), "values": list(by_method.values())},
    }


def clips_html(validation: Validation, method: str) -> Iterator[str]:
    """The clips whose intensities by `method` are furthest from the annotated ones, by mean absolute error."""
    annotated, targets, values = _annotated(validation), validation.annotated.targets, validation.fused(method)
    errors = np.abs(values.astype(float) - targets).mean(axis=1)
    names = _names(validation)
    order = sorted(np.flatnonzero(annotated).tolist(), key=lambda clip: (-errors[clip], names[clip]))
    yield "<h3>Clips, furthest off first</h3>"
    more = f" The first {MOST} of {len(order):,} are shown." if len(order) > MOST else ""
    yield (
        '<p class="dim">By mean absolute error over the emotions: one clip has no correlation. Of each emotion the '
        f"predicted intensity, then the annotated one.{more}</p>"
    )
    heads = ["clip", "mean error", *map(escape, validation.track.header)]
    rows = [
        [
            escape(names[clip]),
            f"{errors[clip]:.3f}",
            *(
                f'{value:.2f} <span class="dim">{target:.2f}</span>'
                for value, target in zip(values[clip].tolist(), targets[clip].tolist(), strict=True)
            ),
        ]
        for clip in order[:MOST]
    ]
    yield framed(heads, rows, "Clips, furthest off first", range(1, len(heads)))


def _annotated(validation: Validation) -> np.ndarray:
    return np.asarray(~np.isnan(validation.annotated.targets).any(axis=1))


def _names(validation: Validation) -> tuple[str, ...]:
    """Names of the clips in the order of the rows: each has one."""
    return tuple(next(iter(validation.predictions.values())).subjects)


def _emotions(validation: Validation) -> tuple[str, ...]:
    """Scores of single emotions."""
    return validation.track.scores[:-1]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
