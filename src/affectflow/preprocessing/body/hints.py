"""Where to look for each subject's body: at its face."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import as_array, as_rows, read_arrow, spans
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Side, Subject
from affectflow.preprocessing.body.backend import Hint


class FaceBoxes:
    """The face boxes of a shard's subjects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table = read_arrow(path, FACES)
        self._spans = spans(self._table.column("subject"))

    def boxes(self, subject: str, frames: int) -> NDArray[np.float64]:
        """Left, top, right, bottom, shape (frames, 4); NaN where there is no box.

        Raises:
            InputError: the file does not hold exactly one row for each of the subject's `frames` frames.
        """
        return as_rows(self._rows_of(subject, frames).column("box"), 4).astype(np.float64)

    def shots(self, subject: str, frames: int) -> NDArray[np.int64]:
        """The shot of each frame, shape (frames,); 0 where faces were not looked for. Raises as `boxes`."""
        return as_array(self._rows_of(subject, frames).column("shot").fill_null(0)).astype(np.int64)

    def _rows_of(self, subject: str, frames: int) -> pa.Table:
        rows = self._spans.get(subject, slice(0, 0))
        if rows.stop - rows.start != frames:
            raise InputError(
                f"{self.path}: holds {rows.stop - rows.start} rows of subject {subject!r}, expected {frames}, one a "
                "decoded frame; delete it and run again"
            )
        return self._table.slice(rows.start, frames)

    def boxless(self, subject: str) -> bool:
        """Whether the subject's faces were found without boxes, as official ones are."""
        rows = self._spans.get(subject, slice(0, 0))
        part = self._table.slice(rows.start, rows.stop - rows.start)
        return bool(part.column("found").to_numpy().any()) and part.column("box").null_count == len(part)


def nearest(boxes: NDArray[np.float64], shots: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Fill gaps with the box of the same shot that is nearest in time, the earlier one of two as near.

    Args:
        boxes: shape (frames, 4), NaN where there is none.
        shots: the shot of each frame, ascending, shape (frames,).

    Returns:
        Boxes (frames, 4), NaN in shots without any; how many frames away each comes from (frames,).
    """
    filled, ages = np.full_like(boxes, np.nan), np.zeros(len(boxes), np.int64)
    for shot in np.unique(shots):
        frames = np.flatnonzero(shots == shot)
        known_frames = frames[~np.isnan(boxes[frames, 0])]
        if not len(known_frames):
            continue
        after = np.searchsorted(known_frames, frames).clip(0, len(known_frames) - 1)
        before = np.maximum(after - 1, 0)
        earlier = np.abs(known_frames[before] - frames) <= np.abs(known_frames[after] - frames)
        source = known_frames[np.where(earlier, before, after)]
        filled[frames], ages[frames] = boxes[source], np.abs(source - frames)
    return filled, ages


def make_hints(
    faces: Sequence[NDArray[np.float64]],
    ages: Sequence[int],
    boxless: Sequence[bool],
    subjects: Sequence[Subject],
    width: int,
    bystanders: Sequence[NDArray[np.float64]] = (),
) -> list[Hint | None]:
    """Hints of one frame for a video's subjects; None for one whose face is nowhere in the frame's shot: a body
    there would be someone else's, or invented (BlazePose sees people in a sky, and is sure of them).

    The walls of a subject lie halfway to the next face on either side, of a subject or a bystander. A subject whose
    faces have no boxes (official ones) is looked for in its half of the picture (`left`, `right`), or everywhere.

    Args:
        faces: of each subject, shape (4,), NaN in a shot without its face.
        ages: of each face, in frames.
        boxless: whether each subject's faces were found without boxes.
        subjects: of the video.
        width: of the picture, in pixels.
        bystanders: faces of other people, in the same way; those of the subjects may be among them.
    """
    centres = [float(face[0] + face[2]) / 2 for face in faces]
    everyone = [*centres, *(float(face[0] + face[2]) / 2 for face in bystanders)]
    hints: list[Hint | None] = []
    for face, age, no_box, x, subject in zip(faces, ages, boxless, centres, subjects, strict=True):
        if no_box:
            hints.append(Hint(None, 0, _half(subject.side, width)))
        elif np.isnan(x):
            hints.append(None)
        else:
            left = max(((x + other) / 2 for other in everyone if other < x), default=0.0)
            right = min(((x + other) / 2 for other in everyone if other > x), default=float(width))
            hints.append(Hint(face, int(age), (left, right)))
    return hints


def _half(side: Side, width: int) -> tuple[float, float]:
    if side == "left":
        return 0.0, width / 2
    return (width / 2 if side == "right" else 0.0), float(width)
