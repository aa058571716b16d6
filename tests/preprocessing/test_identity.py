"""Who is who after a cut: made tracks and vectors, and files whose people are known."""

import cv2
import numpy as np
import pytest
from faces_lab import find_and_align
from hypothesis import given
from hypothesis import strategies as st
from media_factory import Decoded
from skimage.data import astronaut

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.preprocessing import Faces
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.face.detect import Detection, make_detector
from affectflow.preprocessing.face.dlib_resnet import DlibResnet
from affectflow.preprocessing.face.identity import agglomerate, recognise
from affectflow.preprocessing.face.tracks import Track

PORTRAIT = np.ascontiguousarray(astronaut()[:, :, ::-1])
GREY, SKIN, GREEN = (128, 128, 128), (110, 140, 190), (110, 190, 110)


class Made:
    """The vector of a face is one number, its score less .7 in hundredths."""

    max_distance = 1.0

    def __init__(self) -> None:
        self.seen: list[float] = []

    def embed(self, bgr, face):
        self.seen.append(face.score)
        return np.array([face.score - 0.7], np.float32) * 100


def track(shot, first, who, frames=4, x=100.0, size=40.0):
    """A face whose vector is `who`."""
    box = (x - size / 2, 50 - size / 2, x + size / 2, 50 + size / 2)
    return Track(shot, {first + n: Detection(*box, 0.7 + who / 100) for n in range(frames)})


def joined(tracks, colour=lambda frame: GREY, embedder=None):
    """First frames of each person's tracks."""
    found = recognise(
        tracks, 0.3, embedder or Made(), 1.0, lambda frame: np.full((100, 400, 3), colour(frame), np.uint8)
    )
    return [[t.first for t in person.tracks] for person in found.people], found


def test_one_who_moves_at_a_cut_is_joined_and_two_at_one_place_are_not():
    assert joined([track(0, 0, 1), track(1, 4, 1.5, x=300)])[0] == [[0, 4]]
    assert joined([track(0, 0, 1), track(1, 4, 9)])[0] == [[0], [4]]
    assert joined([track(0, 0, 1), track(1, 4, 9), track(2, 8, 1), track(3, 12, 9)])[0] == [[0, 8], [4, 12]]


def test_two_in_one_frame_are_two_however_alike():
    people, found = joined([track(0, 0, 1), track(0, 0, 1, x=300), track(1, 4, 1)])
    assert sorted(map(len, people)) == [1, 2] and found.vectors == 3


def test_nothing_is_embedded_where_nothing_can_be_joined():
    for tracks in ([], [track(0, 0, 1)], [track(0, 0, 1), track(0, 0, 2, x=300)]):
        embedder = Made()
        people, found = joined(tracks, embedder=embedder)
        assert len(people) == len(tracks) and found.vectors == 0 and embedder.seen == []


def test_small_faces_have_no_say_and_go_on_by_place():
    small = {"size": 20.0}
    assert joined([track(0, 0, 1), track(1, 4, 1, **small)])[0] == [[0], [4]]
    assert joined([track(0, 0, 1, **small), track(1, 4, 9, **small)])[0] == [[0, 4]]
    assert joined([track(0, 0, 1, **small), track(1, 4, 9, x=300, **small)])[0] == [[0], [4]]


def test_a_green_face_is_not_a_red_one_and_a_grey_one_may_be_either():
    tracks = [track(0, 0, 1), track(1, 4, 1, x=300)]
    assert joined(tracks, lambda frame: SKIN if frame < 4 else GREEN)[0] == [[0], [4]]
    assert joined(tracks, lambda frame: SKIN if frame < 4 else GREY)[0] == [[0, 4]]


def test_a_long_track_is_embedded_five_times_at_most():
    for frames, vectors in ((4, 1), (10, 2), (35, 4), (500, 5)):
        assert joined([track(0, 0, 1, frames), track(1, 1000, 1, 1, x=300)])[1].vectors == vectors + 1


def test_doubtful_joins_and_refusals_are_counted():
    for who, people, doubtful in ((1.9, 1, 0), (1.97, 1, 1), (2.03, 2, 1), (2.1, 2, 0)):
        assert joined([track(0, 0, 1), track(1, 4, who, x=300)])[1].doubtful == doubtful
        assert len(joined([track(0, 0, 1), track(1, 4, who, x=300)])[0]) == people


def test_average_linkage_by_hand():
    """1, 2 and 4 on a line, limit 2.4: 1 and 2 first; 4 is 2.5 from them on average, though 2 from the nearer one."""
    places = np.array([1.0, 2.0, 4.0])
    distances = np.abs(places[:, None] - places[None])
    assert agglomerate(distances, np.ones(3, int), np.zeros((3, 3), bool), 2.4) == ([[0, 1], [2]], 0)
    assert agglomerate(distances, np.ones(3, int), np.zeros((3, 3), bool), 2.5)[0] == [[0, 1, 2]]
    # The second weighs three: the mean distance of 4 is (3 + 3 * 2) / 4.
    assert agglomerate(distances, np.array([1, 3, 1]), np.zeros((3, 3), bool), 2.3)[0] == [[0, 1, 2]]


