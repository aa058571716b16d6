"""Drawing what is rare more often."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.config.training.sources import BalanceBy
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Track
from affectflow.dataloading.dataset import Sequences
from affectflow.training.track_losses.registry import class_weights

_CELLS = 20
"""Parts of valence and of arousal (Deng et al. 2020, whose protocol Vu and Beurton-Aimar take over)."""


def inverse_counts(targets: NDArray[np.float32], tasks: Tasks, kinds: Sequence[BalanceBy]) -> NDArray[np.float64]:
    """How rare each frame is, shape (frames,): the sum, over `kinds`, of 1 over the number of frames of its expression
    (`class`), or in its cell of 20 x 20 over [-1, 1] of valence and arousal (`cell`); 0 for what is not annotated.

    Args:
        targets: shape (frames, targets of the tasks), NaN where not annotated.
        tasks: what they are of.
        kinds: which are added.
    """
    rarity = np.zeros(len(targets))
    for track, _, places in tasks.parts():
        if track.name == "expr" and "class" in kinds:
            rarity += _inverse(targets[:, places][:, 0])
        if track.name == "va" and "cell" in kinds:
            cells = np.clip(np.floor((targets[:, places].astype(np.float64) + 1) / 2 * _CELLS), 0, _CELLS - 1)
            rarity += _inverse(cells[:, 0] * _CELLS + cells[:, 1])
    return rarity


def _inverse(kinds: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 over how often the kind of each frame occurs; 0 where it is NaN."""
    annotated = ~np.isnan(kinds)
    numbers = kinds[annotated].astype(np.int64)
    inverse = np.zeros(len(kinds))
    inverse[annotated] = 1 / np.bincount(numbers)[numbers] if len(numbers) else 0
    return inverse


def sampling_chances(data: Sequences, track: Track) -> NDArray[np.float64]:
    """The chance of each sequence, shape (sequences,), of sum 1: as the mean rarity of its annotated frames.

    A frame is as rare as its class, or as its rarest active unit (1 where none is active).
    """
    targets, rare = data.index.targets, class_weights(track, data.index.targets)
    assert rare is not None, "sampling is of tracks with classes: checked with the settings"
    annotated = ~np.isnan(targets).all(axis=1)
    if track.kind == "classes":
        frames = rare[np.where(annotated, targets[:, 0], 0).astype(np.int64)]
    else:
        frames = np.where(targets == 1, np.maximum(rare, 1), 1).max(axis=1)
    total = np.concatenate([[0.0], np.cumsum(np.where(annotated, frames, 0), dtype=np.float64)])
    count = np.concatenate([[0], np.cumsum(annotated)])
    offsets = np.array([subject.offset for subject in data.index.subjects])[data.samples[:, 0]]
    begin, end = offsets + data.samples[:, 1], offsets + data.samples[:, 2]
    mean = (total[end] - total[begin]) / np.maximum(count[end] - count[begin], 1)
    return mean / mean.sum()
