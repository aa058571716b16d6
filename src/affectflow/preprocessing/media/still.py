"""How much the picture changes between two frames: edges and colours within the part that no black bars cover."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.media.pictures import Picture

# The most that is kept of a picture; the cells in which two pictures are compared, and their blocks (columns, rows).
_KEPT = (160, 90)
_CELLS = (64, 36)
_BLOCKS = (16, 9)
# A row or column is black where nothing in it is lighter than this luma, nor than this share of the lightest there is.
_BLACK, _BLACK_SHARE = 16.0, 0.25
# A part of less than this share of the rows or columns shows nothing.
_LEAST_PART = 0.05
# Noise: steepness in luma a cell on average, edges of a block as a share of the mean block's, spread of the luma.
_STEEP, _FAINT, _SPREAD = 1.0, 0.1, 3.0
_BINS = 64
_NEIGHBOURS = np.ones((3, 3), np.uint8)

Part = tuple[int, int, int, int]
"""Left, top, right and bottom within the kept picture."""


class Still:
    """A frame made small, to be compared with others of the same video."""

    def __init__(self, bgr: Picture) -> None:
        height, width = bgr.shape[:2]
        self._size = (min(width, _KEPT[0]), min(height, _KEPT[1]))
        small = bgr if self._size == (width, height) else cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA)
        self._picture = cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb)
        luma = self._picture[:, :, 0]
        columns, rows = cv2.reduce(luma, 0, cv2.REDUCE_MAX), cv2.reduce(luma, 1, cv2.REDUCE_MAX)
        self.lightest: NDArray[np.uint8] = np.concatenate([columns.ravel(), rows.ravel()])
        """The lightest luma of every column, then of every row."""
        self._described: tuple[Part, _Described] | None = None

    def change(self, other: "Still", lightest: NDArray[np.uint8]) -> float:
        """From 0, nothing, to 1.5.

        The share of edges that one of the pictures has, and the other has not there or in the next of 64 x 36 cells
        (Zabih, Miller and Mai, A feature-based algorithm for detecting and classifying scene breaks, ACM Multimedia
        1995), in the median of 16 x 9 blocks, each with its weight in edges: what moves or appears in less than half of
        the picture is no change. Times 1 to 1.5 by how far the distributions of luma and colour are apart, in spreads
        of the luma. All of it is relative to what the pictures hold, so that a dark scene counts as a light one does;
        another light alone leaves the edges where they are.

        Args:
            other: of the same size.
            lightest: what each column and row had at its lightest, in all of the shot (as `Still.lightest`). From the
                picture's edge up to the first that was not black there is a bar, which is left out.
        """
        part = _active_part(lightest, self._size)
        a, b = self._describe(part), other._describe(part)
        edges = a.by_block + b.by_block
        weights = edges / (edges + max(_FAINT * float(edges.mean()), 1e-6))
        shares = (a.without(b) + b.without(a)) / np.maximum(edges, 1e-6)
        moved = float(np.abs(a.cumulated - b.cumulated).sum()) * 256 / _BINS
        colours = min(1.0, moved / (_SPREAD + np.sqrt((a.variance + b.variance) / 2)))
        return _median(shares, weights) * (1 + colours / 2)

    def _describe(self, part: Part) -> "_Described":
        if self._described is None or self._described[0] != part:
            left, top, right, bottom = part
            self._described = part, _Described(self._picture[top:bottom, left:right])
        return self._described[1]


class _Described:
    """Edges and colours of a part of a picture."""

    def __init__(self, ycrcb: Picture) -> None:
        cells = cv2.resize(ycrcb, _CELLS, interpolation=cv2.INTER_AREA)
        luma = cells[:, :, 0].astype(np.float32)
        across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25)
        # By direction: lighter or darker to the right, or downwards.
        edges = np.maximum(cv2.merge([across, -across, down, -down]), 0)
        total = float(edges.sum())
        # As shares of all edges, so that contrast does not matter; noise alone counts as few edges.
        self._edges = edges / (total + _STEEP * luma.size)
        self._near = cv2.dilate(self._edges, _NEIGHBOURS)
        self._all = total / (total + _STEEP * luma.size)
        self.by_block = _by_block(self._edges)
        self.variance = float(luma.var())
        counts = [cv2.calcHist([cells], [channel], None, [_BINS], [0, 256]) for channel in range(3)]
        self.cumulated = np.cumsum(np.hstack(counts) / luma.size, axis=0)

    def without(self, other: "_Described") -> NDArray[np.float32]:
        """Edges by block that `other` has neither there nor in the next cell."""
        scale = self._all / other._all if other._all > 0 else 0.0
        return _by_block(np.maximum(self._edges - other._near * scale, 0))


def _by_block(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    every_direction = cv2.transform(edges, np.ones((1, 4)))
    return np.ravel(cv2.resize(every_direction, _BLOCKS, interpolation=cv2.INTER_AREA))


def _median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """The value at which half of the weight is reached, counted from the smallest on; 0 where nothing has weight."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(np.interp(reached[-1] / 2, reached, values[order])) if reached[-1] > 0 else 0.0


def _active_part(lightest: NDArray[np.uint8], size: tuple[int, int]) -> Part:
    """What lies between the bars; the whole picture where nothing does."""
    light = lightest > min(_BLACK, _BLACK_SHARE * float(lightest.max()))
    columns, rows = np.flatnonzero(light[: size[0]]), np.flatnonzero(light[size[0] :])
    if len(columns) < _LEAST_PART * size[0] or len(rows) < _LEAST_PART * size[1]:
        return 0, 0, *size
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
