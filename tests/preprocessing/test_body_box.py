"""Equation 1 of Antoniadis et al., and who the person is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectflow.datasets.video.shard import Subject
from affectflow.preprocessing.body.backend import Hint
from affectflow.preprocessing.body.body25 import HEAD, INDEX, JOINTS, LIMBS, head_centre
from affectflow.preprocessing.body.box import agent_box, touched
from affectflow.preprocessing.body.hints import make_hints, nearest
from affectflow.preprocessing.body.person import choose

WIDTH, HEIGHT = 640.0, 360.0
joint = st.tuples(st.floats(0, WIDTH, width=32), st.floats(0, HEIGHT, width=32), st.floats(0, 1, width=32))
people_joints = st.lists(joint, min_size=25, max_size=25).map(lambda j: np.array(j, np.float32))
share = st.floats(0, 1)


def person(x: float, y: float, size: float = 40.0, confidence: float = 0.9) -> np.ndarray:
    """Joints of a standing person whose head's middle is (x, y)."""
    joints = np.zeros((25, 3), np.float32)
    for index in HEAD:
        joints[index] = x, y, confidence
    joints[INDEX["neck"]] = x, y + size, confidence
    joints[INDEX["left_shoulder"]] = x + size, y + size, confidence
    joints[INDEX["right_shoulder"]] = x - size, y + size, confidence
    joints[INDEX["mid_hip"]] = x, y + 3 * size, confidence
    return joints


def loop_box(joints, width, height, lambda_x, lambda_y, least):
    """Equation 1, joint by joint."""
    xs, ys = [], []
    for x, y, confidence in joints.tolist():
        # As stored, in float32: a confidence of 0.7 reaches a limit of 0.7.
        if np.float32(confidence) >= np.float32(least) and confidence > 0:
            xs.append(x)
            ys.append(y)
    if not xs:
        return None
    e_x, e_y = lambda_x * (max(xs) - min(xs)), lambda_y * (max(ys) - min(ys))
    left, right = max(0, min(xs) - e_x), min(max(xs) + e_x, width)
    top, bottom = max(0, min(ys) - e_y), min(max(ys) + e_y, height)
    return (left, top, right, bottom)


def test_by_hand():
    joints = np.zeros((25, 3), np.float32)
    joints[0], joints[1], joints[2] = (200, 100, 0.9), (300, 200, 0.1), (600, 350, 0.099)
    # e_x = 0.1 * 100, e_y = 0.25 * 100; the third joint is below 10 %, the others are missing.
    assert agent_box(joints, (640, 360), 0.1, 0.25, 0.1) == pytest.approx([190, 75, 310, 225])


def test_clipped_to_the_picture():
    joints = np.zeros((25, 3), np.float32)
    joints[0], joints[1] = (5, 10, 1), (635, 350, 1)
    assert agent_box(joints, (640, 360), 0.1, 0.25, 0.1) == pytest.approx([0, 0, 640, 360])


@given(people_joints, share, share, share)
def test_agrees_with_a_loop(joints, lambda_x, lambda_y, least):
    box = agent_box(joints, (WIDTH, HEIGHT), lambda_x, lambda_y, least)
    expected = loop_box(joints, WIDTH, HEIGHT, lambda_x, lambda_y, least)
    if box is None:
        assert expected is None or not (expected[2] > expected[0] and expected[3] > expected[1])
    else:
        # Stored as float32.
        assert box == pytest.approx(np.array(expected, np.float32), abs=1e-6)


@given(people_joints, share, share, share, share)
def test_laws(joints, lambda_x, lambda_y, margin, least):
    box = agent_box(joints, (WIDTH, HEIGHT), lambda_x, lambda_y, least)
    if box is None:
        return
    confident = joints[(joints[:, 2] >= least) & (joints[:, 2] > 0), :2]
    assert (box[:2] <= confident.min(0)).all() and (box[2:] >= confident.max(0)).all()
    assert (box >= 0).all() and box[2] <= WIDTH and box[3] <= HEIGHT
    larger = agent_box(joints, (WIDTH, HEIGHT), lambda_x + margin, lambda_y + margin, least)
    assert (larger[:2] <= box[:2]).all() and (larger[2:] >= box[2:]).all()


@pytest.mark.parametrize("confidence", [0.0, 0.05])
def test_all_joints_below_the_limit_is_nobody(confidence):
    joints = np.full((25, 3), 50, np.float32)
    joints[:, 2] = confidence
    assert agent_box(joints, (640, 360), 0.1, 0.25, 0.1) is None


def test_a_missing_joint_is_not_a_place_even_without_a_limit():
    joints = person(200, 100)
    box = agent_box(joints, (640, 360), 0, 0, 0.0)
    assert box == pytest.approx([160, 100, 240, 220])


