"""Batches in which whole videos go by side by side, segment by segment, for networks that carry a state along them."""

import numpy as np
from numpy.typing import NDArray


def lane_batches(subjects: NDArray[np.int64], lanes: int, draw: tuple[int, int] | None = None) -> list[list[int]]:
    """Samples of every step: of each lane its next segment, until it has no more, so that a step has at most one
    segment of a subject and the next step its next one (Meng et al., equation 2).

    Subjects are dealt one after the other, each to the lane that has the fewest segments so far, of several to the
    first. Towards the end lanes run out, and steps get smaller.

    Args:
        subjects: whose segment each sample is, shape (samples,); those of a subject stand together, in order.
        lanes: how many, at most.
        draw: (seed, epoch), from which alone the order of the subjects follows; their own order when not given.
    """
    edges = np.flatnonzero(np.diff(subjects)) + 1
    videos = [segments.tolist() for segments in np.split(np.arange(len(subjects)), edges)]
    order = range(len(videos)) if draw is None else np.random.default_rng(draw).permutation(len(videos)).tolist()
    dealt: list[list[int]] = [[] for _ in range(min(lanes, len(videos)))]
    for video in order:
        shortest = min(dealt, key=len)
        shortest += videos[video]
    return [[lane[step] for lane in dealt if step < len(lane)] for step in range(max(map(len, dealt), default=0))]
