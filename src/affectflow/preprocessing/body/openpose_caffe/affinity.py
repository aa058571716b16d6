"""Which two joints belong together: the affinity fields along the line between them (Cao et al. 2019, section 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from affectflow.preprocessing.body.openpose_caffe.peaks import Peaks

PAIRS = (
    *((1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13), (13, 14)),
    *((1, 0), (0, 15), (15, 17), (0, 16), (16, 18), (2, 17), (5, 18)),
    *((14, 19), (19, 20), (14, 21), (11, 22), (22, 23), (11, 24)),
)
"""Joints of BODY_25 that a field connects, from the first to the second (OpenPose's POSE_BODY_PART_PAIRS)."""

X_CHANNELS = (0, 14, 22, 16, 18, 24, 26, 6, 2, 4, 8, 10, 12, 30, 32, 36, 34, 38, 20, 28, 40, 42, 44, 46, 48, 50)
"""Channel of each pair's field along x; the next one is along y (OpenPose's POSE_MAP_INDEX)."""

# OpenPose's defaults (poseParameters.cpp), and what bodyPartConnectorBase.cu does where joints all but touch.
_MIN_VALUE = 0.05
_MIN_SHARE = 0.95
_FEWEST, _MOST = 5, 25
_TOUCHING_SCORE = 0.15
_TOUCHING = 1 / 150
_JOINT_WEIGHT = 0.1


@dataclass(frozen=True, order=True)
class Connection:
    """Two peaks that may be joints of one person; the greatest is the surest."""

    total: float
    """The score, and a tenth of those of the two joints."""
    score: float
    """How well the field points from the first to the second: mean of its share along the line."""
    pair: int
    """Index in PAIRS."""
    first: int
    """Number among the peaks of the pair's first joint."""
    second: int


def connections(fields: Tensor, peaks: Sequence[Peaks]) -> list[Connection]:
    """What connects peaks, the surest first.

    A line is looked at in 5 to 25 places, by its length. It counts if the field's share along the line is above .05 in
    more than 95 % of them; its score is the mean of those. Joints that all but touch (1/150 of the map's size), where a
    field cannot show, are connected with .15.

    Args:
        fields: shape (52, height, width).
        peaks: of each joint of BODY_25, in pixels of the fields.
    """
    candidates = [
        (pair, first, second)
        for pair, (a, b) in enumerate(PAIRS)
        for first in range(len(peaks[a]))
        for second in range(len(peaks[b]))
    ]
    if not candidates:
        return []
    starts = np.array([peaks[PAIRS[pair][0]][first] for pair, first, _ in candidates])
    ends = np.array([peaks[PAIRS[pair][1]][second] for pair, _, second in candidates])
    channels = np.array([X_CHANNELS[pair] for pair, _, _ in candidates])
    scores = _scores(fields, channels, starts[:, :2], ends[:, :2])
    totals = scores + _JOINT_WEIGHT * (starts[:, 2] + ends[:, 2])
    found = (
        Connection(float(total), float(score), *candidate)
        for total, score, candidate in zip(totals, scores, candidates, strict=True)
        if score > 0
    )
    return sorted(found, reverse=True)


def _scores(fields: Tensor, channels: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The score of each line, shape (lines,); 0 where nothing connects its ends."""
    height, width = fields.shape[1:]
    line = ends - starts
    length = np.hypot(*line.T)
    number = (np.sqrt(5 * np.abs(line).max(1)) + 0.5).astype(int).clip(_FEWEST, _MOST)
    step = np.arange(_MOST)
    counted = step < number[:, None]
    places = starts[:, None] + step[:, None] * (line / number[:, None])[:, None]
    columns, rows = (places + 0.5).astype(int).clip(0, (width - 1, height - 1)).transpose(2, 0, 1)
    pixels = torch.from_numpy((channels[:, None] * height + rows) * width + columns).to(fields.device)
    flat = fields.reshape(-1)
    along_x, along_y = (flat[pixels + shift].cpu().numpy() for shift in (0, height * width))
    direction = line / np.maximum(length, 1e-6)[:, None]
    values = direction[:, :1] * along_x + direction[:, 1:] * along_y
    above = counted & (values > _MIN_VALUE)
    count = above.sum(1)
    mean = np.where(above, values, 0).sum(1) / np.maximum(count, 1)
    touching = np.where(length < _TOUCHING * np.sqrt(height * width), _TOUCHING_SCORE, 0)
    return np.where(length <= 1e-6, 0, np.where(count / number > _MIN_SHARE, mean, touching))
