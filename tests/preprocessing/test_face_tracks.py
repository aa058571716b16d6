"""Boxes, linking over time and the choice of subjects, on made-up detections."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectflow.datasets.video.shard import Subject
from affectflow.preprocessing.face.boxes import best_pairs, overlaps, suppress
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.face.subjects import choose
from affectflow.preprocessing.face.tracks import Person, Track, link, people

box = st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 100)] * 2).map(
    lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]])
)
BOTH = (Subject("l", "left"), Subject("r", "right"))


def face(x, y=100.0, size=40.0, score=0.9):
    return Detection(x - size / 2, y - size / 2, x + size / 2, y + size / 2, score)


def choose_centres(frames, subjects=BOTH, cuts=None, width=640.0, overlap=0.3, gap=15):
    """Centres x of each subject's face, by frame."""
    tracks = link(frames, cuts or [False] * len(frames), overlap, gap)
    people_by_subject = choose(people(tracks, overlap), subjects, width)
    return {
        name: {} if person is None else {n: (f.left + f.right) / 2 for n, f in person.faces.items()}
        for name, person in people_by_subject.items()
    }


def person_at(x):
    return Person([Track(0, {n: face(x) for n in range(3)})])


def test_overlaps_by_hand():
    a = np.array([[0, 0, 10, 10]])
    b = np.array([[5, 0, 15, 10], [10, 0, 20, 10], [0, 0, 10, 10], [3, 3, 3, 9]])
    assert overlaps(a, b)[0] == pytest.approx([50 / 150, 0, 1, 0])


@given(box, box)
def test_overlap_is_symmetric_and_a_share(a, b):
    shared = overlaps(a, b)[0, 0]
    assert 0 <= shared <= 1
    assert shared == pytest.approx(overlaps(b, a)[0, 0])


@given(st.lists(box, min_size=1, max_size=8), st.randoms())
def test_suppression_keeps_the_best_and_nothing_that_overlaps(boxes, random):
    scores = np.array([random.random() for _ in boxes])
    indices = suppress(np.array(boxes), scores, 0.3)
    assert indices[0] == scores.argmax()
    within = overlaps(np.array(boxes)[indices], np.array(boxes)[indices]) - np.eye(len(indices))
    assert within.max() <= 0.3 + 1e-9
    for index in set(range(len(boxes))) - set(indices):
        assert overlaps(boxes[index], np.array(boxes)[indices]).max() > 0.3


def test_best_pairs_takes_the_best_first():
    scores = np.array([[0.5, 0.9], [0.4, 0.8]])
    assert best_pairs(scores, 0.45) == [(0, 1)]
    assert best_pairs(scores, 0.1) == [(0, 1), (1, 0)]


def test_one_who_is_missing_is_not_replaced_by_the_other():
    frames = [[face(150), face(450)] for _ in range(40)]
    for n in range(10, 20):
        frames[n] = [face(450)]
    for n in range(25, 30):
        frames[n] = [face(150)]
    centres = choose_centres(frames)
    assert set(centres["l"].values()) == {150} and set(centres["r"].values()) == {450}
    assert set(centres["l"]) == set(range(40)) - set(range(10, 20))
    assert set(centres["r"]) == set(range(40)) - set(range(25, 30))


def test_two_who_pass_each_other_keep_their_names():
    # The one who begins at the left walks to 420, the other to 180, hidden behind the first when they meet.
    frames = []
    for n in range(60):
        first, second = 100 + min(n, 40) * 8, 500 - min(n, 40) * 8
        frames.append([face(first)] if abs(first - second) < 45 else [face(second), face(first)])
    centres = choose_centres(frames, overlap=0.3)
    assert len({tuple(v) for v in centres.values()}) == 2
    paths = sorted([v[0], v[59]] for v in centres.values())
    assert paths == [[100, 420], [500, 180]]


def test_a_long_gap_is_bridged_at_the_same_place():
    frames = [[face(150), face(450)] for _ in range(100)]
    for n in range(20, 70):
        frames[n] = [face(450)]
    for n in range(70, 100):
        frames[n] = [face(185, 110), face(450)]
    tracks = link(frames, [False] * 100, 0.3, 15)
    assert len(tracks) == 3
    centres = choose_centres(frames)
    assert centres["l"][0] == 150 and centres["l"][99] == 185 and len(centres["l"]) == 50
    assert set(centres["r"].values()) == {450}


def test_a_cut_breaks_tracks_and_a_returning_camera_is_recognised():
    wide_shot, close_up = [face(150), face(450)], [face(330, size=120)]
    frames = [wide_shot] * 10 + [close_up] * 5 + [wide_shot] * 10
    cuts = [n in (10, 15) for n in range(25)]
    assert [t.first for t in link(frames, cuts, 0.3, 15)] == [0, 0, 10, 15, 15]
    centres = choose_centres(
        [wide_shot] * 10 + [[face(300, 250)]] * 2 + [wide_shot] * 10, cuts=[n in (10, 12) for n in range(22)]
    )
    assert set(centres["l"].values()) == {150} and set(centres["r"].values()) == {450}
    assert set(centres["l"]) == set(centres["r"]) == {*range(10), *range(12, 22)}


