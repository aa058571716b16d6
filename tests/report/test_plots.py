"""Tables behind `dvc plots`: what stands in them is what was trained, predicted and annotated."""

import csv
import subprocess
from pathlib import Path

import fusion_tables
import pytest
import warm
from fusion_tables import VA

from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.errors import InputError
from affectflow.fusion.late_fusion import fuse
from affectflow.report.tables.curves import ROWS, SUBJECTS, write_trajectories


def test_training_curves_keep_every_digit_and_branch(tmp_path: Path, root: Path) -> None:
    (tmp_path / "F.csv").write_text("epoch,total\n1,0.30000000000000004\n2,-1e-09\n")
    (tmp_path / "A.csv").write_text("epoch,total,extra\n1,0.5,7\n")
    out = tmp_path / "curves.csv"
    script = [warm.python(), root / "workflow/scripts/training_curves.py"]
    metrics = [o for branch in "FA" for o in ("--metrics", f"{branch}={tmp_path / branch}.csv")]
    subprocess.run([*script, *metrics, "--out", out], check=True)
    assert out.read_text() == "branch,epoch,total,extra\nF,1,0.30000000000000004,\nF,2,-1e-09,\nA,1,0.5,7\n"
    (tmp_path / "F.csv").write_text("total\n0.5\n")
    result = subprocess.run([*script, *metrics, "--out", out], capture_output=True, text=True)
    assert result.returncode == 2
    assert "F.csv: no row with an epoch" in result.stderr


def tables(folder: Path, subjects: dict[str, int]) -> tuple[Path, dict[str, Path], Path]:
    """Weights of one method, predictions of two branches and labels: frame f is annotated unless f is 1."""
    score = {name: [((f % 9) / 10, -(f % 7) / 10) for f in range(frames)] for name, frames in subjects.items()}
    truth = {
        name: [(None, None) if f == 1 else ((f % 5) / 10, (f % 3) / 10) for f in range(n)]
        for name, n in subjects.items()
    }
    opposite = {name: [(-v, -a) for v, a in values] for name, values in score.items()}
    paths = {
        "F": fusion_tables.predictions(folder / "F.parquet", score),
        "A": fusion_tables.predictions(folder / "A.parquet", opposite),
    }
    labels = fusion_tables.labels(folder / "labels.parquet", truth)
    methods = {"both": Method(branches=("F", "A")), "sound": Method(branches=("A",))}
    fuse(paths, VA, labels, methods, Fusion(weights="equal"), folder / "weights.json")
    return folder / "weights.json", paths, labels


def test_trajectories_are_fused_scores_beside_annotations(tmp_path: Path, root: Path) -> None:
    weights, paths, labels = tables(tmp_path, {"one": 4, "two": 3})
    out = tmp_path / "trajectories.csv"
    script = [warm.python(), root / "workflow/scripts/trajectories.py", "--weights", weights, "--labels", labels]
    predictions = [o for branch, path in paths.items() for o in ("--prediction", f"{branch}={path}")]
    subprocess.run([*script, *predictions, "--method", "sound", "--out", out], check=True)
    assert out.read_text() == (
        "subject,frame,valence,arousal,annotated_valence,annotated_arousal\n"
        "one,0,0.0000,0.0000,0.0000,0.0000\n"
        "one,1,-0.1000,0.1000,,\n"
        "one,2,-0.2000,0.2000,0.2000,0.2000\n"
        "one,3,-0.3000,0.3000,0.3000,0.0000\n"
        "two,0,0.0000,0.0000,0.0000,0.0000\n"
        "two,1,-0.1000,0.1000,,\n"
        "two,2,-0.2000,0.2000,0.2000,0.2000\n"
    )
    write_trajectories(weights, "both", paths, labels, out)
    assert {row["valence"] for row in csv.DictReader(out.open())} == {"0.0000"}  # equal weights of opposite scores
    with pytest.raises(InputError, match="no method 'none'; it has 'both', 'sound'"):
        write_trajectories(weights, "none", paths, labels, out)


def test_trajectories_stay_small(tmp_path: Path) -> None:
    frames = 2 * ROWS + 1
    weights, paths, labels = tables(tmp_path, {f"s{number}": frames for number in range(SUBJECTS + 2)})
    write_trajectories(weights, "sound", paths, labels, tmp_path / "trajectories.csv")
    rows = list(csv.DictReader((tmp_path / "trajectories.csv").open()))
    assert [row["subject"] for row in rows if row["frame"] == "0"] == [f"s{number}" for number in range(SUBJECTS)]
    assert [int(row["frame"]) for row in rows if row["subject"] == "s0"] == list(range(0, frames, 3))
