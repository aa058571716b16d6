"""Batches of several sets a step: each sample once an epoch, whatever the sizes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.dataloading.batches import Draws, joint_batches

sets = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 50)), min_size=1, max_size=4)


@given(sets, st.integers(0, 2**32 - 1), st.integers(0, 100))
@settings(deadline=None)
def test_an_epoch_holds_each_sample_of_each_set_once(sizes: list[tuple[int, int]], seed: int, epoch: int) -> None:
    steps = joint_batches([Draws(*one) for one in sizes], seed, epoch)
    assert len(steps) == max(-(-count // size) for count, size in sizes)
    for place, (count, size) in enumerate(sizes):
        batches = [step[place] for step in steps]
        lengths = [len(part) for part in batches]
        assert sorted(np.concatenate(batches).tolist()) == list(range(count))
        assert max(lengths) <= size and max(lengths) - min(lengths) <= 1
        shares = np.cumsum(lengths) / count - np.arange(1, len(steps) + 1) / len(steps)
        assert abs(shares).max() <= 1 / count, "spread over the epoch"


def test_the_papers_sizes() -> None:
    steps = joint_batches([Draws(40_100, 401), Draws(24_000, 247), Draws(10_301, 103)], seed=0, epoch=0)
    assert len(steps) == 101, "the third set needs most"
    assert {len(a) for a, _, _ in steps} == {397, 398} and {len(c) for _, _, c in steps} == {101, 102}


def test_order_follows_from_seed_and_epoch_and_differs_by_set() -> None:
    def order(seed: int, epoch: int, place: int) -> list[int]:
        return np.concatenate([step[place] for step in joint_batches([Draws(50, 7)] * 2, seed, epoch)]).tolist()

    assert order(1, 2, 0) == order(1, 2, 0)
    orders = [order(seed, epoch, place) for seed in (1, 2) for epoch in (1, 2) for place in (0, 1)]
    assert len({tuple(one) for one in orders}) == 8
    # A set's order does not depend on the other sets.
    alone = np.concatenate([step[0] for step in joint_batches([Draws(50, 7)], 1, 2)]).tolist()
    assert alone == order(1, 2, 0)