def test_a_single_joint_is_no_box():
    joints = np.zeros((25, 3), np.float32)
    joints[3] = 100, 100, 1
    assert agent_box(joints, (640, 360), 0.1, 0.25, 0.1) is None


@given(st.tuples(*[st.floats(0, 50)] * 2, *[st.floats(0.01, 40)] * 2))
def test_touched_pixels(numbers):
    left, top, right, bottom = numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]
    _rows, columns = touched(np.array([left, top, right, bottom]))
    for x in range(100):
        assert (columns.start <= x < columns.stop) == (x + 1 > left and x < right) or math.isclose(left, x + 1)


def test_body_25_is_complete():
    assert len(JOINTS) == len(set(JOINTS)) == 25
    assert JOINTS[0] == "nose" and JOINTS[8] == "mid_hip" and JOINTS[24] == "right_heel"
    assert all(0 <= a < 25 and 0 <= b < 25 for a, b in LIMBS)


def test_head_centre_of_seen_joints_only():
    joints = person(100, 50)
    joints[HEAD[0]] = 900, 900, 0.05
    assert head_centre(joints, 0.1) == pytest.approx([100, 50])
    assert head_centre(np.zeros((25, 3), np.float32), 0.0) is None


def hint(x, y, size=40.0, age=0, walls=(0.0, 640.0)):
    return Hint(np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2]), age, walls)


def test_the_person_is_the_one_whose_head_holds_the_face_never_the_first():
    everyone = np.stack([person(100, 100), person(300, 100), person(330, 140)])
    assert choose(everyone, hint(302, 103), 0.1) is not None
    assert np.array_equal(choose(everyone, hint(302, 103), 0.1), everyone[1])
    assert np.array_equal(choose(everyone, hint(105, 95), 0.1), everyone[0])


def test_a_head_away_from_the_face_is_someone_else():
    assert choose(person(300, 200)[None], hint(300, 100), 0.1) is None


def test_the_longer_a_face_is_hidden_the_further_the_head_may_be():
    people = person(350, 100)[None]
    assert choose(people, hint(300, 100, age=1), 0.1) is None
    assert choose(people, hint(300, 100, age=12), 0.1) is not None
    assert choose(person(420, 100)[None], hint(300, 100, age=500), 0.1) is None


def test_nobody():
    assert choose(np.zeros((0, 25, 3), np.float32), hint(300, 100), 0.1) is None
    assert choose(np.zeros((0, 25, 3), np.float32), Hint(None, 0, (0, 640)), 0.1) is None


def test_without_boxes_it_is_the_most_prominent_between_the_walls():
    everyone = np.stack([person(100, 100, 30), person(250, 100, 40), person(500, 100, 60)])
    assert np.array_equal(choose(everyone, Hint(None, 0, (0, 640)), 0.1), everyone[2])
    assert np.array_equal(choose(everyone, Hint(None, 0, (0, 320)), 0.1), everyone[1])


def test_gaps_are_filled_from_the_nearest_frame_of_the_same_shot():
    boxes = np.full((8, 4), np.nan)
    boxes[1], boxes[4], boxes[6] = 1, 4, 6
    nearest_boxes, ages = nearest(boxes, np.array([0, 0, 0, 0, 0, 1, 1, 2]))
    assert nearest_boxes[:, 0].tolist()[:7] == [1, 1, 1, 4, 4, 6, 6]
    assert np.isnan(nearest_boxes[7]).all()
    assert ages.tolist() == [1, 0, 1, 1, 0, 1, 0, 0]


def test_walls_are_halfway_between_faces():
    left, right = Subject("l", "left"), Subject("r", "right")
    faces = [np.array([100.0, 0, 140, 40]), np.array([300.0, 0, 340, 40])]
    first, second = make_hints(faces, [0, 2], [False, False], [left, right], 640)
    assert first.walls == (0, 220) and second.walls == (220, 640)
    assert (first.age, second.age) == (0, 2)
    # A bystander between the two, another one who is not in the shot, and the first subject among the people.
    others = [np.array([200.0, 0, 220, 40]), np.full(4, np.nan), faces[0]]
    first, second = make_hints(faces, [0, 2], [False, False], [left, right], 640, others)
    assert first.walls == (0, 165) and second.walls == (265, 640)
    nowhere = [np.full(4, np.nan)] * 2
    assert make_hints(nowhere, [0, 0], [False, False], [left, right], 640) == [None, None]
    first, second = make_hints(nowhere, [0, 0], [True, True], [left, right], 640)
    assert first.walls == (0, 320) and second.walls == (320, 640) and first.face is None
