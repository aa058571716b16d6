"""From frames to utterances: medians of sequences, their mean, moving windows, names."""

from pathlib import Path

import fusion_tables
import numpy as np
import pandas as pd
import pytest
from fusion_tables import VA
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affectflow.artifacts.predictions import read_predictions
from affectflow.core.errors import InputError
from affectflow.datasets.video.utterances import Utterance, by_video, utterance_of
from affectflow.fusion.utterances import moving_average, moving_median, smoothed, utterance_value, utterances_of
from affectflow.report.run_page.streams import Seen, seen_utterances

COLUMNS = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1, width=32))
WINDOWS = st.integers(0, 12).map(lambda half: 2 * half + 1)


def test_by_hand() -> None:
    # Sequences of three: median 0.2 of (0.1, 0.9, 0.2), 0.5 of (0.5, 0.5, -1); 0.25 of the rest (0.3, 0.2).
    values = [0.1, 0.9, 0.2, 0.5, 0.5, -1.0, 0.3, 0.2]
    assert utterance_value(values, 3) == pytest.approx((0.2 + 0.5 + 0.25) / 3)
    # Filtered by three, at the ends by two: (0.5, 0.2, 0.55), (0.5, 0.5, -0.25), (0.25, 0.25).
    assert utterance_value(values, 3, window=3) == pytest.approx((0.5 + 0.5 + 0.25) / 3)
    assert utterance_value(values, 80) == pytest.approx(0.25)
    assert moving_average([3.0, 0.0, 6.0, 9.0], 3) == pytest.approx([1.5, 3.0, 5.0, 7.5])
    assert moving_median([3.0, 0.0, 6.0, 9.0], 3) == pytest.approx([1.5, 3.0, 6.0, 7.5])


def test_the_filter_does_not_look_beyond_a_sequence() -> None:
    # With its neighbours over the border the middle frames of both would be mixed.
    values = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert utterance_value(values, 3, window=5) == 0.5


@given(COLUMNS, WINDOWS)
def test_windows_are_those_of_pandas(values: np.ndarray, window: int) -> None:
    rolling = pd.Series(values).rolling(window, center=True, min_periods=1)
    assert moving_median(values, window) == pytest.approx(rolling.median().to_numpy(), abs=1e-12)
    assert moving_average(values, window) == pytest.approx(rolling.mean().to_numpy(), abs=1e-9)


@given(COLUMNS, WINDOWS, st.integers(1, 20))
def test_laws(values: np.ndarray, window: int, length: int) -> None:
    for moving in (moving_median, moving_average):
        assert (moving(values, 1) == values).all()
        result = moving(values, window)
        assert result.shape == values.shape
        assert result.min() >= values.min() - 1e-12 and result.max() <= values.max() + 1e-12
        assert moving(values[::-1], window)[::-1] == pytest.approx(result, abs=1e-12)  # centred
        assert moving(np.full_like(values, 0.3), window) == pytest.approx(0.3)
    assert utterance_value(values, length, 1) == utterance_value(values, length)
    assert values.min() - 1e-12 <= utterance_value(values, length, window) <= values.max() + 1e-12
    assert utterance_value(values, len(values)) == np.median(values)
    assert utterance_value(values, 1) == pytest.approx(values.mean(), abs=1e-12)


@pytest.mark.parametrize("window", [0, 2, -1])
def test_a_window_without_a_middle_is_refused(window: int) -> None:
    with pytest.raises(ValueError, match="has no middle"):
        moving_median([1.0, 2.0], window)


def test_smoothing_stays_within_a_video() -> None:
    ends = np.array([0, 2, 5])
    values = smoothed([0.0, 1.0, 0.3, 0.6, 0.9], ends, 3, "average")
    assert values == pytest.approx([0.5, 0.5, 0.45, 0.6, 0.75])
    assert smoothed([0.0, 1.0, 0.3, 0.6, 0.9], ends, 3, "median") == pytest.approx([0.5, 0.5, 0.45, 0.6, 0.75])
    assert smoothed([0.0, 1.0, 0.3, 0.6, 0.9], ends, 1, "average") == pytest.approx([0.0, 1.0, 0.3, 0.6, 0.9])


def test_utterances_of_a_table_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    table = fusion_tables.predictions(
        tmp_path / "frames.parquet",
        {
            "b_utterance_10": [(0.1, 0.2), (0.3, 0.4), (0.5, 0.9)],
            "a_1_utterance_3": [(0.7, 0.0)],
            "b_utterance_2": [(-0.5, 0.5), (-0.1, 0.5)],
        },
    )
    utterances = utterances_of(read_predictions(table, VA), 2, [1, 1])
    assert utterances.subjects == ("a_1", "b") and utterances.starts.tolist() == [0, 1, 3]
    assert utterances.frames == {"a_1": 1, "b": 2}
    assert utterances.values == pytest.approx(np.array([[0.7, 0.0], [-0.3, 0.5], [0.35, 0.6]]))


def test_names() -> None:
    utterance = utterance_of("04899849f_1_utterance_12")
    assert utterance == Utterance("04899849f_1", 12) and utterance.subject == "04899849f_1_utterance_12"
    assert by_video(["b_utterance_10", "a_utterance_1", "b_utterance_9"]) == {
        "a": ("a_utterance_1",),
        "b": ("b_utterance_9", "b_utterance_10"),
    }
    for name in ("video1", "a_utterance_0", "a_utterance_01", "_utterance_1x", "utterance_1"):
        with pytest.raises(InputError, match="is no utterance"):
            utterance_of(name)


def test_what_was_found_of_utterances() -> None:
    def presence(times: list[float], face: list[int], body: list[int]) -> Seen:
        return Seen(np.array(times), np.array(face, np.uint8), np.array(body, np.uint8))

    clips = {
        "a_utterance_10": presence([0.0, 1.0, 2.0], [0, 1, 0], [0, 0, 0]),
        "a_utterance_2": presence([0.5, 1.5], [0, 0], [1, 0]),
        "b_utterance_1": presence([0.0], [1], [1]),
        "b_utterance_2": presence([], [], []),  # its clip cannot be decoded
    }
    utterances = seen_utterances(clips)
    assert set(utterances) == {"a", "b"}
    assert utterances["a"].times.tolist() == [0.5, 2.0]  # the middle of 1 s, then of 2 s
    assert utterances["a"].face.tolist() == [0, 1] and utterances["a"].body.tolist() == [1, 0]
