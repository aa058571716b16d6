"""Drawing what is rare more often."""

import numpy as np
from numpy.typing import NDArray

from affectflow.streams.dataset import Sequences
from affectflow.tracks import Track
from affectflow.training.objective import rarity


def sampling_chances(data: Sequences, track: Track) -> NDArray[np.float64]:
    """The chance of each sequence, shape (sequences,), of sum 1: as the mean rarity of its annotated frames.

    A frame is as rare as its class (expr), or as its rarest active unit (au; 1 where none is active).
    """
    targets, rare = data.index.targets, rarity(track, data.index.targets)
    known = ~np.isnan(targets).all(axis=1)
    if track.name == "expr":
        frames = rare[np.where(known, targets[:, 0], 0).astype(np.int64)]
    else:
        frames = np.where(targets == 1, np.maximum(rare, 1), 1).max(axis=1)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, frames, 0), dtype=np.float64)])
    count = np.concatenate([[0], np.cumsum(known)])
    begin = np.array([data.index.subjects[place].offset + start for place, start in data.samples])
    ends = np.array([subject.offset + subject.frames for subject in data.index.subjects])[data.samples[:, 0]]
    end = np.minimum(begin + data.branch.sequence.length, ends)
    mean = (total[end] - total[begin]) / np.maximum(count[end] - count[begin], 1)
    return mean / mean.sum()
