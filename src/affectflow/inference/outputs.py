"""What a branch says of a track that is asked for in another edition than the branch has learnt."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track


def places_of(requested: Track, trained: Track, model: Path) -> list[int]:
    """Which of the outputs of `trained` those of `requested` are, by their names.

    Raises:
        InputError: the branch of folder `model` has not learnt one of them.
    """
    if lacking := [name for name in requested.outputs if name not in trained.outputs]:
        raise InputError(
            f"{model}: predicts {', '.join(trained.outputs)} (edition {trained.edition}), and track {requested.name} "
            f"of edition {requested.edition} asks for {', '.join(lacking)}, too; train a branch with another edition"
        )
    return [trained.outputs.index(name) for name in requested.outputs]


def outputs_at(values: NDArray[np.float32], places: list[int], requested: Track) -> NDArray[np.float32]:
    """Predictions (frames, outputs of the branch) as those that are asked for, (frames, outputs of `requested`).

    Where classes fall away, the probabilities of the others are those given that it is one of them: they sum to 1
    again.
    """
    selected = values[:, places]
    if requested.kind != "classes" or len(places) == values.shape[1]:
        return selected
    whole = selected.sum(axis=1, keepdims=True)
    return np.where(whole > 0, selected / np.where(whole > 0, whole, 1), np.float32(1 / len(places)))
