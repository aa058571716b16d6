"""What a branch says of a track that is asked for in another edition than the branch has learnt."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track


def places_of(asked: Track, learnt: Track, model: Path) -> list[int]:
    """Which of the outputs of `learnt` those of `asked` are, by their names.

    Raises:
        InputError: the branch of folder `model` has not learnt one of them.
    """
    if lacking := [name for name in asked.outputs if name not in learnt.outputs]:
        raise InputError(
            f"{model}: predicts {', '.join(learnt.outputs)} (edition {learnt.edition}), and track {asked.name} of "
            f"edition {asked.edition} asks for {', '.join(lacking)}, too; train a branch with another edition"
        )
    return [learnt.outputs.index(name) for name in asked.outputs]


def outputs_at(values: NDArray[np.float32], places: list[int], asked: Track) -> NDArray[np.float32]:
    """Predictions (frames, outputs learnt) as those that are asked for, (frames, outputs asked).

    Where classes fall away, the probabilities of the others are those given that it is one of them: they sum to 1
    again.
    """
    kept = values[:, places]
    if asked.name != "expr" or len(places) == values.shape[1]:
        return kept
    whole = kept.sum(axis=1, keepdims=True)
    return np.where(whole > 0, kept / np.where(whole > 0, whole, 1), np.float32(1 / len(places)))
