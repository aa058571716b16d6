"""Faces between the frames that a detector has looked at: a drawn scene in which every face's place is known."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.face.key_frames import KeyFrames

Place = tuple[float, float]
FRAMES = 17
FACE, COVER = (
    cv2.resize(np.random.default_rng(seed).integers(0, 256, (5, 5, 3), np.uint8), (20, 20)) for seed in (3, 4)
)


class Scene:
    """Faces of 40 pixels; `places` gives where they are in a frame, and with which score a detector finds each."""

    def __init__(self, places: Callable[[int], list[tuple[float, float, float]]], hidden: frozenset[int] = frozenset()):
        self.places, self.hidden, self.looks = places, hidden, list[int]()
        self.reduced = {frame: self.draw(frame) for frame in range(FRAMES)}

    def draw(self, frame: int) -> NDArray[np.uint8]:
        """The frame at half its size."""
        picture = np.full((120, 160, 3), 60, np.uint8)
        for x, y, _ in self.places(frame):
            left, top = round(x / 2), round(y / 2)
            picture[top : top + 20, left : left + 20] = COVER if frame in self.hidden else FACE
        return picture

    def detect(self, frame: int) -> list[Detection]:
        self.looks.append(frame)
        return [
            Detection(x, y, x + 40, y + 40, score, np.full((5, 2), x, np.float32))
            for x, y, score in self.places(frame)
            if frame not in self.hidden
        ]

    def find(self) -> list[list[Detection]]:
        key_frames = KeyFrames(self.detect, self.reduced, 0.5)
        key_frames.begin(0)
        key_frames.go_on(FRAMES - 1)
        return [key_frames.faces[frame] for frame in range(FRAMES)]


def test_a_face_that_goes_its_way_is_looked_at_twice_and_known_throughout() -> None:
    scene = Scene(lambda frame: [(20 + 2 * frame, 30 + 2 * frame, 0.6 + 0.02 * frame)])
    found = scene.find()
    assert scene.looks == [0, 16]
    for frame, (face,) in enumerate(found):
        assert face.box == pytest.approx([20 + 2 * frame, 30 + 2 * frame, 60 + 2 * frame, 70 + 2 * frame])
        assert face.score == pytest.approx(0.6 + 0.02 * frame)
        assert face.points == pytest.approx(np.full((5, 2), 20 + 2 * frame))


def test_two_who_stand_still_are_looked_at_twice_whatever_order_they_are_found_in() -> None:
    def places(frame: int) -> list[tuple[float, float, float]]:
        both = [(20.0, 30.0, 0.9), (200.0, 100.0, 0.8)]
        return both[::-1] if frame == 16 else both

    scene = Scene(places)
    assert [sorted(face.left for face in faces) for faces in scene.find()] == [[20, 200]] * FRAMES
    assert scene.looks == [0, 16]


@pytest.mark.parametrize("first", range(1, 16))
def test_the_frame_in_which_a_face_comes_is_found(first: int) -> None:
    scene = Scene(lambda frame: [(100.0, 60.0, 0.9)] if frame >= first else [])
    assert [len(faces) for faces in scene.find()] == [int(frame >= first) for frame in range(FRAMES)]
    assert len(scene.looks) <= 6  # both ends, and a half of a half of a half of a half


@pytest.mark.parametrize(("start", "end"), [(3, 6), (8, 9), (1, 16)])
def test_a_face_that_is_covered_in_between_is_not_made_up(start: int, end: int) -> None:
    hidden = frozenset(range(start, end))
    scene = Scene(lambda frame: [(100.0, 60.0, 0.9)], hidden)
    assert [len(faces) for faces in scene.find()] == [int(frame not in hidden) for frame in range(FRAMES)]


def test_a_face_about_as_sure_as_the_least_score_is_not_looked_for_in_every_frame() -> None:
    scene = Scene(lambda frame: [(100.0, 60.0, 0.6 if frame == 0 else 0.4)])
    found = scene.find()
    assert scene.looks == [0, 16]
    # On the way from 0.6 to 0.4 the least score of 0.5 is met in the middle.
    assert [len(faces) for faces in found] == [1] * 9 + [0] * 8


def test_a_face_that_turns_back_on_its_way_is_looked_at_where_it_is_not_expected() -> None:
    def x(frame: int) -> float:
        return 100.0 + 30 * np.sin(np.pi * frame / 8)

    scene = Scene(lambda frame: [(x(frame), 60.0, 0.9)])
    found = scene.find()
    assert 2 < len(scene.looks) <= FRAMES
    assert max(abs(faces[0].left - x(frame)) for frame, faces in enumerate(found)) < 10
