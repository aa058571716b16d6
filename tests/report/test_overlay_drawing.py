"""What the overlay draws: each person's own rows in their own colour, the curves of the first one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.core.errors import InputError
from affectflow.preprocessing.media.pictures import Picture
from affectflow.report.drawing import marks
from affectflow.report.viewer.colours import colour_of
from affectflow.report.viewer.overlay import Overlay, OverlayPerson

WIDTH, HEIGHT, FRAMES = 400, 200, 10
ANNA, BEN = OverlayPerson("Anna", "a"), OverlayPerson("Ben", "b")
ORANGE, BLUE = (0, 159, 230), (233, 180, 86)
"""The first two colours of Okabe and Ito, in blue, green, red."""


@dataclass(frozen=True)
class Found:
    """What artifacts hold of a subject in every frame: left, top, right, bottom; None where nothing was found."""

    face: Sequence[int] | None = None
    body: Sequence[int] | None = None
    dots: Sequence[int] = ()
    """The five points of a face: x, y, x, y, ..."""


def write_rows(folder: Path, subjects: Mapping[str, Found]) -> tuple[Path, Path]:
    """The artifacts of faces and bodies with the rows of subjects in this order."""
    with arrow_writer(folder / "faces.arrow", FACES) as faces:
        for subject, found in subjects.items():
            row = dict.fromkeys(FACES.names) | {"subject": subject, "found": bool(found.face or found.dots)}
            row |= {"box": found.face and np.array(found.face), "anchors": np.array(found.dots) if found.dots else None}
            for frame in range(FRAMES):
                faces.append(row | {"frame": frame})
    bodies = [
        {"subject": subject, "frame": frame, "found": bool(found.body), "joints": [0.0] * 75, "box": found.body}
        for subject, found in subjects.items()
        for frame in range(FRAMES)
    ]
    write_parquet(folder / "body.parquet", bodies, BODY)
    return folder / "faces.arrow", folder / "body.parquet"


def overlay_of(
    folder: Path, subjects: Mapping[str, Found], *people: OverlayPerson, valid: list[bool] | None = None
) -> Overlay:
    """Of ten frames, 0.1 s each, with two level curves."""
    curves = {"valence": np.full(FRAMES, 0.5), "arousal": np.full(FRAMES, -0.5)}
    flags = None if valid is None else np.array(valid)
    faces, body = write_rows(folder, subjects)
    return Overlay(faces, body, people, np.arange(FRAMES) / 10, curves, lambda frame: [], flags)


def draw(overlay: Overlay, frame: int = 0) -> tuple[Picture, Picture]:
    """What is drawn on a black picture, and the strip below."""
    drawn = overlay.draw(frame, np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    return drawn[:HEIGHT], drawn[HEIGHT:]


def places(picture: Picture, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the pixels of exactly this colour."""
    rows, columns = np.nonzero((picture == colour).all(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_curves_lose_their_colours_where_they_do_not_count(tmp_path: Path) -> None:
    """In the middle of the strip is the frame itself, 0.1 s to each side its neighbours."""

    def is_coloured(strip: NDArray[np.uint8]) -> bool:
        column = strip[40:, 203:].astype(int)  # right of the middle line, below the words
        return bool((np.ptp(column, axis=2) > 60).any())

    valid = [True] * 5 + [False] * 5
    flagged, unflagged = (overlay_of(tmp_path, {"a": Found()}, ANNA, valid=flags) for flags in (valid, None))
    assert [is_coloured(draw(flagged, frame)[1]) for frame in range(4)] == [True] * 4
    assert [is_coloured(draw(flagged, frame)[1]) for frame in range(5, 9)] == [False] * 4
    assert all(is_coloured(draw(unflagged, frame)[1]) for frame in range(9))
    assert (draw(flagged, 7)[1][60, 201:204] > draw(unflagged, 7)[1][60, 201:204]).all()  # on a lighter ground


def test_each_person_has_their_own_rows_and_colour(tmp_path: Path) -> None:
    """Rows in another order than the people, and those of somebody who is not asked for."""
    subjects = {
        "b": Found((250, 100, 300, 160)),
        "c": Found((10, 10, 30, 30)),
        "a": Found((50, 60, 100, 120), dots=(70, 90) * 5),
    }
    picture, _ = draw(overlay_of(tmp_path, subjects, ANNA, BEN))
    for x, y, colour in ((50, 100, ORANGE), (99, 100, ORANGE), (70, 119, ORANGE), (70, 90, ORANGE), (250, 130, BLUE)):
        assert tuple(picture[y, x]) == colour
    assert (colour_of(0).fill_bgr, colour_of(1).fill_bgr) == (ORANGE, BLUE)
    assert not picture[5:40, 5:40].any()


def test_a_body_is_dashed_and_a_head_alone_dotted(tmp_path: Path) -> None:
    subjects = {"a": Found((60, 60, 80, 80), (20, 20, 180, 180))}
    heads = np.arange(FRAMES) >= 5
    overlay = overlay_of(tmp_path, subjects, OverlayPerson("Anna", "a", heads))

    def share(picture: Picture, row: int, left: int, right: int) -> float:
        return float((picture[row, left:right] == ORANGE).all(axis=1).mean())

    whole, head = draw(overlay, 4)[0], draw(overlay, 5)[0]
    assert share(whole, 20, 20, 164) == 10 / 16
    assert share(head, 20, 20, 160) == 3 / 7
    assert share(whole, 60, 62, 78) == share(head, 60, 62, 78) == 1
    assert not whole[180:].any() and (head[181, 20:80] == ORANGE).all()  # the label of the head


def test_names_stand_at_faces_where_there_are_several_people(tmp_path: Path) -> None:
    subjects = {"a": Found((50, 100, 100, 150)), "b": Found(body=(250, 100, 300, 190))}
    alone, strip_alone = draw(overlay_of(tmp_path, subjects, ANNA))
    both, strip = draw(overlay_of(tmp_path, subjects, ANNA, BEN))
    assert not alone[:98].any()
    assert places(both[:98], ORANGE)[0] == 50 and 75 < places(both[:98], ORANGE)[1] < 85
    assert places(both[:98], BLUE)[0] == 250  # a body whose face is not found
    left, top, right, bottom = places(strip, ORANGE)
    assert (top, right) == (0, WIDTH) and left > WIDTH - 60 and bottom < 25  # whose curves these are
    assert (strip[:, :left] == strip_alone[:, :left]).all() and not (strip_alone == ORANGE).all(axis=2).any()


@pytest.mark.parametrize("face", [(0, 0, 20, 30), (385, 0, 400, 30), (385, 165, 400, 200), (-30, -20, 15, 30)])
def test_labels_stay_inside_the_picture(tmp_path: Path, face: Sequence[int]) -> None:
    people = ANNA, OverlayPerson("Benjamin", "b", np.ones(FRAMES, np.bool_))
    subjects = {"a": Found((200, 100, 210, 110)), "b": Found(face, face)}
    picture, _ = draw(overlay_of(tmp_path, subjects, *people))
    for words in ("Benjamin", "Benjamin · Head only"):
        whole_label = marks.label(words, BLUE, (0, 0, 0))
        windows = np.lib.stride_tricks.sliding_window_view(picture, whole_label.shape)
        assert (windows == whole_label).all(axis=(-3, -2, -1)).any()


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    subjects = {"a": Found((5, 100, 50, 150)), "b": Found((250, 100, 300, 150))}
    picture, strip = draw(overlay_of(tmp_path, subjects, OverlayPerson("Anna" * 100, "a"), BEN))
    assert places(picture[:99], ORANGE)[2] < WIDTH - 100 and places(strip, ORANGE)[0] > 100


def test_missing_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"faces\.arrow: holds 0 rows of 'b', expected frames 0 to 9"):
        overlay_of(tmp_path, {"a": Found()}, ANNA, BEN)