def test_the_only_subject_is_the_most_prominent_over_the_video():
    only = (Subject("s"),)
    frames = [[face(500, size=30), face(200, size=60)] if n > 3 else [face(500, size=30)] for n in range(20)]
    assert set(choose_centres(frames, only)["s"].values()) == {200}
    # Large, but only for a moment.
    frames = [[face(500, size=50)] + ([face(200, size=80)] if n == 5 else []) for n in range(20)]
    assert set(choose_centres(frames, only)["s"].values()) == {500}


def test_passers_by_are_neither_left_nor_right():
    frames = [[face(200), face(400)] + ([face(30, size=20)] if n < 3 else []) for n in range(30)]
    centres = choose_centres(frames)
    assert set(centres["l"].values()) == {200} and set(centres["r"].values()) == {400}


@pytest.mark.parametrize(("x", "side"), [(200, "l"), (500, "r")])
def test_one_person_alone_is_left_or_right_by_half(x, side):
    centres = choose_centres([[face(x)]] * 5)
    assert len(centres[side]) == 5
    assert centres["r" if side == "l" else "l"] == {}


def test_a_plain_subject_is_who_no_other_subject_is():
    two, three = [[face(150, size=30), face(450, size=60)]] * 9, [[face(150), face(300, size=30), face(450)]] * 9

    def centres(frames, *subjects):
        return {name: {*values.values()} for name, values in choose_centres(frames, subjects).items()}

    plain, left, right, main = Subject("v"), Subject("v_left", "left"), Subject("v_right", "right"), Subject("v_main")
    # The most prominent one is at the right: named by its side, it is no plain subject.
    assert centres(two, plain) == {"v": {450}}
    assert centres(two, plain, right) == {"v": {150}, "v_right": {450}}
    assert centres(two, plain, left) == {"v": {450}, "v_left": {150}}
    assert centres(two, plain, main) == {"v": {150}, "v_main": {450}}
    assert centres(three, plain, left, right) == {"v": {300}, "v_left": {150}, "v_right": {450}}
    # A passer-by is somebody; where there is nobody else, a subject is not found.
    few = [[face(450), *([face(100, size=20)] if n == 3 else [])] for n in range(30)]
    assert centres(few, plain, right) == {"v": {100}, "v_right": {450}}
    assert centres([[face(450)]] * 9, plain, right) == {"v": set(), "v_right": {450}}
    assert centres(two, plain, left, right) == {"v": set(), "v_left": {150}, "v_right": {450}}
    assert centres([[face(450)]] * 9, plain, main) == {"v": set(), "v_main": {450}}
    assert centres([[face(150)]] * 9, plain, right) == {"v": {150}, "v_right": set()}


def test_two_at_one_place_in_turn_are_left_and_right():
    """Cuts between people who are filmed alike: both have the same mean place."""
    frames = [[face(300, size=100)]] * 10 + [[face(300, size=200)]] * 10
    centres = choose_centres(frames, cuts=[n == 10 for n in range(20)])
    assert {frozenset(by_frame) for by_frame in centres.values()} == {frozenset(range(10)), frozenset(range(10, 20))}


@given(
    st.lists(st.integers(0, 600), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from([Subject("v"), Subject("v_left", "left"), Subject("v_right", "right")]), unique=True),
)
def test_no_two_subjects_are_one_person_and_nobody_is_left_out(places, subjects):
    people_by_subject = choose([person_at(x) for x in places], subjects, 640.0)
    ids = [id(person) for person in people_by_subject.values() if person is not None]
    assert len(set(ids)) == len(ids)
    if Subject("v") in subjects and len(places) >= len(subjects):
        assert people_by_subject["v"] is not None


def test_nobody():
    assert choose_centres([[]] * 4) == {"l": {}, "r": {}}


@given(st.lists(st.lists(st.integers(0, 600).map(face), max_size=4), max_size=15), st.integers(0, 5))
def test_every_detection_is_in_exactly_one_track_and_nobody_is_twice_in_a_frame(frames, gap):
    tracks = link(frames, [False] * len(frames), 0.3, gap)
    tracked_faces = [(n, id(f)) for t in tracks for n, f in t.faces.items()]
    assert sorted(tracked_faces) == sorted((n, id(f)) for n, faces in enumerate(frames) for f in faces)
    for track in tracks:
        numbers = list(track.faces)
        assert all(0 < b - a <= gap + 1 for a, b in itertools.pairwise(numbers))
    for person in people(tracks, 0.3):
        assert sum(len(t.faces) for t in person.tracks) == len(person.faces)
