"""From maps of BODY_25 to people: drawn people come back; each step against numbers by hand."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pose_lab import Person, draw, person, within

from affectflow.preprocessing.body.body25 import INDEX
from affectflow.preprocessing.body.openpose_caffe.affinity import PAIRS, X_CHANNELS, Connection, connections
from affectflow.preprocessing.body.openpose_caffe.inputs import NetInput
from affectflow.preprocessing.body.openpose_caffe.maps import cubic, merge
from affectflow.preprocessing.body.openpose_caffe.peaks import find_peaks
from affectflow.preprocessing.body.openpose_caffe.people import assemble

WIDTH, HEIGHT = 656, 368
HALF_A_CELL = 4.0


def found(drawn: list[Person]) -> np.ndarray:
    """The people in the maps that are drawn for some."""
    maps = merge([draw(drawn, WIDTH, HEIGHT)], [NetInput(WIDTH, HEIGHT, 1.0)])
    peaks = find_peaks(maps[:25])
    return assemble(connections(maps[26:], peaks), peaks)


def assert_same(people: np.ndarray, drawn: list[Person]) -> None:
    """Each drawn person is found once, every joint to half a cell, and no joint more."""
    assert len(people) == len(drawn)
    left = list(people)
    for joints in drawn:
        distances = [np.nanmean(np.hypot(*(its[:, :2] - joints).T)) for its in left]
        its = left.pop(int(np.argmin(distances)))
        seen = np.isfinite(joints[:, 0])
        assert ((its[:, 2] > 0) == seen).all()
        assert np.abs(its[seen, :2] - joints[seen]).max() <= HALF_A_CELL
        assert (its[~seen] == 0).all()


SCENES = {
    "nobody": [],
    "one": [person(300, 70)],
    "two side by side": [person(200, 80), person(420, 60)],
    "three of different sizes": [person(120, 70), person(300, 120, 0.7), person(500, 60, 1.05)],
    "four": [person(80 + 160 * n, 60 + 7 * n, 0.9) for n in range(4)],
    "five": [person(70 + 128 * n, 60 + 13 * n, 0.75) for n in range(5)],
    "leaning over one another": [person(280, 70, lean=-12), person(360, 90, lean=12)],
    "crossing": [person(260, 80, 0.8, lean=35), person(400, 80, 0.8, lean=-35)],
    "half behind another": [person(300, 60), person(345, 75, 0.9)],
    "cut off below": [within(person(300, 200, 1.2), WIDTH, HEIGHT)],
    "cut off at the side, beside a whole one": [within(person(10, 80), WIDTH, HEIGHT), person(300, 70)],
    "without arms": [person(300, 70, missing=(3, 4, 6, 7))],
    "seen from behind": [person(200, 70, missing=(0, 15, 16)), person(420, 70)],
    "a head alone": [person(300, 150, 1.5, missing=range(2, 15)) * np.where(np.arange(25) < 19, 1, np.nan)[:, None]],
}


@pytest.mark.parametrize("scene", SCENES)
def test_drawn_people_are_found(scene: str) -> None:
    assert_same(found(SCENES[scene]), SCENES[scene])


BEYOND = {
    2: (3, 4),
    3: (4,),
    4: (),
    5: (6, 7),
    6: (7,),
    7: (),
    10: (11, 22, 23, 24),
    11: (22, 23, 24),
    13: (14, 19, 20, 21),
    14: (19, 20, 21),
    17: (),
    18: (),
}
"""Joints that nothing connects with a person without the one before them."""


@settings(max_examples=30)  # each draws 78 maps of 240,000 pixels
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_any_people_apart_from_one_another_are_found(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    slot = WIDTH / number
    drawn = []
    for n in range(number):
        size = rng.uniform(0.55, 0.95) * min(1, slot / 140)
        lacking = rng.choice(list(BEYOND), rng.integers(0, 3), replace=False)
        missing = [joint for one in lacking for joint in (one, *BEYOND[one])]
        middle = slot * (n + 0.5)
        drawn.append(person(middle, rng.uniform(60, 80), size, rng.uniform(-5, 5), missing))
    # Maps go on beyond the edge, which draws peaks in the outermost cells towards it (test_a_joint_near_the_edge).
    assume(all(np.nanmin(joints) > 12 and np.nanmax(joints[:, 0]) < WIDTH - 12 for joints in drawn))
    # Fields reach 8 pixels to each side of a line, and into the next cell.
    assume(all(np.nanmax(left[:, 0]) + 16 < np.nanmin(right[:, 0]) for left, right in pairwise(drawn)))
    assert_same(found(drawn), drawn)


def test_without_a_neck_nothing_connects_legs_with_the_head() -> None:
    # Nor does OpenPose: shoulders are connected with ears, the hip with the neck alone.
    whole = person(300, 70, missing=(1,))
    lower = [*range(8, 15), *range(19, 25)]
    upper = [joint for joint in range(25) if joint not in lower]
    parts = [np.where(np.isin(np.arange(25), part)[:, None], whole, np.nan) for part in (upper, lower)]
    assert_same(found([whole]), parts)


@pytest.mark.parametrize("x", [1.0, 3.5, 6.5, 9.0])
def test_a_joint_near_the_edge_is_found_within_a_cell(x: float) -> None:
    # As by OpenPose: the enlarged map goes on beyond its outermost cells, and its peak moves towards the edge.
    drawn = person(300, 70)
    drawn[4] = (x, 120.0)
    (its,) = found([drawn])
    assert abs(its[4, 0] - x) < 5 and abs(its[4, 1] - 120) < 1


def test_half_drawn_people_are_dropped() -> None:
    # Two joints are too few; so are two and a foot. Three at half their height score .5 + 2/3: they stay.
    two = np.full((25, 2), np.nan)
    two[[1, 8]] = person(300, 70)[[1, 8]]
    assert len(found([two])) == 0
    leg = np.full((25, 2), np.nan)
    leg[[10, 11, 22, 24]] = person(300, 70)[[10, 11, 22, 24]]
    assert len(found([leg])) == 0
    three = np.full((25, 2), np.nan)
    three[[9, 10, 11, 22, 24]] = person(300, 70)[[9, 10, 11, 22, 24]]
    assert_same(found([three]), [three])


def test_a_faint_person_is_dropped() -> None:
    def people(height: float) -> int:
        maps = merge([height * draw([person(300, 70)], WIDTH, HEIGHT)], [NetInput(WIDTH, HEIGHT, 1.0)])
        peaks = find_peaks(maps[:25])
        return len(assemble(connections(maps[26:], peaks), peaks))

    assert people(0.3) == 1 and people(0.12) == 0


def test_pairs_are_those_that_openpose_names() -> None:
    # From the facts of its poseParameters: neck to hip at 0, 1; to the right shoulder at 14, 15, to the left at 22, 23.
    channels = dict(zip(PAIRS, X_CHANNELS, strict=True))
    assert channels[1, 8] == 0 and channels[1, 2] == 14 and channels[1, 5] == 22
    assert sorted(X_CHANNELS) == list(range(0, 52, 2)) and len(set(PAIRS)) == 26
    assert {joint for pair in PAIRS for joint in pair} == set(range(25))


# Peaks


def test_a_peak_by_hand() -> None:
    heat = torch.zeros(2, 12, 14)
    heat[1, 5, 6], heat[1, 5, 7], heat[1, 6, 6] = 0.8, 0.4, 0.4
    heat[1, 5, 5] = -9.0
    nothing, (peak,) = find_peaks(heat, 0.5)
    assert len(nothing) == 0
    # The negative value does not count: x = (.8 * 6 + .4 * 7 + .4 * 6) / 1.6 = 6.25, y = 5.25; half a pixel is added.
    assert peak == pytest.approx([6.75, 5.75, 0.8])


def test_a_peak_at_the_edge_uses_what_there_is() -> None:
    heat = torch.zeros(1, 8, 8)
    heat[0, 1, 1], heat[0, 1, 0] = 0.6, 0.2
    ((peak,),) = find_peaks(heat)
    assert peak == pytest.approx([0.75, 1.0, 0.6])
    heat = torch.zeros(1, 8, 8)
    heat[0, 0, 3] = 1.0
    assert [len(p) for p in find_peaks(heat)] == [0]


def test_of_equal_pixels_one_is_the_peak_and_what_is_low_is_none() -> None:
    heat = torch.zeros(3, 9, 20)
    heat[0, 4, 5:7] = 0.5
    heat[1, 4:6, 5:7] = 0.5
    heat[2, 4, 5] = 0.05
    one, square, low = find_peaks(heat)
    assert one == pytest.approx(np.array([[5.5, 4, 0.5]]))
    assert square == pytest.approx(np.array([[5.5, 4.5, 0.5]]))
    assert len(low) == 0


def test_at_most_127_peaks_of_a_joint_the_uppermost() -> None:
    heat = torch.zeros(2, 42, 42)
    heat[0, 1:41:2, 1:41:2] = 0.5
    heat[1, 9, 9] = 0.5
    many, one = find_peaks(heat)
    assert len(many) == 127 and len(one) == 1
    # Rows of 20: the last of 127 is the seventh of the seventh row.
    assert many[-1, 2] == 0.5 and many[:, 1].max() < 14 and (np.diff(many[:20, 0]) > 0).all()


# Affinity


def straight(value: float = 0.8) -> tuple[torch.Tensor, list[np.ndarray]]:
    """A field of `value` to the right for neck and mid hip, with a neck and a hip 40 pixels apart in it."""
    fields = torch.zeros(52, 60, 80)
    fields[0] = value
    peaks = [np.zeros((0, 3))] * 25
    peaks[1], peaks[8] = np.array([[10.0, 20.0, 0.5]]), np.array([[50.0, 20.0, 0.7]])
    return fields, peaks


def test_a_connection_by_hand() -> None:
    (one,) = connections(*straight())
    assert (one.pair, one.first, one.second) == (0, 0, 0)
    assert one.score == pytest.approx(0.8) and one.total == pytest.approx(0.8 + 0.1 * (0.5 + 0.7))


def test_a_field_that_points_elsewhere_does_not_connect() -> None:
    fields, peaks = straight()
    peaks[1], peaks[8] = peaks[8], peaks[1]
    assert connections(fields, peaks) == []
    fields, peaks = straight(0.04)
    assert connections(fields, peaks) == []
    # 30° off: its share is the cosine.
    fields, peaks = straight()
    peaks[8] = np.array([[10 + 40 * np.cos(np.pi / 6), 20 + 40 * np.sin(np.pi / 6), 1.0]])
    assert connections(fields, peaks)[0].score == pytest.approx(0.8 * np.cos(np.pi / 6))


def test_a_gap_in_the_field() -> None:
    # sqrt(5 * 40) = 14.1: 14 places 40 / 14 apart, all of which must be above .05: 13 / 14 is below .95.
    fields, peaks = straight()
    fields[0, :, 29:31] = 0
    assert connections(fields, peaks) == []
    # sqrt(5 * 125) = 25: one of 25 places may be missed.
    fields, peaks = torch.zeros(52, 60, 200), straight()[1]
    fields[0], peaks[8] = 0.8, np.array([[135.0, 20.0, 0.7]])
    fields[0, :, 60] = 0  # place 10 + 5 * 10
    assert connections(fields, peaks)[0].score == pytest.approx(0.8)
    fields[0, :, 65] = 0
    assert connections(fields, peaks) == []


def test_joints_that_all_but_touch() -> None:
    fields, peaks = torch.zeros(52, 300, 300), straight()[1]
    peaks[8] = np.array([[11.9, 20.0, 0.7]])
    assert connections(fields, peaks)[0].score == 0.15  # 300 / 150 = 2 pixels
    peaks[8] = np.array([[12.1, 20.0, 0.7]])
    assert connections(fields, peaks) == []
    peaks[8] = peaks[1].copy()
    assert connections(fields, peaks) == []


# Assembly


def pair(first: str, second: str) -> int:
    return PAIRS.index((INDEX[first], INDEX[second]))


def peaks_of(**numbers: int) -> list[np.ndarray]:
    """Peaks of score 1 at (joint, number), so many of each joint."""
    counts = [0] * 25
    for name, number in numbers.items():
        counts[INDEX[name]] = number
    return [np.array([[joint + 1, n, 1.0] for n in range(count)]).reshape(-1, 3) for joint, count in enumerate(counts)]


def test_the_surest_connection_takes_a_joint() -> None:
    peaks = peaks_of(neck=2, right_shoulder=1, right_elbow=1, left_shoulder=2)
    to_shoulder, to_elbow, to_left = (
        pair("neck", "right_shoulder"),
        pair("right_shoulder", "right_elbow"),
        pair("neck", "left_shoulder"),
    )
    found_people = assemble(
        [
            Connection(1.0, 0.9, to_shoulder, 1, 0),
            Connection(0.9, 0.8, to_shoulder, 0, 0),  # the shoulder has a neck
            Connection(0.8, 0.7, to_elbow, 0, 0),
            Connection(0.7, 0.6, to_left, 0, 0),  # a person of two joints
            Connection(0.6, 0.5, to_left, 1, 1),
        ],
        peaks,
    )
    assert found_people.shape == (1, 25, 3)
    assert {i: tuple(j) for i, j in enumerate(found_people[0]) if j[2]} == {
        1: (2, 1, 1),
        2: (3, 0, 1),
        3: (4, 0, 1),
        5: (6, 1, 1),
    }


def test_two_parts_of_a_person_become_one_unless_both_have_a_joint() -> None:
    peaks = peaks_of(neck=2, right_shoulder=1, mid_hip=1, right_hip=1, right_knee=1)
    upper = Connection(1.0, 1.0, pair("neck", "right_shoulder"), 0, 0)
    lower = [
        Connection(0.9, 0.9, pair("mid_hip", "right_hip"), 0, 0),
        Connection(0.8, 0.8, pair("right_hip", "right_knee"), 0, 0),
    ]
    joined = assemble([upper, *lower, Connection(0.7, 0.7, pair("neck", "mid_hip"), 0, 0)], peaks)
    assert len(joined) == 1 and set(np.flatnonzero(joined[0, :, 2])) == {1, 2, 8, 9, 10}
    other_neck = Connection(0.75, 0.75, pair("neck", "mid_hip"), 1, 0)
    apart = assemble([upper, *lower, other_neck, Connection(0.7, 0.7, pair("neck", "mid_hip"), 0, 0)], peaks)
    assert [set(np.flatnonzero(p[:, 2])) for p in apart] == [{1, 8, 9, 10}]


@pytest.mark.parametrize(("score", "count"), [(0.11, 1), (0.09, 0)])
def test_the_mean_score_of_a_person(score: float, count: int) -> None:
    # Joints of .2, .2 and .6, two connections: (1 + 2 * score) / 3 must be .4 or more.
    peaks = peaks_of(neck=1, right_shoulder=1, right_elbow=1)
    for name, height in (("neck", 0.2), ("right_shoulder", 0.2), ("right_elbow", 0.6)):
        peaks[INDEX[name]][0, 2] = height
    both = [
        Connection(1, score, pair(*names), 0, 0)
        for names in (("neck", "right_shoulder"), ("right_shoulder", "right_elbow"))
    ]
    assert len(assemble(both, peaks)) == count


# Maps


@pytest.mark.parametrize(("height", "width"), [(368, 656), (48, 32), (16, 16)])
def test_maps_are_enlarged_as_by_opencvs_cubic_resize(height: int, width: int) -> None:
    cells = np.random.default_rng(0).standard_normal((3, height // 8, width // 8)).astype(np.float32)
    enlarged = merge([torch.from_numpy(cells)], [NetInput(width, height, 1.0)]).numpy()
    for ours, source in zip(enlarged, cells, strict=True):
        assert np.abs(ours - cv2.resize(source, (width, height), interpolation=cv2.INTER_CUBIC)).max() < 1e-5


def test_scales_are_averaged_where_they_belong() -> None:
    # A person seen at full size and at three quarters, whose places are .75 of the others'.
    joints = person(300, 60, 0.9)
    inputs = [NetInput(WIDTH, HEIGHT, 2.0), NetInput(480, 272, 1.5)]
    maps = [draw([joints], WIDTH, HEIGHT), draw([joints * 0.75], 480, 272, sigma=7 * 0.75)]
    merged = merge(maps, inputs)
    peaks = find_peaks(merged[:25])
    assert_same(assemble(connections(merged[26:], peaks), peaks), [joints])
    first = merge(maps[:1], inputs[:1])
    second = 2 * merged - first
    assert torch.allclose(merge([maps[0], maps[0]], [inputs[0]] * 2), first, atol=1e-6)
    for joint in range(25):
        places = [np.unravel_index(int(m[joint].argmax()), (HEIGHT, WIDTH)) for m in (first, second)]
        assert np.abs(np.subtract(*places)).max() <= HALF_A_CELL


def test_rows_of_weights_sum_to_one() -> None:
    for ratio in (1.0, 0.75, 0.3):
        assert cubic(160, 20, ratio).sum(1) == pytest.approx(np.ones(160), abs=1e-6)
