"""Prediction files of utterances: the organisers' columns, in the order of their list."""

import subprocess
from pathlib import Path

import fusion_tables
import pytest
import warm
from fusion_tables import VA
from omg_factory import rows_of, write_list

from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.errors import InputError
from affectflow.datasets.submission.utterances import submit_utterances
from affectflow.fusion.late_fusion import fuse

VALUES = {"a": [(0.5, 0.25), (-0.0000001, 1.0)], "b_1": [(1.0, 0.1234567)]}


def write_files(folder: Path) -> dict[str, Path]:
    clips = {"b_1_utterance_7": 9, "a_utterance_10": 4, "a_utterance_3": 5, "a_utterance_4": 0}
    rows = rows_of("test", {"b_1": (7,), "gone": (1,), "a": (10, 4, 3)})
    return {
        "fused": fusion_tables.predictions(folder / "fused.parquet", VALUES),
        "manifest": fusion_tables.manifest(folder / "videos.parquet", {"a": 2, "b_1": 1}),
        "clips": fusion_tables.manifest(folder / "clips.parquet", clips),
        "sample": write_list(folder / "list.csv", rows, labelled=False),
        "table": folder / "results/test_track1.csv",
        "submission": folder / "results/submission/track1",
    }


EXPECTED = (
    "video,utterance,arousal,valence\n"
    "b_1,utterance_7.mp4,0.123457,1.000000\n"
    "a,utterance_10.mp4,1.000000,0.000000\n"
    "a,utterance_3.mp4,0.250000,0.500000\n"
)


def test_rows_are_in_the_order_of_the_list(tmp_path: Path) -> None:
    paths = write_files(tmp_path)
    submit_utterances(**paths, track=VA)
    assert paths["table"].read_text() == EXPECTED
    assert (paths["submission"] / "omg/predictions.csv").read_text() == EXPECTED


def test_missing_predictions_are_named(tmp_path: Path) -> None:
    paths = write_files(tmp_path)
    fusion_tables.predictions(paths["fused"], {"a": VALUES["a"]})
    with pytest.raises(InputError, match="no frames of subject b_1"):
        submit_utterances(**paths, track=VA)


def test_the_script(tmp_path: Path, root: Path) -> None:
    paths = write_files(tmp_path)
    labels = fusion_tables.labels(tmp_path / "labels.parquet", VALUES)
    fuse({"F": paths["fused"]}, VA, labels, {"Face": Method(branches=("F",))}, Fusion(), tmp_path / "weights.json")
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    command = [warm.python(), root / "workflow/scripts/submit_utterances.py", *words]
    command += ["--weights", tmp_path / "weights.json", "--method", "Face"]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert paths["table"].read_text() == EXPECTED
