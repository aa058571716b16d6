"""The similarity transform and the alignment template."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import scene

from affectflow.preprocessing.face.similarity import affinity, similarity
from affectflow.preprocessing.face.template import TEMPLATE, align

points = st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=5, max_size=5).map(np.array)


@given(
    points=points.filter(lambda p: np.ptp(p, axis=0).max() > 1),
    angle=st.floats(-3.1, 3.1),
    scale=st.floats(0.1, 10),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_recovers_a_known_transform(points, angle, scale, shift):
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    transform = similarity(points, points @ matrix.T + shift)
    assert transform[:, :2] == pytest.approx(matrix, abs=1e-5)
    assert transform[:, 2] == pytest.approx(np.array(shift), abs=1e-3)


@given(source=points.filter(lambda p: np.ptp(p, axis=0).max() > 1), target=points)
def test_never_mirrors_and_no_other_similarity_is_better(source, target):
    transform = similarity(source, target)
    assert np.linalg.det(transform[:, :2]) >= -1e-9
    error = ((source @ transform[:, :2].T + transform[:, 2] - target) ** 2).sum()
    # Independently: x' = a x - b y + u, y' = b x + a y + v is linear in a, b, u, v.
    x, y, one, zero = source[:, 0], source[:, 1], np.ones(5), np.zeros(5)
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    best, *_ = np.linalg.lstsq(system, np.concatenate([target[:, 0], target[:, 1]]))
    least = ((system @ best - np.concatenate([target[:, 0], target[:, 1]])) ** 2).sum()
    assert error == pytest.approx(least, rel=1e-6, abs=1e-5)


def test_a_mirrored_face_is_not_mirrored_back():
    transform = similarity(TEMPLATE * [-1, 1], TEMPLATE)
    assert np.linalg.det(transform[:, :2]) >= 0


def test_points_in_one_place_are_refused():
    with pytest.raises(ValueError, match="the same"):
        similarity(np.ones((5, 2)), TEMPLATE)


@pytest.mark.parametrize("size", [112, 96])
def test_anchors_land_on_the_template(size):
    picture = np.zeros((200, 200, 3), np.uint8)
    turn = cv2.getRotationMatrix2D((56, 56), 20, 1.3)
    anchors = TEMPLATE @ turn[:, :2].T + turn[:, 2] + 20
    eye = anchors[0].round().astype(int)
    cv2.circle(picture, (int(eye[0]), int(eye[1])), 2, (255, 255, 255), -1)
    # Anchors count from the picture's corner: the middle of pixel n is at n + 0.5.
    aligned = align(picture, anchors + 0.5, size)[:, :, 0]
    assert aligned.shape == (size, size)
    y, x = np.unravel_index(aligned.argmax(), aligned.shape)
    assert np.hypot(*(TEMPLATE[0] * size / 112 - (x, y))) < 1.5


def test_a_face_that_fills_the_template_is_cut_out_unchanged():
    picture = scene([(0, 0)])
    aligned = align(picture, TEMPLATE + 0.5, 112)
    assert np.array_equal(aligned, picture[:112, :112])


def test_affinity_recovers_shear_and_stretch_as_opencv_finds_them():
    matrix, shift = np.array([[0.6, 0.2], [-0.1, 1.3]]), np.array([30.0, -12.0])
    transform = affinity(TEMPLATE, TEMPLATE @ matrix.T + shift)
    assert transform == pytest.approx(np.column_stack([matrix, shift]), abs=1e-9)
    three = TEMPLATE[[0, 1, 3]].astype(np.float32)
    target = three + np.array([(0, 4), (9, 0), (-3, 7)], np.float32)
    assert affinity(three, target) == pytest.approx(cv2.getAffineTransform(three, target), abs=1e-4)
    with pytest.raises(ValueError, match="on a line"):
        affinity(np.array([(0.0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]), TEMPLATE)


def test_a_narrow_face_becomes_as_wide_as_a_frontal_one_by_an_affine_transform_alone():
    narrow = scene([(0, 0)])[:112, :112]
    narrow = cv2.warpAffine(narrow, np.array([[0.6, 0, 0], [0, 1, 0]]), (112, 112))
    anchors = (TEMPLATE + 0.5) * [0.6, 1]
    whole = scene([(0, 0)])[:112, :112].astype(float)
    errors = {
        how: np.abs(align(narrow, anchors, 112, how)[20:100, 20:100].astype(float) - whole[20:100, 20:100]).mean()
        for how in ("affine", "similarity")
    }
    assert errors["affine"] < 6 < 2 * errors["affine"] + 6 < errors["similarity"]
