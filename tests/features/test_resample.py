"""From a feature set's own times to those of a video's frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.features.resample import At, at_times

STAMPS = np.array([0.1, 0.2, 0.3, 0.5])
VECTORS = np.array([[1.0, 10], [2, 20], [3, 30], [5, 50]], np.float32)


def whole(at: At, times: list[float], window: float = 0.1) -> list[list[float]]:
    pieces = iter([(STAMPS, VECTORS)])
    return np.concatenate(list(at_times(pieces, np.array(times), at, window))).tolist()


def test_the_nearest_vector_of_two_the_earlier() -> None:
    assert whole("nearest", [0.0, 0.1, 0.14, 0.15, 0.16, 0.4, 9.0]) == [
        [1, 10],
        [1, 10],
        [1, 10],
        [1, 10],
        [2, 20],
        [3, 30],
        [5, 50],
    ]


def test_neighbours_weighted_by_how_near_they_are() -> None:
    vectors = whole("linear", [0.0, 0.1, 0.125, 0.2, 0.45, 0.5, 9.0])
    expected = [[1, 10], [1, 10], [1.25, 12.5], [2, 20], [4.5, 45], [5, 50], [5, 50]]
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)


def test_the_mean_of_a_window_and_the_nearest_where_it_holds_none() -> None:
    vectors = whole("mean", [0.05, 0.15, 0.2, 0.4], window=0.2)
    # -0.05 to 0.15; 0.05 to 0.25; 0.1 to 0.3 and 0.3 to 0.5, with both edges.
    np.testing.assert_allclose(vectors, [[1, 10], [1.5, 15], [2, 20], [4, 40]], rtol=1e-6)
    assert whole("mean", [0.4, 7.0], window=0.1) == [[3, 30], [5, 50]]


@pytest.mark.parametrize("at", ["nearest", "linear", "mean"])
def test_numbers_with_times_of_their_own_are_each_taken_at_theirs(at: At) -> None:
    times, middles = np.arange(-0.2, 0.8, 0.013), np.array([0.04, -0.11])
    vectors = np.concatenate(list(at_times(iter([(STAMPS, VECTORS)]), times, at, 0.25, middles)))
    for column, middle in enumerate(middles):
        alone = iter([(STAMPS + middle, VECTORS[:, [column]])])
        expected = np.concatenate(list(at_times(alone, times, at, 0.25)))
        np.testing.assert_array_equal(vectors[:, [column]], expected)


def test_no_vector_gives_nothing() -> None:
    assert list(at_times(iter([]), np.array([0.1]), "nearest", 0.1)) == []


@pytest.mark.parametrize("at", ["nearest", "linear", "mean"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_pieces_change_nothing(at: At, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    gaps = data.draw(st.lists(st.sampled_from([0.0, 0.01, 0.02, 0.3]), min_size=count, max_size=count))
    stamps = np.cumsum(gaps)
    vectors = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    times = np.sort(data.draw(st.lists(st.floats(-0.5, 3), min_size=1, max_size=40)))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=6)))
    middles = np.array(data.draw(st.lists(st.sampled_from([-0.2, 0.0, 0.013, 0.4]), min_size=3, max_size=3)))
    pieces = zip(np.split(stamps, cuts), np.split(vectors, cuts), strict=True)
    whole = np.concatenate(list(at_times(iter([(stamps, vectors)]), times, at, 0.05, middles)))
    cut = np.concatenate(list(at_times(pieces, times, at, 0.05, middles)))
    assert whole.shape == (len(times), 3)
    np.testing.assert_array_equal(cut, whole)


def test_a_long_track_is_held_in_part_alone() -> None:
    counts: list[int] = []

    def pieces():
        for second in range(1000):
            counts.append(len(vectors))
            yield second + np.arange(100) / 100, np.full((100, 2), second, np.float32)

    vectors: list[np.ndarray] = []
    for block in at_times(pieces(), np.arange(0, 1000, 0.04), "mean", 0.1):
        vectors.append(block)
    # What a frame has is given before the piece after its own comes.
    assert all(second - count <= 1 for second, count in enumerate(counts))
    assert sum(map(len, vectors)) == 25000
