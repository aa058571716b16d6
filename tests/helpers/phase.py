"""How much of what scores do along time is the place in a sequence."""

import numpy as np
from numpy.typing import ArrayLike


def share_of_phase(values: ArrayLike, length: int) -> float:
    """The share of the variance of a video's scores that the frame's number modulo `length` explains; 0 where they do
    not move beyond the table's six digits."""
    column = np.asarray(values, np.float64)
    if np.ptp(column) < 2e-6:
        return 0.0
    phases = np.arange(len(column)) % length
    means = np.array([column[phases == phase].mean() for phase in range(length)])
    return float(((means[phases] - column.mean()) ** 2).sum() / ((column - column.mean()) ** 2).sum())