@given(st.integers(0, 8).flatmap(lambda n: st.tuples(st.just(n), st.randoms(use_true_random=False))))
def test_no_cluster_holds_two_in_conflict_and_each_item_is_in_one(given_items):
    count, random = given_items
    places = np.array([random.uniform(0, 5) for _ in range(count)])
    conflicts = np.array([[random.random() < 0.3 for _ in range(count)] for _ in range(count)], bool)
    conflicts = (conflicts | conflicts.T).reshape(count, count)
    np.fill_diagonal(conflicts, False)
    distances = np.abs(places[:, None] - places[None])
    clusters, _ = agglomerate(distances, np.ones(count, int), conflicts, 2.0)
    assert sorted(n for cluster in clusters for n in cluster) == list(range(count))
    assert not any(conflicts[a, b] for cluster in clusters for a in cluster for b in cluster)
    # No two clusters are left that could be joined.
    for a in clusters:
        for b in clusters:
            free = a is not b and not conflicts[np.ix_(a, b)].any()
            assert not free or distances[np.ix_(a, b)].mean() > 2.0 - 1e-9


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 9), st.floats(0, 9), st.sampled_from([20.0, 40.0]), st.integers(1, 5)
        ),
        max_size=7,
    )
)
def test_a_person_never_has_two_faces_in_a_frame_and_no_track_is_lost(made):
    tracks = [
        track(shot, 20 * shot + first, who, frames, x=50.0 + 40 * n, size=size)
        for n, (shot, first, who, size, frames) in enumerate(sorted(made))
    ]
    _, found = joined(sorted(tracks, key=lambda t: t.first))
    assert sorted(id(t) for person in found.people for t in person.tracks) == sorted(map(id, tracks))
    for person in found.people:
        assert sum(len(t.faces) for t in person.tracks) == len(person.faces)
        assert [t.first for t in person.tracks] == sorted(t.first for t in person.tracks)


def test_dlibs_vectors_of_one_face_are_near_whatever_its_size_and_turn():
    embedder, detector = DlibResnet(), make_detector("centerface", 0.5)
    (face,) = detector.detect(PORTRAIT)
    vector = embedder.embed(PORTRAIT, face)
    assert vector.shape == (128,) and np.array_equal(vector, embedder.embed(PORTRAIT, face))
    half = cv2.resize(PORTRAIT, (256, 256), interpolation=cv2.INTER_AREA)
    turned = cv2.rotate(PORTRAIT, cv2.ROTATE_90_CLOCKWISE)
    for other in (half, turned):
        assert np.linalg.norm(embedder.embed(other, detector.detect(other)[0]) - vector) < 0.3


def test_people_of_a_picture_are_apart(clips):
    picture = cv2.imread(str(clips / "pyfeat_multi_face.jpg"))
    embedder = DlibResnet()
    vectors = [embedder.embed(picture, f) for f in make_detector("centerface", 0.5).detect(picture)]
    (portrait,) = make_detector("centerface", 0.5).detect(PORTRAIT)
    vectors.append(embedder.embed(PORTRAIT, portrait))
    distances = np.linalg.norm(np.array(vectors)[:, None] - np.array(vectors)[None], axis=2)
    apart = np.sort(distances[np.triu_indices(len(vectors), 1)])
    # Two of the five look alike to it; they stand side by side. All others are beyond the published limit.
    assert len(vectors) == 6 and apart[0] < DlibResnet.max_distance < 0.6 < apart[1]


ALONE = (Subject("v"),)


def subject_rows(path, folder, subjects=ALONE, **settings):
    video = Decoded(path, folder)
    find_and_align(video.out.frames, (Video("clip", path, subjects),), Faces(**settings), folder / "faces.arrow")
    rows = read_arrow(folder / "faces.arrow", FACES).to_pylist()
    return {s.subject: [r["frame"] for r in rows if r["subject"] == s.subject and r["found"]] for s in subjects}


def test_one_person_over_jump_cuts(cases, tmp_path):
    path = cases / "one_person_jumpcuts.mp4"
    assert len(subject_rows(path, tmp_path)["v"]) == 125
    # By place alone most shots are other people.
    assert len(subject_rows(path, tmp_path, identity={"embedder": "none"})["v"]) < 50


def test_two_people_in_turn(cases, tmp_path):
    both = (Subject("a"), Subject("b_main"))
    found = subject_rows(cases / "two_people_pillarbox.mp4", tmp_path, both)
    assert found["b_main"] == [*range(24), *range(49, 74)]
    assert found["a"] == [*range(24, 49), *range(74, 92)]


def test_no_vector_is_stored(cases, tmp_path):
    subject_rows(cases / "one_person_jumpcuts.mp4", tmp_path)
    assert read_arrow(tmp_path / "faces.arrow", FACES).schema.equals(FACES)
    numbers = {f.name for f in FACES if "list" in str(f.type)}
    assert numbers == {"box", "landmarks", "anchors"}


@pytest.mark.parametrize("place", [(-30.0, -30.0), (380.0, 90.0)])
def test_a_face_that_is_partly_outside_the_picture(place):
    def half_seen(frame):
        return {frame: Detection(place[0], place[1], place[0] + 40, place[1] + 40, 0.71)}

    assert joined([Track(0, half_seen(0)), Track(1, half_seen(4))])[0] == [[0, 4]]
