"""Post-processing found on validation: kept where it improves, never worse, applied alike to every split."""

import json
import subprocess
from pathlib import Path

import fusion_tables
import numpy as np
import pytest
import warm
from fusion_tables import VA
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.record import read_record, record_path
from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.fusion.postprocess import Steps, find_steps, postprocessed, read_steps, write_utterances
from affectflow.metrics.measures import ccc

LENGTH = 10


def tables(folder: Path, seed: int, videos: int = 3, noise: float = 0.6) -> tuple[Path, Path, dict[str, np.ndarray]]:
    """Frames of utterances whose affect drifts along each video, seen through noise and outliers; and their labels."""
    rng = np.random.default_rng(seed)
    frames, labels = {}, {}
    for video in range(videos):
        count = int(rng.integers(4, 9))
        truth = np.cumsum(rng.normal(0, 0.2, (count, 2)), axis=0).clip(-0.9, 0.9)
        labels[f"v{video}"] = [tuple(row) for row in truth.tolist()]
        for number, row in enumerate(truth, start=1):
            predicted = row + rng.normal(0, noise, 2) + rng.standard_t(1.5, (int(rng.integers(3, 25)), 2)) * 0.1
            frames[f"v{video}_utterance_{number}"] = [tuple(pair) for pair in predicted.clip(-1, 1).tolist()]
    return (
        fusion_tables.predictions(folder / "frames.parquet", frames),
        fusion_tables.labels(folder / "labels.parquet", labels),
        {video: np.array(rows) for video, rows in labels.items()},
    )


def scores_of(table: Path, steps: Steps, truth: dict[str, np.ndarray]) -> list[float]:
    utterances = postprocessed(read_predictions(table, VA), steps)
    targets = np.concatenate([truth[video] for video in utterances.subjects])
    return [ccc(utterances.values[:, column], targets[:, column].astype(np.float32)) for column in range(2)]


OFF = Postprocess()
CANDIDATES = Postprocess(median=(3, 5, 9), smoothing=(3, 5))


def test_smoothing_is_kept_where_affect_drifts_and_noise_is_large(tmp_path: Path) -> None:
    table, labels, truth = tables(tmp_path, seed=3, videos=12)
    steps = find_steps(table, labels, VA, LENGTH, CANDIDATES, tmp_path / "steps.json")
    assert read_steps(tmp_path / "steps.json") == steps
    assert [target.smoothing.kept > 1 for target in steps.targets.values()] == [True, True]
    plain = scores_of(table, find_steps(table, labels, VA, LENGTH, OFF), truth)
    ours = scores_of(table, steps, truth)
    for target, before, after in zip(steps.targets.values(), plain, ours, strict=True):
        assert target.median.without == pytest.approx(before, abs=1e-8)
        assert target.smoothing.without == target.median.score
        assert target.smoothing.score == pytest.approx(after, abs=1e-8) and after > before
        assert target.smoothing.why.startswith(f"window {target.smoothing.kept}: ")
    stored = json.loads((tmp_path / "steps.json").read_text())
    assert stored["length"] == LENGTH and set(stored["targets"]["valence"]["median"]["tried"]) == {"3", "5", "9"}


def test_off_is_the_plain_aggregation(tmp_path: Path) -> None:
    table, labels, _ = tables(tmp_path, seed=1)
    steps = find_steps(table, labels, VA, LENGTH, OFF, tmp_path / "steps.json")
    assert set(steps.targets) == set(VA.targets)
    for target in steps.targets.values():
        assert target.median.kept == target.smoothing.kept == 1 and target.median.why == "off in the settings"
    write_utterances(table, tmp_path / "steps.json", tmp_path / "out.parquet")
    frames, utterances = read_predictions(table, VA), read_predictions(tmp_path / "out.parquet", VA)
    first = frames.values[: frames.starts[1]]
    medians = [np.median(first[start : start + LENGTH], axis=0) for start in range(0, len(first), LENGTH)]
    assert frames.subjects[0] == "v0_utterance_1" and utterances.subjects[0] == "v0"
    assert utterances.values[0] == pytest.approx(np.mean(medians, axis=0), abs=1e-6)


