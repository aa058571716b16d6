"""Sufficient statistics: what must be known of many frames to score any weighted average of branches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectflow.metrics.measures import ccc_of_moments, pearson_of_moments

_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, means and co-moments of columns, in float64.

    Moments of two sets of frames add to the moments of their union (Chan, Golub and LeVeque 1983), so that
    they can be kept by subject and pooled. All are taken about the data's own mean: a large common offset
    costs no digits.
    """

    count: int
    mean: NDArray[np.float64]
    """Shape (columns,)."""
    scatter: NDArray[np.float64]
    """Sums of products of deviations from the mean, shape (columns, columns)."""

    @staticmethod
    def of(columns: Sequence[ArrayLike], where: NDArray[np.bool_] | None = None) -> "Moments":
        """Moments of `columns`, vectors of shape (n,), over the rows where `where` (n,) holds.

        Reads the columns in blocks, so that it needs no copy of them.

        Raises:
            ValueError: lengths differ or a value that counts is not finite.
        """
        vectors = [np.asarray(column) for column in columns]
        length = len(vectors[0])
        if any(vector.shape != (length,) for vector in [*vectors, *([] if where is None else [where])]):
            raise ValueError(f"columns of different shapes: {[vector.shape for vector in vectors]}")
        total = Moments(0, np.zeros(len(vectors)), np.zeros((len(vectors), len(vectors))))
        for start in range(0, length, _BLOCK):
            part = slice(start, start + _BLOCK)
            chosen = slice(None) if where is None else where[part]
            block = np.array([vector[part][chosen] for vector in vectors], np.float64)
            if block.shape[1]:
                total += _of_block(block)
        return total

    def __add__(self, other: "Moments") -> "Moments":
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        apart = other.mean - self.mean
        return Moments(
            count,
            self.mean + apart * (other.count / count),
            self.scatter + other.scatter + np.outer(apart, apart) * (self.count * other.count / count),
        )

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Population (1/N) covariance matrix of shape (columns, columns)."""
        return self.scatter / self.count

    def select(self, columns: Sequence[int]) -> "Moments":
        """Moments of some of the columns, in the order given."""
        chosen = list(columns)
        return Moments(self.count, self.mean[chosen], self.scatter[np.ix_(chosen, chosen)])

    def ccc(self, weights: ArrayLike) -> NDArray[np.float64]:
        """CCC of weighted sums of all columns but the last with the last one, the target.

        Args:
            weights: shape (..., columns - 1).

        Returns:
            Shape (...), the same numbers as `metrics.ccc` of the summed columns.

        Raises:
            ValueError: there are no frames.
        """
        if not self.count:
            raise ValueError("CCC of no frames")
        w, covariance = np.asarray(weights, np.float64), self.covariance
        return np.asarray(
            ccc_of_moments(
                np.asarray(w @ self.mean[:-1]),
                float(self.mean[-1]),
                np.asarray(((w @ covariance[:-1, :-1]) * w).sum(axis=-1)),
                float(covariance[-1, -1]),
                np.asarray(w @ covariance[:-1, -1]),
            )
        )

    def pearson(self, weights: ArrayLike) -> NDArray[np.float64]:
        """As `ccc`, Pearson's correlation coefficient."""
        if not self.count:
            raise ValueError("correlation of no frames")
        w, covariance = np.asarray(weights, np.float64), self.covariance
        return np.asarray(
            pearson_of_moments(
                np.asarray(((w @ covariance[:-1, :-1]) * w).sum(axis=-1)),
                float(covariance[-1, -1]),
                np.asarray(w @ covariance[:-1, -1]),
            )
        )


def _of_block(block: NDArray[np.float64]) -> Moments:
    if not np.isfinite(block).all():
        raise ValueError("moments need finite numbers: drop what is not annotated first")
    first = block[:, :1].copy()
    block -= first  # a constant column then has a mean without rounding and a variance of exactly 0
    mean = block.mean(axis=1)
    block -= mean[:, None]
    return Moments(block.shape[1], first[:, 0] + mean, block @ block.T)
