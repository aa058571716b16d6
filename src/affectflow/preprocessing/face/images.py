"""Faces of an image corpus, cut out and made small: one file a split, so that training opens no picture again."""

import csv
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from PIL import Image

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.schemas import IMAGES, UNITS
from affectflow.artifacts.tables import ArrowAppender, arrow_writer
from affectflow.core.errors import InputError
from affectflow.datasets.images.stills import Box, Still

MISSING, DAMAGED = "missing", "damaged"
NO_BOX, NO_LABEL, NOT_ANNOTATED, REPEATED = "no face box", "no label file", "not annotated", "listed before"

_READERS, _CHUNK, _SHOWN = 4, 256, 20


class UnusableError(Exception):
    """A picture that gives no face; its text is one of the reasons above."""


@dataclass(frozen=True)
class Face:
    """A face as it is stored."""

    jpeg: bytes
    digest: str
    """SHA-256 of the picture's file."""


def write_images(stills: Sequence[Still], size: int, quality: int, out: Path, left_out: Path, title: str) -> None:
    """Store the faces of all pictures that are annotated and readable, in their order; memory stays flat.

    Every other picture stands in `left_out` (`image,reason`), and is counted on standard error; those that are missing
    or damaged are named there too, the first 20.

    Args:
        stills: the pictures of a split.
        size: side of a stored face in pixels.
        quality: of its JPEG.
        out: Arrow file of `IMAGES`.
        left_out: CSV of what is not in it, and why.
        title: of the split, for messages.

    Raises:
        InputError: no picture is left.
    """
    lost: list[tuple[str, str]] = []
    with arrow_writer(out, IMAGES) as rows:
        for still, result in _make_faces(stills, size, quality):
            if isinstance(result, Face):
                _append(rows, still, result)
            else:
                lost.append((still.name, result))
        summary = _summarize(title, len(stills), lost)
        if len(lost) == len(stills):
            raise InputError(f"{summary}\nNothing is left to learn from")
    _write_left_out(left_out, lost)
    print(f"{summary}\nWhat is left out, and why: {left_out}" if lost else summary, file=sys.stderr)


def cut_face(data: bytes, box: Box | None, size: int, quality: int) -> bytes:
    """The face in a picture as a square JPEG.

    Args:
        data: a picture's file.
        box: left, top, right, bottom in its pixels, of which what lies in the picture counts; None takes it whole.
        size: side of the result in pixels.
        quality: of the JPEG.

    Raises:
        UnusableError: the file is no whole picture, or the box lies outside it.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            left, top, right, bottom = (0.0, 0.0, *map(float, picture.size)) if box is None else box
            left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
            if right - left < 1 or bottom - top < 1:
                raise UnusableError(NO_BOX)
            # A JPEG's own decoder halves it, as long as the face keeps the pixels that it needs.
            factor = size / min(right - left, bottom - top)
            drafted = picture.draft("RGB", (round(width * factor), round(height * factor)))
            # Where its last pixels would be parts of pixels it has them whole: its size does not tell by how much.
            reduced = 1.0 if drafted is None else width / drafted[1][2]
            face = picture.convert("RGB").resize(
                (size, size),
                Image.Resampling.BILINEAR,
                box=(left / reduced, top / reduced, right / reduced, bottom / reduced),
            )
    # Pillow's errors for files that are cut short, of no known kind, or too large to be meant.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnusableError(DAMAGED) from error
    stored = io.BytesIO()
    face.save(stored, "JPEG", quality=quality)
    return stored.getvalue()


def _make_faces(stills: Sequence[Still], size: int, quality: int) -> Iterator[tuple[Still, Face | str]]:
    """Each picture with its face, or the reason why it has none."""
    make, remaining = partial(_face, size=size, quality=quality), iter(stills)
    with ThreadPoolExecutor(_READERS) as readers:
        while chunk := list(islice(remaining, _CHUNK)):
            yield from zip(chunk, readers.map(make, chunk), strict=True)


def _face(still: Still, size: int, quality: int) -> Face | str:
    if still.repeated:
        return REPEATED
    if still.annotation is None:
        return NO_LABEL
    if not still.annotation.is_annotated:
        return NOT_ANNOTATED
    if still.box is None:
        return NO_BOX
    try:
        data = still.path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return MISSING
    try:
        jpeg = cut_face(data, None if still.box == "whole" else still.box, size, quality)
    except UnusableError as error:
        return str(error)
    return Face(jpeg, hashlib.sha256(data).hexdigest())


def _append(rows: ArrowAppender, still: Still, face: Face) -> None:
    annotation = still.annotation
    assert annotation is not None
    rows.append(
        {
            "image": still.name,
            "digest": face.digest,
            "expression": annotation.expression,
            "valence": annotation.valence,
            "arousal": annotation.arousal,
            "compound": annotation.compound,
            **{name: annotation.units.get(name) for name in UNITS},
            "votes": annotation.votes,
            "face": face.jpeg,
        }
    )


def _summarize(title: str, count: int, lost: Sequence[tuple[str, str]]) -> str:
    reasons = Counter(reason for _, reason in lost)
    why = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
    lines = [f"{title}: {count - len(lost)} of {count} pictures stored"]
    if lost:
        lines = [f"{lines[0]}; left out: {why}"]
    for reason in (MISSING, DAMAGED):
        names = [name for name, cause in lost if cause == reason]
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            lines.append(f"  {reason}: {', '.join(names[:_SHOWN])}{more}")
    return "\n".join(lines)


def _write_left_out(path: Path, lost: Iterable[tuple[str, str]]) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("image", "reason"))
    rows.writerows(lost)
    write_text(path, text.getvalue())
