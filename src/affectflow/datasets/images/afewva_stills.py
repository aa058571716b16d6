"""AFEW-VA as still pictures: frames of films, with the landmarks of a face in each, without splits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectflow.config.data.images import AfewVaImages
from affectflow.core.errors import InputError
from affectflow.datasets.images.stills import Annotation, Box, Split, Still, hashed_part, hashed_split
from affectflow.datasets.problems import log_problems, refuse
from affectflow.datasets.video.afewva_clips import find_clips, labels_of
from affectflow.datasets.video.afewva_labels import affect, read_frames

MARGIN = 0.1
"""How far a face's box goes beyond the landmarks on each side, of the longer side of their extent. They end at brows
and chin, and a box that ended there would show no skin around these. It is small, as a network that learns from several
corpora is to see faces of like size: those that the workflow aligns (`face.template`) are closer still."""

_LANDMARKS = 68
_FAR = 1e6
"""Pixels: no landmark lies farther from a picture, and neither NaN nor infinity is nearer."""


def afewva_labels(corpus: AfewVaImages) -> tuple[Path, ...]:
    """The label files of all clips.

    Raises:
        InputError: there is no clip, one has no labels, or two are of one name.
    """
    return tuple(labels_of(folder) for folder in find_clips(corpus.root).values())


def read_afewva(corpus: AfewVaImages, split: Split) -> list[Still]:
    """The pictures of a split by their clips and numbers, of each clip every `corpus.every`-th from the first on. All
    pictures of a clip are in one split: that of the clip's name (`hashed_split`).

    A picture is named `001/00000.png`. Its box is a square around its landmarks (`face_box`); what of it lies outside
    the picture is cut off, and the face then stretched to a square, as boxes of other corpora are.

    Raises:
        InputError: no clip, or wrong labels of pictures that are used; names the first of them. Those of others are
            counted and logged.
    """
    stills: list[Still] = []
    problems: dict[bool, list[str]] = {True: [], False: []}
    for folder in find_clips(corpus.root).values():
        in_split = hashed_split(folder.name, corpus.validation_share) == split
        for selected, outcome in _read_pictures(folder, corpus.every):
            if isinstance(outcome, str):
                problems[in_split and selected].append(outcome)
            elif selected:
                stills.append(outcome)
    refuse(problems[True])
    log_problems(corpus.root, "label(s) of pictures that are not used are wrong", problems[False])
    return hashed_part(stills, split, corpus.validation_share, corpus.root, lambda still: still.path.parent.name)


def _read_pictures(folder: Path, every: int) -> Iterator[tuple[bool, Still | str]]:
    """Of each picture of a clip whether it is one of every n-th, and what is known of it, or what is wrong with that,
    in words; of a label file that cannot be read that alone."""
    try:
        frames = read_frames(labels_of(folder), folder.name)
    except InputError as error:
        yield True, str(error)
        return
    for index, (number, frame) in enumerate(frames.items()):
        try:
            yield index % every == 0, _still(folder, number, frame)
        except InputError as error:
            yield index % every == 0, str(error)


def _still(folder: Path, number: str, frame: Any) -> Still:
    where, name = f"{labels_of(folder)}, frame {number}", f"{number}.png"
    annotation = Annotation(valence=affect(where, frame, "valence"), arousal=affect(where, frame, "arousal"))
    return Still(f"{folder.name}/{name}", folder / name, annotation, face_box(_landmarks(where, frame)))


def face_box(landmarks: list[tuple[float, float]]) -> Box | None:
    """The square around the middle of the landmarks' extent, `MARGIN` wider than it; None where it has no area.

    Args:
        landmarks: x and y of each in pixels of the picture.
    """
    (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*landmarks, strict=True))
    if right <= left or bottom <= top:
        return None
    x, y, half = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * (0.5 + MARGIN)
    return x - half, y - half, x + half, y + half


def _landmarks(where: str, frame: dict[str, Any]) -> list[tuple[float, float]]:
    expected = f"expected {_LANDMARKS} points [x, y] in pixels"
    points = frame.get("landmarks")
    if not isinstance(points, list):
        raise InputError(f"{where}: landmarks is {points!r}, {expected}")
    if len(points) != _LANDMARKS:
        raise InputError(f"{where}: landmarks holds {len(points)} points, {expected}")
    for number, point in enumerate(points):
        if not (isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))):
            raise InputError(f"{where}: landmark {number} is {point!r}, {expected}")
    return [(float(x), float(y)) for x, y in points]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_FAR <= value <= _FAR
