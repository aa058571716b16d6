"""Arrays as the text in which a page's script reads them."""

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

STEPS = 65_534
"""Values travel as whole numbers from 0 to this: finer than the three digits that the page shows."""
_NONE, _NO_BOX = 65_535, -32_768


def encode_times(times: NDArray[np.float64]) -> str:
    """Seconds, as base64 of little-endian doubles."""
    return _base64(times, "<f8")


def encode_levels(values: NDArray[np.floating], low: float, high: float) -> str:
    """Values of a range in steps, as base64 of little-endian words of 16 bits; `STEPS` + 1 where there is none."""
    shares = np.clip((np.asarray(values, np.float64) - low) / (high - low), 0, 1)
    return _base64(np.where(np.isnan(shares), _NONE, np.round(shares * STEPS)), "<u2")


def encode_edges(box: NDArray[np.floating]) -> str:
    """Edges in whole pixels, as base64 of little-endian numbers of 16 bits; the least of them where there is none."""
    return _base64(np.where(np.isnan(box), _NO_BOX, np.clip(np.round(box), _NO_BOX + 1, -_NO_BOX - 1)), "<i2")


def stretches(flags: NDArray[np.bool_] | None) -> list[list[int]]:
    """First frame of each stretch that is true, and the frame after its last; none without flags."""
    if flags is None:
        return []
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return edges.reshape(-1, 2).tolist()


def _base64(values: NDArray[np.floating], kind: str) -> str:
    return b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()
