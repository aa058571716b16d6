"""Smoothing of predictions of frames (Meng et al., section 3.5): the window as printed, its search, its files."""

import subprocess
import tracemalloc
from itertools import pairwise
from pathlib import Path

import fusion_tables
import numpy as np
import pytest
import warm
from fusion_tables import VA
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.record import read_record, record_path
from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.core.errors import InputError
from affectflow.fusion.smoothing import find_smoothing, read_smoothing, smoothed, window_means, write_smoothed
from affectflow.metrics.measures import ccc

COLUMNS = arrays(np.float32, st.integers(1, 60), elements=st.floats(-1, 1, width=32))
WINDOWS = st.integers(1, 80)


def by_frame(values: np.ndarray, starts: list[int], window: int) -> np.ndarray:
    """The printed window, frame by frame, in double precision."""
    side = int(np.ceil(window / 2))
    means = []
    for begin, end in pairwise(starts):
        part = values[begin:end].astype(np.float64)
        means += [part[max(0, j - side) : j + side + 1].mean() for j in range(len(part))]
    return np.array(means)


def test_by_hand() -> None:
    # A window of 2 reaches one frame to each side; of 3, two. The second subject (two frames) sees none of the first.
    values = np.array([0.0, 0.3, 0.6, -0.3, 1.0, -1.0])
    assert window_means(values, [0, 4, 6], 2) == pytest.approx([0.15, 0.3, 0.2, 0.15, 0, 0], abs=1e-7)
    assert window_means(values, [0, 4, 6], 3) == pytest.approx([0.3, 0.15, 0.15, 0.2, 0, 0], abs=1e-7)


def test_a_window_of_one_side_by_hand() -> None:
    values = np.array([0.0, 0.3, 0.6, -0.3, 1.0, -1.0])
    assert window_means(values, [0, 4, 6], 2, "before") == pytest.approx([0, 0.15, 0.45, 0.15, 1, 0], abs=1e-7)
    assert window_means(values, [0, 4, 6], 2, "after") == pytest.approx([0.15, 0.45, 0.15, -0.3, 0, -1], abs=1e-7)
    assert (window_means(values, [0, 6], 1, "after") == values.astype(np.float32)).all(), "a window of the frame itself"


def test_a_window_to_each_side_by_hand() -> None:
    values = np.array([0.0, 0.3, 0.6, -0.3, 1.0, -1.0])
    assert window_means(values, [0, 4, 6], 1, "each") == pytest.approx([0.15, 0.3, 0.2, 0.15, 0, 0], abs=1e-7)
    assert window_means(values, [0, 4, 6], 2, "each") == pytest.approx([0.3, 0.15, 0.15, 0.2, 0, 0], abs=1e-7)
    one = np.zeros(301)
    one[150] = 1
    counts = {w: int((window_means(one, [0, 301], w, "each") > 0).sum()) for w in (50, 20)}
    assert counts == {50: 101, 20: 41}, "those of the public code of Meng et al."


def test_clipped_before_the_mean_or_after_it(tmp_path: Path) -> None:
    table = fusion_tables.predictions(tmp_path / "p.parquet", {"a": [(3.0, 0.0), (0.0, 0.0), (-0.5, 2.0)]})
    for clip, expected in (("first", [0.5, 1 / 6, -0.25]), ("last", [1.0, 2.5 / 3, -0.25])):
        settings = Postprocess.model_validate({"mean": {"valence": 2}, "clip": clip})
        find_smoothing(VA, settings, None, None, tmp_path / "s.json")
        write_smoothed(table, tmp_path / "s.json", tmp_path / "out.parquet")
        values = read_predictions(tmp_path / "out.parquet", VA, clip=False).values
        assert values[:, 0] == pytest.approx(expected, abs=1e-6), clip
        assert values[:, 1].tolist() == [0, 0, 1], "what is not smoothed is cut, too"


