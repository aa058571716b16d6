"""Which rows of annotations count."""

import numpy as np
from numpy.typing import NDArray

from affectflow.core.tracks import Track


def is_annotated(track: Track, targets: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each row of annotations counts, shape (rows,): of units where any is annotated, else where all are.

    Args:
        track: what is annotated.
        targets: shape (rows, targets of the track), NaN where not annotated.
    """
    known = ~np.isnan(targets)
    return np.asarray(known.any(axis=1) if track.kind == "units" else known.all(axis=1))
