"""Yaw, pitch and roll: of a face in space that is projected by hand, and of real faces."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from portraits import PICTURES, picture, turned

from affectflow.config.data.preprocessing import Faces
from affectflow.preprocessing.face.anchors import Landmarker
from affectflow.preprocessing.face.canonical_face import ANCHORS, LANDMARKS, RIGID
from affectflow.preprocessing.face.detect import make_detector
from affectflow.preprocessing.face.head_pose import head_poses
from affectflow.preprocessing.face.upright import detect_either_way_up
from affectflow.preprocessing.face.upright import roll as roll_of_anchors

Points = NDArray[np.float64]

KINDS = ["landmarks", "anchors"]
# Across a plane through the nose: which of the landmarks, and of the anchors, becomes which.
MIRRORED = {"landmarks": np.arange(68), "anchors": np.array([1, 0, 2, 4, 3])}
for one, other in ((31, 35), (32, 34), (36, 45), (39, 42)):
    MIRRORED["landmarks"][[one, other]] = other, one

sizes = st.sampled_from([(640, 360), (360, 640), (1920, 1080), (112, 112)])
kinds = st.sampled_from(KINDS)
angles = st.tuples(st.floats(-60, 60), st.floats(-40, 40), st.floats(-180, 180))
# Where in the picture, and how far the eyes are apart, as shares of its sides and of the longer one.
places = st.tuples(st.floats(0, 1), st.floats(0, 1))
eye_distances = st.floats(0.025, 0.4)


def poses(kind: str, points: Points, size: tuple[int, int]) -> Points:
    """Of faces that have landmarks alone, or anchors alone."""
    if kind == "anchors":
        return head_poses(None, points, size)
    return head_poses(points, np.full((len(points), 5, 2), np.nan), size)


def turn(yaw: float, pitch: float, roll: float) -> Points:
    """The matrix in axes x right, y down, z away: to the right by yaw, then up by pitch, then clockwise by roll."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(np.radians(a)), np.sin(np.radians(a))) for a in (yaw, pitch, roll))
    right = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    up = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    clockwise = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return clockwise @ up @ right


def projected(
    kind: str,
    pose: tuple[float, float, float],
    place: tuple[float, float] = (0.5, 0.5),
    eyes: float = 0.2,
    size: tuple[int, int] = (640, 360),
) -> Points:
    """A face's points in a picture, shape (68 or 5, 2): a camera of 500 pixels for 640 sees it at a place."""
    face = LANDMARKS if kind == "landmarks" else ANCHORS[[0, 1, 2] * 3 + [3, 4]]
    middle, focal = np.array(size) / 2, 500 / 640 * max(size)
    depth = np.linalg.norm(ANCHORS[1] - ANCHORS[0]) * focal / (eyes * max(size))
    at = np.append((np.array(place) * size - middle) / focal, 1) * depth
    sight = at / np.linalg.norm(at)
    # Rodrigues: the shortest turn from the camera's axis to the line of sight.
    axis = np.cross([0, 0, 1], sight)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    to_sight = np.eye(3) + cross + cross @ cross / (1 + sight[2])
    seen = (face - face.mean(0)) @ (to_sight @ turn(*pose)).T + at
    flat = seen[:, :2] / seen[:, 2:] * focal + middle
    if kind == "anchors":
        return flat[[0, 1, 2, 9, 10]]
    points = np.zeros((68, 2))
    points[RIGID] = flat
    return points


def apart(found: Points, expected: Points | tuple[float, ...]) -> Points:
    """Distances of angles in degrees, the short way round."""
    return np.abs((found - np.asarray(expected) + 180) % 360 - 180)


@pytest.mark.parametrize("kind", KINDS)
@given(pose=angles, place=places, eyes=eye_distances, size=sizes)
def test_a_known_pose_comes_back(kind, pose, place, eyes, size) -> None:
    (found,) = poses(kind, projected(kind, pose, place, eyes, size)[None], size)
    assert apart(found, pose).max() < 0.1


@pytest.mark.parametrize("kind", KINDS)
@given(pose=angles, place=places, eyes=st.floats(0.001, 0.025))
def test_a_tiny_face_has_a_pose_in_a_large_picture(kind, pose, place, eyes) -> None:
    size = (3840, 2160)
    (found,) = poses(kind, projected(kind, pose, place, eyes, size)[None], size)
    assert apart(found, pose).max() < 0.5


@pytest.mark.parametrize("kind", KINDS)
@given(pose=angles, place=places, seed=st.integers(0, 1000))
def test_a_mirrored_face_has_mirrored_yaw_and_roll(kind, pose, place, seed) -> None:
    points = projected(kind, pose, place)
    points += np.random.default_rng(seed).normal(0, 1, points.shape)
    mirror = np.array([640, 0]) + points[MIRRORED[kind]] * (-1, 1)
    found, mirrored = poses(kind, np.stack([points, mirror]), (640, 360))
    assert apart(mirrored, found * (-1, 1, -1)).max() < 0.01