@given(COLUMNS, WINDOWS, st.data())
def test_as_frame_by_frame_and_never_across_subjects(values: np.ndarray, window: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    starts = sorted({0, cut, len(values)})
    assert window_means(values, starts, window) == pytest.approx(by_frame(values, starts, window), abs=1e-7)
    others = values.copy()
    others[cut:] = 1
    assert (window_means(values, starts, window)[:cut] == window_means(others, starts, window)[:cut]).all()


@given(st.floats(-1, 1, width=32), st.integers(1, 60), WINDOWS)
def test_a_constant_stays(value: float, count: int, window: int) -> None:
    assert window_means(np.full(count, value), [0, count], window) == pytest.approx(np.full(count, value), abs=1e-7)


@given(st.data(), WINDOWS)
def test_the_mean_of_members_is_smoothed_as_each_is(data: st.DataObject, window: int) -> None:
    one = data.draw(COLUMNS)
    other = data.draw(arrays(np.float32, len(one), elements=st.floats(-1, 1, width=32)))
    starts = [0, len(one)]
    expected = (window_means(one, starts, window) + window_means(other, starts, window)) / 2
    assert window_means((one + other) / 2, starts, window) == pytest.approx(expected, abs=2e-7)


def test_a_long_video_loses_no_digits_and_takes_no_square_of_memory() -> None:
    count = 1_000_000
    values = (0.9 + 0.1 * np.random.default_rng(1).uniform(-1, 1, count)).astype(np.float32)
    tracemalloc.start()
    means = window_means(values, [0, count], 5000)
    assert tracemalloc.get_traced_memory()[1] < 120 * count
    tracemalloc.stop()
    for frame in (0, 10, 500_000, count - 1):
        part = values[max(0, frame - 2500) : frame + 2501].astype(np.float64)
        assert means[frame] == pytest.approx(part.mean(), abs=1e-7)
    # The same frames at the start of another video give the same bytes.
    assert (window_means(values[-9000:], [0, 9000], 5000)[2500:] == means[-6500:]).all()


def waves(count: int = 300) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Predictions that are labels and noise: of valence much of it, of arousal none."""
    random, time = np.random.default_rng(3), np.arange(count)
    truth = np.stack([0.7 * np.sin(time / 40), 0.7 * np.sin(time / 2)], axis=1)
    predicted = truth + np.stack([random.normal(0, 0.4, count), np.zeros(count)], axis=1)
    return [tuple(row) for row in predicted.tolist()], [tuple(row) for row in truth.tolist()]


def make_tables(folder: Path) -> tuple[Path, Path]:
    predicted, truth = waves()
    table = fusion_tables.predictions(folder / "p.parquet", {"a": predicted[:200], "b": predicted[200:]})
    return table, fusion_tables.labels(folder / "l.parquet", {"a": truth[:200], "b": truth[200:]})


def test_of_several_windows_the_best_stays_where_it_improves(tmp_path: Path) -> None:
    table, labels = make_tables(tmp_path)
    settings = Postprocess(mean={"valence": (4, 10, 120), "arousal": (10, 20)})
    smoothing = find_smoothing(VA, settings, table, labels, tmp_path / "s.json")
    assert read_smoothing(tmp_path / "s.json") == smoothing and smoothing.frames == 300
    values, truth = read_predictions(table, VA).values, np.array(waves()[1])
    assert list(smoothing.targets) == ["valence", "arousal"]
    for place, (target, choice) in enumerate(smoothing.targets.items()):
        assert choice.tried and choice.without == pytest.approx(ccc(values[:, place], truth[:, place]), abs=1e-6)
        for window, score in choice.tried.items():
            means = by_frame(values[:, place], [0, 200, 300], window)
            assert score == pytest.approx(ccc(means, truth[:, place]), abs=1e-6), target
    valence, arousal = smoothing.targets["valence"], smoothing.targets["arousal"]
    assert valence.kept == max(valence.tried, key=lambda w: valence.tried[w]) and "is above" in valence.why
    assert arousal.kept is None and arousal.why.startswith("no window is above")
    assert smoothing.windows == {"valence": valence.kept}


def test_of_equally_good_windows_the_smallest(tmp_path: Path) -> None:
    # Of two frames every window that reaches one frame holds both.
    table = fusion_tables.predictions(tmp_path / "p.parquet", {"a": [(0.9, 0.0), (-0.9, 0.0)], "b": [(0.5, 0.5)]})
    labels = fusion_tables.labels(tmp_path / "l.parquet", {"a": [(0.0, 0.0), (0.0, 0.0)], "b": [(0.5, 0.5)]})
    smoothing = find_smoothing(VA, Postprocess(mean={"valence": (9, 2, 5)}), table, labels)
    assert smoothing.targets["valence"].kept == 2 and set(smoothing.targets["valence"].tried.values()) == {1.0}


def test_fixed_windows_need_no_tables_and_others_do(tmp_path: Path) -> None:
    smoothing = find_smoothing(VA, Postprocess(mean={"valence": 20, "arousal": 50}), None, None)
    assert smoothing.windows == {"valence": 20, "arousal": 50} and smoothing.frames is None
    assert find_smoothing(VA, Postprocess(mean={"arousal": 50}), None, None).windows == {"arousal": 50}
    with pytest.raises(InputError, match="are tried on validation: give its predictions and labels"):
        find_smoothing(VA, Postprocess(mean={"valence": (20,)}), None, None)


def test_tables_keep_their_frames_and_what_is_not_smoothed(tmp_path: Path) -> None:
    table, _ = make_tables(tmp_path)
    find_smoothing(VA, Postprocess(mean={"valence": 20}), None, None, tmp_path / "s.json")
    write_smoothed(table, tmp_path / "s.json", tmp_path / "out.parquet")
    before, after = read_predictions(table, VA), read_predictions(tmp_path / "out.parquet", VA)
    assert after.frames == before.frames and (after.values[:, 1] == before.values[:, 1]).all()
    assert after.values[:, 0] == pytest.approx(by_frame(before.values[:, 0], [0, 200, 300], 20), abs=1e-7)
    assert (smoothed(table, read_smoothing(tmp_path / "s.json")).values == after.values).all()
    with pytest.raises(InputError, match="not a file of smoothing"):
        (tmp_path / "bad.json").write_text("{}")
        write_smoothed(table, tmp_path / "bad.json", tmp_path / "out.parquet")


def test_scripts(tmp_path: Path, root: Path) -> None:
    table, labels = make_tables(tmp_path)
    scripts, stored, out = root / "workflow/scripts", tmp_path / "smoothing.json", tmp_path / "out.parquet"
    track = ("--track", "va", "--edition", "abaw2")
    options = ("--predictions", table, "--labels", labels, "--postprocess", '{"mean": {"valence": [4, 20]}}')
    for words in (
        ("find_smoothing.py", *track, *options, "--out", stored),
        ("smooth.py", "--predictions", table, "--smoothing", stored, "--out", out),
    ):
        subprocess.run([warm.python(), scripts / words[0], *words[1:]], check=True)
    smoothing = read_smoothing(stored)
    assert smoothing == find_smoothing(VA, Postprocess(mean={"valence": (4, 20)}), table, labels)
    assert (read_predictions(out, VA).values == smoothed(table, smoothing).values).all()
    assert read_record(record_path(out)).rule == "smooth"
