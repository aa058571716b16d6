"""Blocks of sound in their places: nothing is lost silently, and the clock holds where it is sane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from affectflow.preprocessing.media.packets import Overlap
from affectflow.preprocessing.media.placement import Placement

RATE, BLOCK = 1000, 20


def place(times: list[float], placement: Placement) -> NDArray[np.int16]:
    """Blocks of 20 ms, block n of value n + 1, at these times."""
    blocks = [(time, np.full(BLOCK, number, np.int16)) for number, time in enumerate(times, 1)]
    return np.concatenate([np.zeros(0, np.int16), *placement.run(blocks)])


def overlap(times: list[float]) -> Overlap:
    overlaps = Overlap()
    for time in times:
        overlaps.add(time, BLOCK / RATE)
    return overlaps


def steady(begin: float, count: int) -> list[float]:
    return [begin + number * BLOCK / RATE for number in range(count)]


def test_a_sane_clock_is_kept_and_a_gap_is_silence() -> None:
    placement = Placement(RATE)
    samples = place([*steady(0.1, 5), *steady(0.5, 5)], placement)
    assert len(samples) == 600
    assert not samples[:100].any() and samples[100] == 1
    assert not samples[200:500].any() and samples[500] == 6
    assert (placement.padded, placement.moved, placement.cut) == (300, 0, 0)
    assert placement.notes() == ["0.30 s of silence fill gaps in the sound"]


def test_rounded_times_move_nothing() -> None:
    placement = Placement(RATE)
    jitter = np.random.default_rng(0).uniform(-0.02, 0.02, 50)
    samples = place([time + shake for time, shake in zip(steady(0.05, 50), jitter, strict=True)], placement)
    assert placement.notes() == []
    assert (np.diff(samples[samples > 0]) >= 0).all() and np.count_nonzero(samples) == 1000


def test_bursts_of_one_time_keep_every_sample_where_a_gap_makes_up_for_them() -> None:
    # Stamped on arrival: two seconds come at once, then the clock goes on.
    times = [*steady(0, 50), *[1.0] * 100, *steady(3.0, 50)]
    overlaps = overlap(times)
    placement = Placement(RATE, overlaps.made_up, absurd=False)
    samples = place(times, placement)
    assert overlaps.left == pytest.approx(0, abs=1e-9)
    assert samples.tolist() == np.repeat(np.arange(1, 201), BLOCK).tolist()
    assert (placement.padded, placement.cut, placement.moved) == (0, 0, 97 * BLOCK)
    assert placement.notes() == ["1.94 s of sound are up to 1.98 s later than their times, which overlap"]


def test_an_overlap_that_nothing_makes_up_for_is_cut_and_said() -> None:
    times = [*steady(0, 50), *steady(0.7, 200)]
    overlaps = overlap(times)
    assert (overlaps.left, overlaps.made_up) == (pytest.approx(0.3), pytest.approx(0, abs=1e-9))
    placement = Placement(RATE, overlaps.made_up)
    samples = place(times, placement)
    assert placement.cut == 300 and len(samples) == 4700
    assert samples[2000] == 116  # the block at 2.0 s: sound stays with the picture
    assert placement.notes() == ["0.30 s of sound were cut, as their times overlap"]


def test_a_slow_clock_is_followed() -> None:
    times = [number * 0.0198 for number in range(1000)]  # of a sound card that is 1 % fast
    placement = Placement(RATE, overlap(times).made_up)
    samples = place(times, placement)
    assert len(samples) == pytest.approx(19_800, abs=70)
    assert placement.cut == pytest.approx(200, abs=70)


def test_a_single_wrong_time_moves_nothing_else() -> None:
    times = steady(0, 100)
    times[50] = 9.0
    # As ffmpeg's list has it: times that go back become one tick more than the latest.
    ffmpeg_times = np.maximum.accumulate(times) + np.concatenate([np.zeros(51), np.arange(1, 50)]) / RATE
    placement = Placement(RATE, overlap(times).made_up)
    assert place(ffmpeg_times.tolist(), placement).tolist() == np.repeat(np.arange(1, 101), BLOCK).tolist()
    assert (placement.padded, placement.cut) == (0, 0)


def test_times_that_contradict_the_length_cut_nothing() -> None:
    times = [number // 8 * 0.02 for number in range(400)]
    placement = Placement(RATE, overlap(times).made_up, absurd=True)
    assert place(times, placement).tolist() == np.repeat(np.arange(1, 401), BLOCK).tolist()
    assert placement.notes() == ["the times of the sound contradict its length: its samples follow each other"]


@pytest.mark.parametrize(("begin", "start", "silence"), [(5.0, 0.0, 5000), (1000.0, 1000.0, 0), (-0.025, -0.025, 0)])
def test_silence_before_late_sound_is_stored_only_where_it_is_short(begin: float, start: float, silence: int) -> None:
    placement = Placement(RATE)
    samples = place(steady(begin, 10), placement)
    assert (placement.start, len(samples)) == (start, silence + 200)
    assert samples[silence] == 1
    late = {5.0: ["the sound begins at 5.00 s"], -0.025: []}
    assert placement.notes() == late.get(begin, ["the sound begins at 1000.00 s; the silence before it is not stored"])


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.booleans())
def test_every_sample_is_placed_or_counted_as_cut(times: list[float], absurd: bool) -> None:
    placement = Placement(RATE, overlap(times).made_up, absurd)
    samples = place(times, placement)
    offset = round(times[0] * RATE) if placement.start == 0 and round(times[0] * RATE) > 1 else 0
    assert placement.decoded == len(times) * BLOCK
    assert len(samples) == placement.placed == offset + placement.decoded + placement.padded - placement.cut
    assert np.count_nonzero(samples) == placement.decoded - placement.cut
    assert (np.diff(samples[samples > 0]) >= 0).all()
    assert not (absurd and placement.cut)
