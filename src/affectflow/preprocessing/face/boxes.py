"""Boxes (left, top, right, bottom): overlap, suppression of double finds, one-to-one pairs."""

import numpy as np
from numpy.typing import NDArray


def overlaps(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of all pairs.

    Args:
        a: shape (n, 4).
        b: shape (m, 4).

    Returns:
        Shape (n, m), in [0, 1]; 0 where a box is empty.
    """
    a, b = np.asarray(a, np.float64).reshape(-1, 4), np.asarray(b, np.float64).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    area_a, area_b = (np.prod(np.maximum(x[:, 2:] - x[:, :2], 0), axis=-1) for x in (a, b))
    union = area_a[:, None] + area_b[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def suppress(boxes: NDArray[np.floating], scores: NDArray[np.floating], limit: float) -> list[int]:
    """Non-maximum suppression: indices of the boxes to keep, best first, none overlapping a better one by more
    than `limit`."""
    kept: list[int] = []
    remaining = np.argsort(-np.asarray(scores), kind="stable")
    while len(remaining):
        best, others = remaining[:1], remaining[1:]
        kept.append(int(best[0]))
        remaining = others[overlaps(boxes[best], boxes[others])[0] <= limit]
    return kept


def best_pairs(scores: NDArray[np.floating], least: float) -> list[tuple[int, int]]:
    """One-to-one pairs (row, column), the best score first, while it is at least `least`.

    Ties go to the lower row, then the lower column.
    """
    pairs: list[tuple[int, int]] = []
    rows, columns = set(), set()
    for flat in np.argsort(-scores, axis=None, kind="stable"):
        row, column = divmod(int(flat), scores.shape[1])
        if scores[row, column] < least:
            break
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return pairs
