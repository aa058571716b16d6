"""What the artifacts of a shard show of one subject in one frame, as pictures."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.preprocessing.body.box import touched
from affectflow.preprocessing.media.pictures import Picture, decode
from affectflow.report.drawing import marks


@dataclass(frozen=True)
class Moment:
    """One frame, and its rows in the tables of faces and bodies."""

    picture: Picture
    face: dict[str, Any]
    body: dict[str, Any]
    mel: Picture
    """The window around the frame's time, from `mel_pictures`."""

    def marked(self, width: int, height: int) -> Picture:
        """The frame with the face's box and landmarks, and the body's box and joints."""
        # Drawn on a picture of the final size, so that lines are as thick on every sheet.
        scale = height / self.picture.shape[0]
        canvas = marks.tile(self.picture, width, height)
        if self.body["found"]:
            joints = np.array(self.body["joints"], np.float32).reshape(25, 3)
            marks.box(canvas, np.array(self.body["box"], np.float32) * scale, marks.ORANGE)
            marks.skeleton(canvas, joints * np.array([scale, scale, 1], np.float32), marks.ORANGE)
        if self.face["found"]:
            if self.face["box"] is not None:
                marks.box(canvas, np.array(self.face["box"]) * scale, marks.GREEN)
            points = self.face["landmarks"] or self.face["anchors"]
            if points is not None:
                marks.dots(canvas, np.array(points).reshape(-1, 2) * scale, marks.CYAN)
        return canvas

    def context(self, width: int, height: int) -> Picture:
        """The frame without the body: masked by equation 2 of Antoniadis et al., where a body was found."""
        picture = self.picture.copy()
        if self.body["found"]:
            picture[self._body] = 0
        return marks.tile(picture, width, height)

    def body_crop(self, width: int, height: int) -> Picture | None:
        """The body; none where it was not found."""
        return marks.tile(self.picture[self._body], width, height) if self.body["found"] else None

    def aligned_face(self, width: int, height: int) -> Picture | None:
        """The face, upright; none where it was not found."""
        return marks.tile(decode(self.face["face"], "aligned face"), width, height) if self.face["found"] else None

    def sound(self, width: int, height: int) -> Picture:
        """The mel window, high bands on top, its middle marked."""
        picture = cv2.resize(self.mel, (width, height), interpolation=cv2.INTER_NEAREST)
        picture[:, width // 2] = marks.WHITE
        return picture

    @property
    def _body(self) -> tuple[slice, slice]:
        return touched(np.array(self.body["box"], np.float32))


def mel_pictures(windows: NDArray[np.float32]) -> list[Picture]:
    """Windows (count, bands, columns) as pictures, high bands on top, one scale for all; silence is dark."""
    low, high = float(windows.min()), float(windows.max())
    shares = (windows - low) / (high - low) if high > low else np.zeros_like(windows)
    levels = np.round(shares[:, ::-1] * 255).astype(np.uint8)
    # The darkest colour of the map is black but for a trace of blue; silence is all black.
    pictures = [cv2.applyColorMap(np.ascontiguousarray(level), cv2.COLORMAP_MAGMA) for level in levels]
    return [picture * (level > 0)[..., None] for picture, level in zip(pictures, levels, strict=True)]


def subject_rows(
    table: pa.Table, spans_by_subject: dict[str, slice], subject: str, count: int, table_name: str
) -> pa.Table:
    """A subject's rows, one a decoded frame.

    Args:
        table: of faces or bodies.
        spans_by_subject: rows of each subject in it.
        subject: whose rows.
        count: of decoded frames.
        table_name: names the table in errors.

    Raises:
        InputError: the table has another number of rows of the subject.
    """
    rows = spans_by_subject.get(subject, slice(0, 0))
    if rows.stop - rows.start != count:
        raise InputError(
            f"{table_name} of subject {subject!r}: {rows.stop - rows.start} rows, expected {count}, "
            "one a decoded frame; delete the file and run again"
        )
    return table.slice(rows.start, count)
