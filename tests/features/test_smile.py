"""Descriptors of openSMILE: those of the package's own call on the whole track, in flat memory, at the right times."""

import warnings
from collections.abc import Iterator

import numpy as np
import opensmile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_lab import voice

from affectflow.config.model.feature_sets import OpenSmileSet
from affectflow.config.system.execution import Device
from affectflow.features.registry import build_extractor
from affectflow.features.smile import SmileExtractor

RATE = 16000
LEVELS = {"eGeMAPSv01b": ["lld"], "ComParE_2016": ["lld", "lld_de"]}


def extractor(name: str) -> SmileExtractor:
    smile = build_extractor(OpenSmileSet.model_validate({"kind": "opensmile", "set": name}), None, Device())
    assert isinstance(smile, SmileExtractor)
    return smile


def direct(name: str, samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    """The package's own call on the whole track, a row each 10 ms."""
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for level in LEVELS[name]:
            smile = opensmile.Smile(feature_set=name, feature_level=level)
            parts.append(smile.process_signal(samples / 32768, rate).to_numpy(np.float32))
    rows = min(map(len, parts))
    return np.concatenate([part[:rows] for part in parts], axis=1)


def stream(name: str, blocks: list[np.ndarray], rate: int = RATE) -> tuple[np.ndarray, np.ndarray]:
    pieces = list(extractor(name).stream(lambda: blocks, rate))
    return np.concatenate([times for times, _ in pieces]), np.concatenate([vectors for _, vectors in pieces])


@pytest.mark.parametrize(("name", "size"), [("eGeMAPSv01b", 23), ("ComParE_2016", 130)])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_numbers_are_those_of_a_call_on_the_whole_track(name: str, size: int, rate: int) -> None:
    samples = voice(6.3, rate)
    times, vectors = stream(name, [samples], rate)
    expected = direct(name, samples, rate)
    assert vectors.shape == expected.shape
    assert vectors.shape[1] == extractor(name).size == size
    np.testing.assert_array_equal(vectors, expected)
    np.testing.assert_allclose(times, np.arange(len(times)) / 100, atol=1e-9)
    assert vectors[:, 0].std() > 0


@settings(max_examples=8, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(LEVELS)))
def test_blocks_change_nothing(data: st.DataObject, name: str) -> None:
    samples = voice(2.5)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    times, vectors = stream(name, np.split(samples, cuts))
    whole = stream(name, [samples])
    np.testing.assert_array_equal(times, whole[0])
    np.testing.assert_array_equal(vectors, whole[1])


def test_a_track_shorter_than_a_window_has_no_rows() -> None:
    assert list(extractor("ComParE_2016").stream(lambda: [voice(0.02)], RATE)) == []
    assert list(extractor("ComParE_2016").stream(lambda: [], RATE)) == []


def test_stopping_early_and_broken_sound_leave_nothing_running() -> None:
    import threading

    def broken() -> Iterator[np.ndarray]:
        yield voice(5)
        raise OSError("the disk is gone")

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        list(extractor("eGeMAPSv01b").stream(broken, RATE))
    started = extractor("eGeMAPSv01b").stream(lambda: [voice(60)], RATE)
    next(started)
    started.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
