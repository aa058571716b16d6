"""Control predictors that have seen no video: whoever scores no higher has learned nothing."""

import numpy as np
from numpy.typing import NDArray

from affectflow.core.tracks import Track
from affectflow.metrics.annotated import is_annotated

Values = NDArray[np.float32]


def constant(track: Track, targets: Values) -> Values:
    """The best predictor that says the same of every frame, chosen with the annotations at hand.

    Numbers: the mean annotation, whose correlation is 0 as that of every constant. Classes: the most frequent one, the
    first of equals. Units: every one always present, since the F1 of "always absent" is 0.

    Args:
        track: what is predicted.
        targets: annotations, shape (frames, targets); NaN is "not annotated".

    Returns:
        Shape (frames, outputs).

    Raises:
        ValueError: nothing is annotated.
    """
    annotated = targets[is_annotated(track, targets)]
    if not len(annotated):
        raise ValueError("no annotated frame to choose a constant from")
    if track.continuous:
        row = annotated.mean(axis=0, dtype=np.float64)
    elif track.kind == "classes":
        classes = len(track.outputs)
        row = np.eye(classes)[np.bincount(annotated[:, 0].astype(np.int64), minlength=classes).argmax()]
    else:
        row = np.ones(len(track.outputs))
    return np.tile(row.astype(np.float32), (len(targets), 1))


def shuffled(values: Values, targets: Values, seed: int) -> Values:
    """Predictions in random order: each annotated frame gets those of a random annotated frame of any subject.

    A permutation of single frames and not a shift, which keeps the slow course of a video and with it much of a score.

    Args:
        values: predictions, shape (frames, outputs).
        targets: annotations, shape (frames, targets); NaN is "not annotated".
        seed: of the permutation.

    Returns:
        Shape (frames, outputs); frames without any annotation keep theirs.
    """
    annotated = np.flatnonzero(~np.isnan(targets).all(axis=1))
    mixed = values.copy()
    mixed[annotated] = values[np.random.default_rng(seed).permutation(annotated)]
    return mixed
