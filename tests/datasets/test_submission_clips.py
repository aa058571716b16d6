"""Clips that are annotated as a whole: their prediction files, and the demo's test score of them."""

import json
import subprocess
from pathlib import Path

import fusion_tables
import numpy as np
import pytest
import warm
from hume_factory import HEADER, SPLITS, intensities_of, label_line, write_hume

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.schemas import labels_schema, predictions_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.submission.clips import submit_clips
from affectflow.datasets.video.hume_tables import read_intensities
from affectflow.fusion.late_fusion import fuse
from affectflow.report.tables.held_out import score_held_out

ERI = track_of("eri")
VALUES = {"00002": [0.0, 1.0, 0.1234567, 0.5, -0.0, 0.25, 0.75], "00010": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.000001]}
EXPECTED = (
    f"{HEADER}\n"
    "[00010],1.000000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000001\n"
    "[00002],0.000000,1.000000,0.123457,0.500000,0.000000,0.250000,0.750000\n"
)


def write_files(folder: Path) -> dict[str, Path]:
    """Of five test clips one has no file and two cannot be decoded."""
    splits = SPLITS | {"00020": "test", "00021": "Test", "00022": "TEST"}
    root = write_hume(folder / "hume", splits)
    rows = [{"subject": name, "frame": 0, **dict(zip(ERI.outputs, v, strict=True))} for name, v in VALUES.items()]
    write_parquet(folder / "fused.parquet", rows, predictions_schema(ERI))
    frame_counts = {"00002": 40, "00010": 20, "00020": 0, "00021": 0}
    return {
        "fused": folder / "fused.parquet",
        "manifest": fusion_tables.manifest(folder / "manifest.parquet", frame_counts),
        "partition": root / "partition.csv",
        "table": folder / "results/test_track4.csv",
        "submission": folder / "results/submission/track4",
    }


def test_rows_are_in_the_order_of_the_table_of_splits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = write_files(tmp_path)
    submit_clips(**paths, track=ERI)
    assert paths["table"].read_text() == EXPECTED
    assert (paths["submission"] / "hume/predictions.csv").read_text() == EXPECTED
    assert "3 test clip(s) cannot be predicted and have no row: 00020, 00021, 00022" in caplog.text


def test_names_are_written_as_the_table_has_them(tmp_path: Path) -> None:
    paths = write_files(tmp_path)
    paths["partition"].write_text(paths["partition"].read_text().replace("[00002]", "00002"))
    submit_clips(**paths, track=ERI)
    assert paths["table"].read_text() == EXPECTED.replace("[00002]", "00002")


def test_missing_predictions_are_named(tmp_path: Path) -> None:
    paths = write_files(tmp_path)
    fusion_tables.manifest(paths["manifest"], {"00002": 40, "00010": 20, "00020": 3})
    with pytest.raises(InputError, match="no frames of subject 00020"):
        submit_clips(**paths, track=ERI)
    assert not paths["table"].exists()


def test_the_script(tmp_path: Path, root: Path) -> None:
    paths = write_files(tmp_path)
    rows = [{"subject": name, "frame": 0, **dict(zip(ERI.targets, v, strict=True))} for name, v in VALUES.items()]
    write_parquet(tmp_path / "labels.parquet", rows, labels_schema(ERI))
    method = {"Both": Method(branches=("B",))}
    fuse({"B": paths["fused"]}, ERI, tmp_path / "labels.parquet", method, Fusion(), tmp_path / "weights.json")
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    command = [warm.python(), root / "workflow/scripts/submit_clips.py", *words]
    command += ["--weights", tmp_path / "weights.json", "--method", "Both"]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert paths["table"].read_text() == EXPECTED and "3 test clip(s)" in result.stderr


def test_the_demos_test_score_is_of_the_table_of_held_out_labels(tmp_path: Path, root: Path) -> None:
    rng, clips = np.random.default_rng(0), [f"{n:05d}" for n in (4, 1, 9, 7, 30, 12)]
    truth = {clip: intensities_of(clip) for clip in clips}
    predicted = {clip: np.clip(np.array(truth[clip]) + rng.normal(0, 0.2, 7), 0, 1) for clip in clips[:-1]}
    tables = {"predictions": predicted, "labels": {clip: np.array(truth[clip]) for clip in predicted}}
    for name, by_clip in tables.items():
        rows = [
            {"subject": c, "frame": 0, **dict(zip(ERI.targets, v.tolist(), strict=True))} for c, v in by_clip.items()
        ]
        write_parquet(tmp_path / f"{name}.parquet", rows, labels_schema(ERI))
    predictions, weights = {"B": tmp_path / "predictions.parquet"}, tmp_path / "weights.json"
    fuse(predictions, ERI, tmp_path / "labels.parquet", {"Both": Method(branches=("B",))}, Fusion(), weights)
    held_out = tmp_path / "held out"
    held_out.mkdir()
    (held_out / "labels.csv").write_text("\n".join([HEADER, *map(label_line, clips)]) + "\n")
    out = tmp_path / "score.json"
    command = [warm.python(), root / "workflow/scripts/score_held_out.py", "--prediction", f"B={predictions['B']}"]
    command += ["--held-out", held_out, "--weights", weights, "--method", "Both", "--corpus", "demo_hume"]
    subprocess.run([*map(str, [*command, "--seed", 1, "--tolerance", 0, "--out", out])], check=True)
    scores = json.loads(out.read_text())
    values, annotated = (np.array([by_clip[clip] for clip in predicted], np.float32) for by_clip in (predicted, truth))
    expected = [np.corrcoef(values[:, place], annotated[:, place])[0, 1] for place in range(7)]
    assert [scores[score] for score in ERI.scores[:-1]] == pytest.approx(expected, abs=1e-6)
    assert scores["total"] == pytest.approx(np.mean(expected), abs=1e-6) and scores["subjects"] == 5
    (held_out / "labels.csv").write_text("\n".join([HEADER, *map(label_line, clips[1:])]) + "\n")
    with pytest.raises(InputError, match=r"labels\.csv: has no labels of clip 00004"):
        score_held_out(predictions, held_out, weights, "Both", "demo_hume", 0, Scoring(), 1, out)


def test_what_is_written_can_be_read_as_labels_are(tmp_path: Path) -> None:
    paths = write_files(tmp_path)
    submit_clips(**paths, track=ERI)
    predictions = read_predictions(paths["fused"], ERI)
    rows = read_intensities(paths["table"])
    assert rows.keys() == set(predictions.subjects)
    for clip, row in rows.items():
        assert row.intensities == pytest.approx(predictions.values[predictions.subjects.index(clip)], abs=1e-6)