def test_a_step_that_does_not_help_is_not_kept(tmp_path: Path) -> None:
    # Neighbouring utterances are opposites: any average of them is worse; frames of one agree: no filter changes them.
    values = [(0.5, -0.5) if number % 2 else (-0.5, 0.5) for number in range(8)]
    table = fusion_tables.predictions(
        tmp_path / "frames.parquet", {f"v_utterance_{n}": [row] * 20 for n, row in enumerate(values, start=1)}
    )
    labels = fusion_tables.labels(tmp_path / "labels.parquet", {"v": values})
    steps = find_steps(table, labels, VA, LENGTH, CANDIDATES)
    assert set(steps.targets) == set(VA.targets)
    for target in steps.targets.values():
        assert target.median.kept == target.smoothing.kept == 1
        assert target.median.tried == dict.fromkeys((3, 5, 9), 1.0)  # equal is no improvement
        assert max(target.smoothing.tried.values()) < 1.0 and target.smoothing.why == "no window is above 1.000000"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ccc", "video_ccc"]), st.sampled_from(["average", "median"]))
def test_never_worse_on_validation(
    tmp_path_factory: pytest.TempPathFactory, seed: int, score: str, method: str
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    table, labels, truth = tables(folder, seed)
    options = Postprocess.model_validate({**CANDIDATES.model_dump(), "score": score, "method": method})
    steps = find_steps(table, labels, VA, LENGTH, options)
    assert set(steps.targets) == set(VA.targets)
    for target in steps.targets.values():
        assert target.median.without <= target.median.score == target.smoothing.without <= target.smoothing.score
    if score == "ccc":
        plain = scores_of(table, find_steps(table, labels, VA, LENGTH, OFF), truth)
        assert (np.array(scores_of(table, steps, truth)) >= np.array(plain) - 1e-12).all()


def test_the_scripts_do_the_same(tmp_path: Path, root: Path) -> None:
    table, labels, _ = tables(tmp_path, seed=3, videos=12)
    steps, out = tmp_path / "predictions/utterances/postprocess.json", tmp_path / "predictions/utterances/test.parquet"
    settings = json.dumps({"median": [3], "smoothing": [3, 5]})
    scripts = {
        "postprocess": ["--track", "va", "--edition", "abaw2", "--labels", labels, "--length", LENGTH,
                        "--postprocess", settings, "--out", steps],
        "utterances": ["--steps", steps, "--out", out],
    }  # fmt: skip
    for name, words in scripts.items():
        command = [warm.python(), root / f"workflow/scripts/{name}.py", "--predictions", table, *words]
        result = subprocess.run([*map(str, command)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
    expected = find_steps(table, labels, VA, LENGTH, Postprocess(median=(3,), smoothing=(3, 5)))
    assert read_steps(steps) == expected
    assert (read_predictions(out, VA).values == postprocessed(read_predictions(table, VA), expected).values).all()
    assert read_record(record_path(out)).inputs[-1].path.endswith("postprocess.json")
    assert read_record(record_path(steps)).options["length"] == LENGTH


def test_video_ccc_needs_a_video_of_two(tmp_path: Path) -> None:
    table = fusion_tables.predictions(tmp_path / "frames.parquet", {"v_utterance_1": [(0.1, 0.2)]})
    labels = fusion_tables.labels(tmp_path / "labels.parquet", {"v": [(0.3, 0.3)]})
    options = Postprocess(median=(3,), score="video_ccc")
    with pytest.raises(InputError, match="no validation video has two annotated utterances"):
        find_steps(table, labels, VA, LENGTH, options)


def test_bad_files_and_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the rule that makes it has not run"):
        read_steps(tmp_path / "gone.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(InputError, match="not a file of post-processing"):
        read_steps(tmp_path / "bad.json")
    with pytest.raises(InputError, match="window 4 has no middle"):
        validated(Postprocess, {"median": [3, 4]}, "here")
