"""Faces at every roll: landmarks are where the turned picture has them, and crops are upright."""

from functools import cache

import numpy as np
import pytest
from portraits import PICTURES, picture, turned

from affectflow.config.data.preprocessing import Faces
from affectflow.preprocessing.face.anchors import Anchors, Landmarker, anchors_of
from affectflow.preprocessing.face.detect import Detection, make_detector
from affectflow.preprocessing.face.similarity import similarity
from affectflow.preprocessing.face.template import align
from affectflow.preprocessing.face.upright import detect_either_way_up, roll

DETECTOR = make_detector("centerface", 0.5)
LANDMARKER = Landmarker(Faces(), DETECTOR)


@cache
def upright(name: str) -> Anchors:
    return LANDMARKER.find(picture(name), DETECTOR.detect(picture(name))[0])


@pytest.mark.parametrize("degrees", range(-180, 181, 15))
@pytest.mark.parametrize("name", PICTURES)
def test_the_five_points_are_right_at_every_roll(name: str, degrees: int) -> None:
    warped, matrix = turned(picture(name), degrees)
    expected = upright(name).points @ matrix[:, :2].T + matrix[:, 2]
    middle, eyes = expected.mean(0), np.linalg.norm(expected[1] - expected[0])
    faces = detect_either_way_up(DETECTOR, warped)
    face = next(f for f in faces if f.left < middle[0] < f.right and f.top < middle[1] < f.bottom)
    found = LANDMARKER.find(warped, face)
    assert np.linalg.norm(found.points - expected, axis=1).mean() < 0.1 * eyes
    assert found.landmarks is not None and found.landmarks.shape == (68, 2) and not found.apart
    crops = [align(warped, found.points, 112), align(picture(name), upright(name).points, 112)]
    assert np.abs(np.subtract(*[crop.astype(float) for crop in crops])).mean() < 10


@pytest.mark.parametrize("degrees", [-170, -90, -20, 0, 45, 120])
def test_roll_is_the_turn_of_the_points(degrees: float) -> None:
    angle = np.radians(degrees)
    face = np.array([(-1, -1), (1, -1), (0, 0), (-0.8, 1), (0.8, 1)]) * 20.0
    points = face @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 100
    assert roll(points) == pytest.approx(degrees)


def test_where_landmarks_and_points_disagree_the_points_stand() -> None:
    bgr = np.full((200, 300, 3), 128, np.uint8)
    points = np.array([(60, 60), (62, 60), (61, 75), (60, 90), (62, 90)], np.float32)
    found = LANDMARKER.find(bgr, Detection(60, 50, 95, 95, 0.9, points))
    assert found.apart and np.array_equal(found.points, points)
    assert found.landmarks is not None
    # Their own anchors are as near to the points as turning, shifting and scaling brings them.
    moved = similarity(anchors_of(found.landmarks), points)
    assert moved == pytest.approx(np.eye(2, 3), abs=1e-3)


def test_a_detector_without_points_knows_no_roll() -> None:
    hog = make_detector("dlib-hog", 0.5)
    (face,) = hog.detect(picture("astronaut"))
    found = Landmarker(Faces(detector="dlib-hog"), hog).find(picture("astronaut"), face)
    eyes = np.linalg.norm(upright("astronaut").points[1] - upright("astronaut").points[0])
    assert np.linalg.norm(found.points - upright("astronaut").points, axis=1).max() < 0.1 * eyes
    upside_down = np.ascontiguousarray(picture("astronaut")[::-1, ::-1])
    assert detect_either_way_up(hog, upside_down) == []
