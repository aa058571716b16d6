"""What MediaPipe's single-shot detectors share: one network that looks at a whole picture once and answers at fixed
anchors, each with a score, a box and points.

Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019, sections 3.2 and 3.3; numbers
as in the graphs of MediaPipe 0.10.21.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.compute.engine import Network
from affectflow.preprocessing.face.boxes import overlaps
from affectflow.preprocessing.media.pictures import Picture

_SAME = 0.3
# Logits beyond are cut off, as there.
_MOST = 100.0


@dataclass(frozen=True)
class Shot:
    """One thing found: `box` left, top, right, bottom and `points` (points, 2), in pixels of the picture."""

    score: float
    box: NDArray[np.float64]
    points: NDArray[np.float64]


class SingleShot:
    """A detector.

    Args:
        network: takes RGB in [-1, 1], shape (1, side, side, 3).
        side: of its input in pixels.
        grids: of its anchors in the order of its output: cells on a side, and anchors in each cell.
        min_score: in [0, 1].
    """

    def __init__(self, network: Network, side: int, grids: Sequence[tuple[int, int]], min_score: float) -> None:
        self._network, self._side, self._min_score = network, side, min_score
        self._anchors = _anchors(grids)

    def detect(self, bgr: Picture) -> list[Shot]:
        """All that is found, best first. Answers that overlap a better one become one, weighted by their scores."""
        height, width = bgr.shape[:2]
        longer = max(height, width)
        corner = np.array([width - longer, height - longer]) / 2
        whole = np.array([[longer / self._side, 0, corner[0]], [0, longer / self._side, corner[1]]])
        size = (self._side, self._side)
        padded = cv2.warpAffine(bgr, whole, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        rgb = padded[None, :, :, ::-1].astype(np.float32)
        scores, values = _by_length(self._network(rgb / 127.5 - 1))
        good = np.flatnonzero(scores >= self._min_score)
        answers = values[good].astype(np.float64) / self._side
        centres, sizes = answers[:, :2] + self._anchors[good], answers[:, 2:4]
        points = answers[:, 4:].reshape(len(good), answers.shape[1] // 2 - 2, 2) + self._anchors[good][:, None]
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], 1)
        merged = _merged(boxes, points, scores[good])
        return [
            Shot(score, box * longer + np.tile(corner, 2), places * longer + corner) for score, box, places in merged
        ]


def _anchors(grids: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Centres of the cells as shares of the input's side, row by row, shape (anchors, 2)."""
    parts = []
    for cells, each in grids:
        middles = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        parts.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), each, axis=0))
    return np.concatenate(parts)


def _by_length(outputs: dict[str, NDArray[np.float32]]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Scores, shape (anchors,), and answers, shape (anchors, 4 + 2 x points): the shorter output and the longer one."""
    logits, values = sorted((output[0] for output in outputs.values()), key=lambda output: output.shape[-1])
    scores = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64).clip(-_MOST, _MOST)))
    return scores, values


def _merged(
    boxes: NDArray[np.float64], points: NDArray[np.float64], scores: NDArray[np.float64]
) -> list[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    """Score, box and points of each group of answers that overlap the best one among them."""
    remaining = np.argsort(-scores, kind="stable")
    groups = []
    while len(remaining):
        same = overlaps(boxes[remaining[:1]], boxes[remaining])[0] > _SAME
        same[0] = True  # also where it is empty
        group, weights = remaining[same], scores[remaining[same]]
        box = np.average(boxes[group], axis=0, weights=weights)
        groups.append((float(weights[0]), box, np.average(points[group], axis=0, weights=weights)))
        remaining = remaining[~same]
    return groups
