"""Heat maps and affinity fields of people whose joints are known, as a network of BODY_25 is taught to see them."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from affectflow.preprocessing.body.openpose_caffe.affinity import PAIRS, X_CHANNELS

STRIDE = 8
# A person 300 pixels tall, facing us: x, y of each joint of BODY_25, in pixels from the neck.
STANDING = np.array(
    [
        *((0, -32), (0, 0), (-36, 2), (-52, 58), (-60, 108), (36, 2), (52, 58), (60, 108), (0, 104)),
        *((-22, 104), (-26, 176), (-28, 242), (22, 104), (26, 176), (28, 242)),
        *((-9, -41), (9, -41), (-19, -35), (19, -35)),
        *((38, 262), (46, 256), (24, 250), (-38, 262), (-46, 256), (-24, 250)),
    ],
    float,
)

Person = NDArray[np.float64]
"""x, y in pixels of the network's input, NaN where a joint is not seen, shape (25, 2)."""


def person(x: float, y: float, size: float = 1.0, lean: float = 0.0, missing: Iterable[int] = ()) -> Person:
    """A person whose neck is at x, y; `lean` in degrees, `missing` joints."""
    angle = np.deg2rad(lean)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    joints = np.array([x, y]) + size * STANDING @ turn
    joints[list(missing)] = np.nan
    return joints


def within(joints: Person, width: int, height: int) -> Person:
    """A person as a picture cuts it off."""
    seen = (joints >= 0).all(1) & (joints < (width, height)).all(1)
    return np.where(seen[:, None], joints, np.nan)


def draw(people: Sequence[Person], width: int, height: int, sigma: float = 7.0, reach: float = 8.0) -> torch.Tensor:
    """Maps in cells of 8 pixels, shape (78, height / 8, width / 8): as taught (Cao et al. 2019, equations 6 to 9),
    Gaussians of 7 pixels, the highest where they overlap; unit vectors within 8 pixels of a line, averaged.

    The middle of a cell lies at 8 * cell + 3.5 in pixels that count from the middle of the first.
    """
    rows, columns = np.mgrid[: height // STRIDE, : width // STRIDE]
    x, y = STRIDE * columns + 3.5, STRIDE * rows + 3.5
    maps = np.zeros((78, *rows.shape), np.float32)
    for joints in people:
        for joint, (at_x, at_y) in enumerate(joints):
            if np.isfinite(at_x):
                peak = np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * sigma**2))
                maps[joint] = np.maximum(maps[joint], peak)
    maps[25] = 1 - maps[:25].max(0)
    for (first, second), channel in zip(PAIRS, X_CHANNELS, strict=True):
        count = np.zeros(rows.shape)
        for joints in people:
            line = joints[second] - joints[first]
            length = np.hypot(*line)
            if not length > 0:
                continue
            along = ((x - joints[first, 0]) * line[0] + (y - joints[first, 1]) * line[1]) / length
            beside = np.abs((x - joints[first, 0]) * line[1] - (y - joints[first, 1]) * line[0]) / length
            on = (along >= -reach) & (along <= length + reach) & (beside <= reach)
            maps[26 + channel] += on * line[0] / length
            maps[27 + channel] += on * line[1] / length
            count += on
        maps[26 + channel : 28 + channel] /= np.maximum(count, 1)
    return torch.from_numpy(maps)
