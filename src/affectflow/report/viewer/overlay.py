"""What is drawn on a video to show its scores: people's boxes and landmarks, curves and words of one of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.rows import ShardRows
from affectflow.dataloading.sequences import runs
from affectflow.preprocessing.media.pictures import Picture
from affectflow.report.drawing import marks
from affectflow.report.viewer.colours import PersonColour, colour_of

CURVES = (90, 90, 250), (250, 190, 60)
"""Colours in blue, green, red."""
_BACKGROUND, _GRID, _TEXT = (32, 32, 32), (80, 80, 80), (230, 230, 230)
_UNSEEN, _FADED = (58, 58, 58), (125, 125, 125)
"""Background and curves where scores do not count."""
_STRIP, _SPAN = 96, 8.0
"""Height of the strip of curves in pixels, and the seconds that it shows."""
_DASHED, _DOTTED = (10, 6), (3, 4)
"""Pixels drawn and left out: of a body's box, and of one around a head alone."""
_HEAD_ONLY, _LONGEST = "Head only", 28
"""What is said of a head alone; how many letters of a name are shown."""


@dataclass(frozen=True)
class OverlayPerson:
    """One person of a video as the overlay shows them."""

    name: str
    subject: str
    """Whose rows of the artifacts are this person's."""
    head_only: NDArray[np.bool_] | None = None
    """Frames whose body box is that of a head alone, shape (frames,); none when not given."""


class Overlay:
    """Draws on the frames of one video; holds its scores, and rows of artifacts only as they are drawn."""

    def __init__(
        self,
        faces: Path,
        body: Path,
        people: Sequence[OverlayPerson],
        times: NDArray[np.float64],
        curves: Mapping[str, NDArray[np.floating]],
        words: Callable[[int], Sequence[str]],
        seen: NDArray[np.bool_] | None = None,
    ) -> None:
        """
        Args:
            faces: artifact with rows of all these people.
            body: the same.
            people: those to draw, at least one; the colours are those of the page with the same people.
            times: seconds of each frame.
            curves: at most two of the first person, by name: values in [-1, 1] of each frame.
            words: from a frame to what is said of the first person in it, at most two short lines.
            seen: where the curves count, shape (frames,): elsewhere they are dimmed, and not told in digits.
                Everywhere when not given.

        Raises:
            InputError: an artifact is missing or damaged, or does not hold one row of each person for every frame.
        """
        face_rows, body_rows = ShardRows(faces, "faces"), ShardRows(body, "body")
        several = len(people) > 1
        self._people = [
            _DrawnPerson(person, colour_of(place), several, face_rows, body_rows, len(times))
            for place, person in enumerate(people)
        ]
        self._title = _label(_shorten(people[0].name), colour_of(0)) if several else None
        self._times, self._words = times, words
        self._seen = np.ones(len(times), np.bool_) if seen is None else seen
        self._curves = [(values, colour, name) for (name, values), colour in zip(curves.items(), CURVES, strict=False)]

    def draw(self, frame: int, picture: Picture) -> Picture:
        """The picture (height, width, 3; BGR) with boxes and landmarks, above the strip of curves."""
        picture = picture.copy()
        behind_to_front = self._people[::-1]
        for person in behind_to_front:
            person.draw_lines(frame, picture)
        for person in behind_to_front:
            person.draw_labels(frame, picture)
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
        if self._title is not None:
            marks.paste(strip, self._title, (width, 0))
        clock = f"{current_time:.2f} s  frame {frame}"
        cv2.putText(strip, clock, (6, _STRIP - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _TEXT, 1, cv2.LINE_AA)
        return strip

    @staticmethod
    def _write(strip: Picture, line: int, text: str, colour: tuple[int, int, int]) -> None:
        cv2.putText(strip, text, (6, 16 + 18 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


class _DrawnPerson:
    """The rows, colour and labels of one person."""

    def __init__(
        self,
        person: OverlayPerson,
        colour: PersonColour,
        several: bool,
        faces: ShardRows,
        bodies: ShardRows,
        frames: int,
    ) -> None:
        self._faces, self._bodies, self._colour = faces, bodies, colour.fill_bgr
        self._first_face = faces.span(person.subject, frames).start
        self._first_body = bodies.span(person.subject, frames).start
        self._head_only = np.zeros(frames, np.bool_) if person.head_only is None else person.head_only
        name = _shorten(person.name)
        self._name = _label(name, colour) if several else None
        self._head = _label(f"{name} · {_HEAD_ONLY}" if several else _HEAD_ONLY, colour)

    def draw_lines(self, frame: int, picture: Picture) -> None:
        """Box of the body; box and landmarks of the face."""
        if (body := self._body(frame)) is not None:
            marks.dashed_box(picture, body, self._colour, _DOTTED if self._head_only[frame] else _DASHED)
        box, points = self._face(frame)
        if box is not None:
            marks.box(picture, box, self._colour)
        marks.dots(picture, points, self._colour)

    def draw_labels(self, frame: int, picture: Picture) -> None:
        """Below the box of a head what it is; the name above the face, above the body where there is no face."""
        body, (box, points) = self._body(frame), self._face(frame)
        if body is not None and self._head_only[frame]:
            marks.paste(picture, self._head, (body[0], body[3]))
            body = None  # its label has the name
        corner = _upper_left(box, points, body)
        if self._name is not None and corner is not None:
            marks.paste(picture, self._name, (corner[0], corner[1] - len(self._name)))

    def _body(self, frame: int) -> NDArray[np.float64] | None:
        row = self._first_body + frame
        found = self._bodies.column("found")[row].as_py()
        return np.array(self._bodies.column("box")[row].as_py()) if found else None

    def _face(self, frame: int) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Its box, which official faces lack, and its points, shape (points, 2)."""
        row = self._first_face + frame
        found, box, landmarks, anchors = (
            self._faces.column(name)[row].as_py() for name in ("found", "box", "landmarks", "anchors")
        )
        if not found:
            return None, np.empty((0, 2))
        return np.array(box) if box else None, np.reshape(landmarks or anchors or [], (-1, 2))


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _label(words: str, colour: PersonColour) -> Picture:
    return marks.label(words, colour.fill_bgr, colour.ink_bgr)


def _upper_left(
    box: NDArray[np.float64] | None, points: NDArray[np.float64], body: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Where a person begins: at the face, else at the body; None of one who was not found."""
    if box is not None:
        return box[:2]
    if len(points):
        return np.asarray(points.min(axis=0))
    return None if body is None else body[:2]
