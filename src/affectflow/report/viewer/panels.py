"""From a track's scores to the panels that show them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from affectflow.core.tracks import Track
from affectflow.report.viewer.page import Panel, Series

Scores = NDArray[np.floating]

FUSED = "fused"


def track_panels(
    track: Track,
    fused: Scores,
    branches: Mapping[str, Scores],
    seen: Mapping[str, NDArray[np.bool_]] | None = None,
    lacking: str = "",
) -> list[Panel]:
    """What a viewer shows of a track: fused scores first, those of each branch to compare.

    Numbers are a panel of curves each. Classes and action units are a panel of rows for the fused
    scores, and a folded one for each branch.

    Args:
        track: what is predicted.
        fused: shape (frames, outputs).
        branches: scores of the same shape by branch.
        seen: where the scores count, shape (frames,), of `FUSED` and each branch; everywhere when not given.
        lacking: as of `Panel`.
    """
    low, high = track.bounds
    every = {FUSED: fused, **branches}
    marks = dict.fromkeys(every) if seen is None else seen
    if track.continuous:
        return [
            Panel(
                track.title(name),
                low,
                high,
                tuple(Series(origin, scores[:, column], marks[origin]) for origin, scores in every.items()),
                lacking=lacking,
            )
            for column, name in enumerate(track.outputs)
        ]
    heading = track.title(*track.targets) if track.kind == "classes" else track.heading
    return [
        Panel(
            heading if origin == FUSED else f"{heading}, branch {origin}",
            low,
            high,
            tuple(
                Series(track.title(name), scores[:, column], marks[origin]) for column, name in enumerate(track.outputs)
            ),
            kind="rows",
            names_highest=track.kind == "classes",
            folded=origin != FUSED,
            lacking=lacking,
        )
        for origin, scores in every.items()
    ]
