"""Bodies between two frames in which they were looked for."""

import numpy as np
import pytest

from affectflow.preprocessing.body.between import agree, interpolated, key_frames


@pytest.mark.parametrize(
    ("shots", "every", "expected"),
    [
        ([0] * 9, 4, [0, 4, 8]),
        ([0] * 10, 4, [0, 4, 8, 9]),
        ([0] * 5 + [1] * 2 + [2], 3, [0, 3, 4, 5, 6, 7]),
        ([0, 0, 0], 1, [0, 1, 2]),
        ([0], 4, [0]),
    ],
)
def test_key_frames_begin_and_end_each_shot(shots: list[int], every: int, expected: list[int]) -> None:
    assert key_frames(np.array(shots, np.int64), every) == expected


def test_joints_are_interpolated_and_one_of_a_single_side_stays_in_its_half() -> None:
    before, after = np.zeros((2, 25, 3), np.float32)
    before[0], after[0] = (10, 20, 0.4), (30, 60, 0.8)
    before[1], after[2] = (5, 6, 0.9), (7, 8, 0.7)
    between = interpolated(before, after, 4)
    assert between.shape == (3, 25, 3)
    assert between[:, 0] == pytest.approx(np.array([(15, 30, 0.5), (20, 40, 0.6), (25, 50, 0.7)]))
    assert between[:, 1].tolist() == [before[1].tolist(), [0, 0, 0], [0, 0, 0]]
    assert between[:, 2].tolist() == [[0, 0, 0], after[2].tolist(), after[2].tolist()]
    assert not between[:, 3:].any()


def test_bodies_agree_by_the_box_of_the_joints_that_are_seen() -> None:
    before = np.zeros((25, 3), np.float32)
    before[:4] = (0, 0, 1), (100, 0, 1), (0, 100, 1), (900, 900, 0.05)
    after = before + np.float32([10, 0, 0])
    assert agree(before, after, 0.1)  # 90 of 110 columns
    assert not agree(before, before + np.float32([40, 0, 0]), 0.1)  # 60 of 140
    nothing = before.copy()
    nothing[:, 2] = 0.05
    assert not agree(before, nothing, 0.1)
