"""What is drawn on a video to show its scores: boxes, landmarks, curves and words."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.dataloading.sequences import runs
from affectflow.preprocessing.media.pictures import Picture
from affectflow.report.drawing import marks

FACE, BODY_BOX = (80, 220, 80), (230, 160, 60)
"""Colours in blue, green, red."""
CURVES = (90, 90, 250), (250, 190, 60)
_BACKGROUND, _GRID, _TEXT = (32, 32, 32), (80, 80, 80), (230, 230, 230)
_UNSEEN, _FADED = (58, 58, 58), (125, 125, 125)
"""Background and curves where scores do not count."""
_STRIP, _SPAN = 96, 8.0
"""Height of the strip of curves in pixels, and the seconds that it shows."""


class Overlay:
    """Draws on the frames of one video; holds its scores, and rows of artifacts only as they are drawn."""

    def __init__(
        self,
        faces: Path,
        body: Path,
        times: NDArray[np.float64],
        curves: Mapping[str, NDArray[np.floating]],
        words: Callable[[int], Sequence[str]],
        seen: NDArray[np.bool_] | None = None,
    ) -> None:
        """
        Args:
            faces: artifact of a video with one subject.
            body: the same.
            times: seconds of each frame.
            curves: at most two, by name: values in [-1, 1] of each frame.
            words: from a frame to what is said of it, at most two short lines.
            seen: where the curves count, shape (frames,): elsewhere they are dimmed, and not told in digits.
                Everywhere when not given.
        """
        self._faces = read_arrow(faces, FACES)
        self._body = read_parquet(body, BODY)
        self._times, self._words = times, words
        self._seen = np.ones(len(times), np.bool_) if seen is None else seen
        self._curves = [(values, colour, name) for (name, values), colour in zip(curves.items(), CURVES, strict=False)]

    def draw(self, frame: int, picture: Picture) -> Picture:
        """The picture (height, width, 3; BGR) with box and landmarks, above the strip of curves."""
        picture = picture.copy()
        body = self._body.slice(frame, 1).to_pylist()[0]
        if body["found"]:
            marks.box(picture, np.array(body["box"]), BODY_BOX)
        face = self._faces.slice(frame, 1).to_pylist()[0]
        if face["found"]:
            if face["box"]:
                marks.box(picture, np.array(face["box"]), FACE)
            marks.dots(picture, np.reshape(face["landmarks"] or face["anchors"] or [], (-1, 2)), FACE)
        return np.vstack([picture, self._strip(frame, picture.shape[1])])

    def _strip(self, frame: int, width: int) -> Picture:
        strip = np.full((_STRIP, width, 3), _BACKGROUND, np.uint8)
        current_time = self._times[frame]
        first, last = np.searchsorted(self._times, [current_time - _SPAN / 2, current_time + _SPAN / 2])
        x = ((self._times[first:last] - current_time) / _SPAN * width + width / 2).round().astype(np.int32)
        stretches = runs(self._seen[first:last])
        if self._curves:
            for begin, end, seen in stretches:
                if not seen:
                    strip[:, max(x[begin], 0) : x[min(end, len(x) - 1)] + 1] = _UNSEEN
            cv2.line(strip, (0, _STRIP // 2), (width, _STRIP // 2), _GRID, 1)
            cv2.line(strip, (width // 2, 0), (width // 2, _STRIP), _GRID, 1)
        for number, (curve, colour, name) in enumerate(self._curves):
            y = ((1 - curve[first:last]) / 2 * (_STRIP - 1)).round().astype(np.int32)
            points = np.stack([x, y], axis=1)
            for begin, end, seen in stretches:
                cv2.polylines(strip, [points[begin : end + 1]], False, colour if seen else _FADED, 2, cv2.LINE_AA)
            value_text = f"{curve[frame]:+.2f}" if self._seen[frame] else "-"
            self._write(strip, number, f"{name} {value_text}", colour if self._seen[frame] else _FADED)
        for number, line in enumerate(self._words(frame), start=len(self._curves)):
            self._write(strip, number, line, _TEXT)
        clock = f"{current_time:.2f} s  frame {frame}"
        cv2.putText(strip, clock, (6, _STRIP - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _TEXT, 1, cv2.LINE_AA)
        return strip

    @staticmethod
    def _write(strip: Picture, line: int, text: str, colour: tuple[int, int, int]) -> None:
        cv2.putText(strip, text, (6, 16 + 18 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
