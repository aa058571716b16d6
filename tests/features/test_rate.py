"""A track at 16 kHz is the same however it comes, and what is in it stays where it was."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from affectflow.features.rate import RATE, Stretches, to_16k, windows

RATES = [8000, 16000, 22050, 44100, 48000]


def noise(count: int) -> NDArray[np.int16]:
    return np.random.default_rng(count).normal(scale=5000, size=count).clip(-32768, 32767).astype(np.int16)


def cut(samples: NDArray, lengths: list[int]) -> Iterator[NDArray]:
    """Blocks of the given lengths, again and again; lengths of 0 are empty blocks."""
    first = 0
    while first < len(samples):
        for length in lengths:
            yield samples[first : first + length]
            first += length


blocks = st.lists(st.integers(0, 9000), min_size=1, max_size=6).filter(any)


@settings(deadline=None, max_examples=40)
@given(blocks, st.sampled_from(RATES), st.integers(1, 40_000))
def test_any_blocks_give_the_track_resampled_at_once(lengths: list[int], rate: int, count: int):
    samples = noise(count)
    parts = list(to_16k(cut(samples, lengths), rate))
    assert all(len(part) and part.dtype == np.float32 for part in parts)
    whole = soxr.resample(samples.astype(np.float32) / 32768, rate, RATE)
    assert abs(len(whole) - count * RATE / rate) <= 0.5
    np.testing.assert_allclose(np.concatenate([np.empty(0, np.float32), *parts]), whole, rtol=0, atol=1e-6)


def test_a_block_longer_than_what_is_resampled_at_once():
    samples = noise(300_000)
    np.testing.assert_allclose(
        np.concatenate(list(to_16k([samples], 44100))),
        soxr.resample(samples.astype(np.float32) / 32768, 44100, RATE),
        rtol=0,
        atol=1e-6,
    )


def test_sound_of_16_khz_is_only_scaled():
    resampled = np.concatenate(list(to_16k([np.array([-32768, 0, 1, 32767], np.int16)], RATE)))
    assert resampled.tolist() == [-1, 0, 1 / 32768, 32767 / 32768]


def test_no_sound():
    assert list(to_16k([], 44100)) == []
    assert list(to_16k([np.empty(0, np.int16)], RATE)) == []


@pytest.mark.parametrize("rate", RATES)
def test_a_click_stays_at_its_time(rate: int):
    samples = np.zeros(2 * rate, np.int16)
    samples[rate] = 30000  # after exactly one second
    resampled = np.concatenate(list(to_16k(cut(samples, [1000]), rate)))
    assert np.abs(resampled).argmax() == RATE
    # The filter rings on both sides alike: it has no delay of a part of a sample either.
    np.testing.assert_allclose(resampled[RATE + 1 : RATE + 100], resampled[RATE - 1 : RATE - 100 : -1], atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_a_sine_keeps_its_frequency_phase_and_height(rate: int):
    samples = np.round(16384 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.int16)
    resampled = np.concatenate(list(to_16k(cut(samples, [4410]), rate)))
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    inside = slice(500, -500)  # the track begins and ends with a jump
    np.testing.assert_allclose(resampled[inside], expected[inside], atol=1e-4)


def test_what_16_khz_cannot_hold_is_taken_out():
    samples = np.round(16384 * np.sin(2 * np.pi * 12000 * np.arange(44100) / 44100)).astype(np.int16)
    resampled = np.concatenate(list(to_16k([samples], 44100)))
    assert np.abs(resampled[500:-500]).max() < 1e-3


@settings(deadline=None)
@given(blocks, st.integers(0, 20_000), st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 8000)), max_size=12))
def test_stretches_are_slices_of_the_track(lengths: list[int], count: int, steps: list[tuple[int, int]]):
    track = np.arange(count, dtype=np.float32)
    stretches, begin = Stretches(cut(track, lengths)), 0
    for step, length in steps:
        begin += step
        assert np.array_equal(stretches.read(begin, begin + length), track[begin : begin + length])


@settings(deadline=None)
@given(blocks, st.integers(0, 5000), st.integers(1, 900), st.integers(1, 900))
def test_pieces_hold_all_of_the_track_and_silence_behind_it(lengths: list[int], count: int, length: int, hop: int):
    track = np.arange(1, count + 1, dtype=np.float32)
    pieces = list(windows(cut(track, lengths), length, hop))
    padded = np.concatenate([track, np.zeros(length, np.float32)])
    for number, piece in enumerate(pieces):
        assert np.array_equal(piece, padded[number * hop :][:length])
    if hop <= length:  # no sound is left out, and no piece is of what the one before it held already
        assert len(pieces) == (0 if count == 0 else 1 + max(0, -(-(count - length) // hop)))


def test_an_hour_is_not_held():
    def hour() -> Iterator[NDArray[np.int16]]:
        for _ in range(360):
            yield np.zeros(441_000, np.int16)

    tracemalloc.start()
    stretches, second = Stretches(to_16k(hour(), 44100)), 0
    while len(stretches.read(second * RATE, (second + 2) * RATE)):
        second += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert second == 3600
    assert peak < 3e6  # a block of 0.9 MB and a few seconds at 16 kHz; the hour has 230 MB