def test_signs_are_those_of_what_one_sees() -> None:
    face = np.array([(290, 154), (350, 154), (320, 190), (296, 224), (344, 224)], np.float32)
    # The nose goes to the picture's right, and up.
    right, up = face.copy(), face.copy()
    right[2, 0] += 15
    up[2, 1] -= 15
    frontal, to_right, upwards = head_poses(None, np.stack([face, right, up]), (640, 360))
    assert apart(frontal[[0, 2]], 0).max() < 0.01
    assert to_right[0] > 15
    assert upwards[1] > frontal[1] + 15


@pytest.mark.parametrize("roll", [-179, -120, -45, 0, 30, 90, 180])
def test_roll_is_that_of_the_line_from_eyes_to_mouth(roll: float) -> None:
    anchors = projected("anchors", (0, 20, roll))
    (found,) = head_poses(None, anchors[None], (640, 360))
    assert apart(found[2], roll_of_anchors(anchors)) < 0.1


def test_noise_of_a_hundredth_of_the_eye_distance() -> None:
    generator = np.random.default_rng(7)
    for kind in KINDS:
        expected = generator.uniform((-60, -40, -180), (60, 40, 180), (1000, 3))
        points = np.stack([projected(kind, tuple(pose), tuple(generator.uniform(size=2))) for pose in expected])
        points += generator.normal(0, 0.01 * 0.2 * 640, points.shape)
        moved = apart(poses(kind, points, (640, 360)), expected)
        assert (np.percentile(moved, 95, axis=0) < 2).all()
        assert moved.max() < 5


def test_anchors_count_where_there_are_no_landmarks_and_nan_is_no_face() -> None:
    first, second = (10.0, 5.0, 20.0), (-30.0, -10.0, 170.0)
    landmarks = np.full((4, 68, 2), np.nan)
    anchors = np.full((4, 5, 2), np.nan)
    landmarks[0] = landmarks[1] = projected("landmarks", first)
    anchors[0] = anchors[2] = projected("anchors", second)
    found = head_poses(landmarks, anchors, (640, 360))
    assert apart(found[:3], [first, first, second]).max() < 0.1
    assert np.isnan(found[3]).all()
    # Each face for itself, from numbers as artifacts have them, too.
    alone = head_poses(landmarks[:1].astype(np.float32), anchors[:1].astype(np.float32), (640, 360))
    assert apart(alone[0], found[0]).max() < 0.01
    assert np.array_equal(found, head_poses(landmarks, anchors, (640, 360)), equal_nan=True)


def test_points_of_no_face() -> None:
    generator = np.random.default_rng(0)
    anything = generator.uniform(0, 600, (2000, 5, 2))
    anything[0] = 7
    found = head_poses(None, anything, (640, 360))
    assert np.isnan(found[0]).all()
    # Of points that lie anywhere, most fit a face badly and some not at all.
    none = np.isnan(found).any(1)
    assert (none == np.isnan(found).all(1)).all() and none.sum() < 100
    assert head_poses(None, np.zeros((0, 5, 2)), (640, 360)).shape == (0, 3)


def test_shapes_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match=r"\(2, 68, 2\).* expected \(n, 5, 2\)"):
        head_poses(np.zeros((2, 68, 2)), np.zeros((3, 5, 2)), (640, 360))
    with pytest.raises(ValueError, match=r"\(3, 10\)"):
        head_poses(None, np.zeros((3, 10)), (640, 360))


@cache
def at_every_roll(name: str, landmarker: str) -> Points:
    """The poses of a portrait that is turned clockwise by -180 to 180 degrees, less the turn; shape (25, 3)."""
    detector = make_detector("centerface", 0.5)
    finder = Landmarker(Faces(landmarker=landmarker), detector)
    upright = finder.find(picture(name), detector.detect(picture(name))[0]).points.mean(0)
    found = []
    for degrees in range(-180, 181, 15):
        warped, matrix = turned(picture(name), degrees)
        x, y = matrix @ (*upright, 1)
        faces = detect_either_way_up(detector, warped)
        anchors = finder.find(warped, next(f for f in faces if f.left < x < f.right and f.top < y < f.bottom))
        landmarks = None if anchors.landmarks is None else anchors.landmarks[None]
        found.append(head_poses(landmarks, anchors.points[None], warped.shape[1::-1])[0] - (0, 0, degrees))
    return np.array(found)


@pytest.mark.parametrize("name", PICTURES)
def test_a_turned_portrait_changes_its_roll_alone(name: str) -> None:
    found = at_every_roll(name, "dlib68")
    yaw, pitch, roll = apart(found, found[12]).T
    assert roll.max() < 1.5 and yaw.max() < 3 and pitch.max() < 3


@pytest.mark.parametrize("name", PICTURES)
def test_five_points_say_nearly_the_same(name: str) -> None:
    landmarks, anchors = at_every_roll(name, "dlib68"), at_every_roll(name, "detector")
    yaw, pitch, roll = apart(anchors, landmarks[12]).T
    assert roll.max() < 6.5 and yaw.max() < 10 and pitch.max() < 17
