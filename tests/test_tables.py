"""Result tables: their columns, digits and bytes."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import fusion_tables
import pytest

from affectflow.config.systems import Fusion, Method
from affectflow.errors import InputError
from affectflow.metrics import ccc
from affectflow.report.held_out import score_held_out
from affectflow.report.scores import Score, score_methods
from affectflow.report.tables import validation_metrics, validation_table
from affectflow.training.late_fusion import apply_fusion, fuse

METHODS = {
    "Visual (F)": Method(branches=("F",), paper={"ccc_valence": 0.33, "ccc_arousal": 0.539, "total": 0.435}),
    'Audio, "A"': Method(branches=("A",)),
}
SCORES = {
    'Audio, "A"': Score(0.3, -0.00001, 1000, 6, "equal"),
    "Visual (F)": Score(0.71234, 0.5, 1000, 6, "search"),
}


def test_bytes_of_the_table() -> None:
    assert validation_table(SCORES, METHODS, "demo") == (
        "method,ccc_valence,ccc_arousal,total,frames,subjects,weights,"
        "paper_ccc_valence,paper_ccc_arousal,paper_total,corpus\n"
        "Visual (F),0.7123,0.5000,0.6062,1000,6,search,0.330,0.539,0.435,demo\n"
        '"Audio, ""A""",0.3000,0.0000,0.1500,1000,6,equal,,,,demo\n'
    )


def test_metrics_for_dvc() -> None:
    values = json.loads(validation_metrics(SCORES, METHODS))
    assert list(values["track1"]["validation"]) == list(METHODS)
    assert values["track1"]["validation"]["Visual (F)"] == {
        "ccc_valence": 0.71234,
        "ccc_arousal": 0.5,
        "total": 0.60617,
        "frames": 1000,
        "subjects": 6,
    }


def test_method_without_score() -> None:
    with pytest.raises(InputError, match="'new' has no score"):
        validation_table(SCORES, {"new": Method(branches=("F",))}, "demo")


FACE = [(0.1, 0.2), (0.5, -0.1), (-0.3, 0.4), (0.8, 0.6)]
AUDIO = [(0.0, 0.3), (0.2, 0.1), (-0.1, 0.4), (0.9, 0.2)]
TRUTH = [(0.2, 0.3), (0.4, 0.0), (-0.5, 0.5), (0.7, 0.9)]


def made(folder: Path) -> tuple[dict[str, Path], Path, Path]:
    """Predictions of two branches, labels, and weights of METHODS and their fusion."""
    paths = {
        "F": fusion_tables.predictions(folder / "F.parquet", {"s": FACE}),
        "A": fusion_tables.predictions(folder / "A.parquet", {"s": AUDIO}),
    }
    labels = fusion_tables.labels(folder / "labels.parquet", {"s": TRUTH})
    methods = {**METHODS, "both": Method(branches=("A", "F"))}
    fuse(paths, labels, methods, Fusion(), folder / "weights.json")
    return paths, labels, folder / "weights.json"


def test_scores_are_those_of_the_frames(tmp_path: Path) -> None:
    paths, labels, weights = made(tmp_path)
    scores = score_methods(weights, paths, labels)
    valence, arousal = [ccc([p[c] for p in FACE], [t[c] for t in TRUTH]) for c in (0, 1)]
    assert scores["Visual (F)"].ccc_valence == pytest.approx(valence, abs=1e-6)
    assert scores["Visual (F)"].ccc_arousal == pytest.approx(arousal, abs=1e-6)
    assert scores["Visual (F)"].total == pytest.approx((valence + arousal) / 2, abs=1e-6)
    assert (scores["both"].frames, scores["both"].subjects, scores["both"].weights) == (4, 1, "search")
    assert scores["both"].total >= max(scores[title].total for title in METHODS) - 1e-12
    with pytest.raises(InputError, match="needs branch A"):
        score_methods(weights, {"F": paths["F"]}, labels)


def test_score_script(tmp_path: Path, root: Path) -> None:
    paths, labels, weights = made(tmp_path)
    command = [
        sys.executable, root / "workflow/scripts/score.py", "--weights", weights, "--labels", labels,
        *(o for name, path in paths.items() for o in ("--prediction", f"{name}={path}")), "--corpus", "demo",
        "--methods", json.dumps({title: method.model_dump() for title, method in METHODS.items()}),
        "--table", tmp_path / "results/table.csv", "--metrics", tmp_path / "results/metrics.json",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    rows = list(csv.DictReader((tmp_path / "results/table.csv").open(newline="")))
    assert [row["method"] for row in rows] == list(METHODS)
    values = json.loads((tmp_path / "results/metrics.json").read_text())["track1"]["validation"]
    for row in rows:
        assert float(row["total"]) == pytest.approx(values[row["method"]]["total"], abs=5.1e-5)


def test_held_out(tmp_path: Path, root: Path) -> None:
    paths, _, weights = made(tmp_path)
    held_out = tmp_path / "held out"
    held_out.mkdir()
    lines = [f"{v},{a}" for v, a in TRUTH[:2]] + ["-5,0.5", "0.7,0.9", "0.1,0.1"]
    (held_out / "s.txt").write_text("\n".join(["valence,arousal", *lines]) + "\n")
    fused = tmp_path / "fused.parquet"
    apply_fusion(weights, "Visual (F)", paths, fused)
    out = tmp_path / "demo_test_score.json"
    command = [
        sys.executable, root / "workflow/scripts/score_held_out.py", "--fused", fused, "--weights", weights,
        "--method", "Visual (F)", "--corpus", "demo", "--out", out,
    ]  # fmt: skip
    subprocess.run([*command, "--held-out", held_out], check=True)
    values = json.loads(out.read_text())
    assert values["synthetic"] is True
    assert "synthetic" in values["declaration"]
    expected = ccc([FACE[n][0] for n in (0, 1, 3)], [TRUTH[n][0] for n in (0, 1, 3)])
    assert values["ccc_valence"] == pytest.approx(expected, abs=1e-6)
    assert (values["frames"], values["subjects"], values["method"]) == (3, 1, "Visual (F)")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "no held-out test labels" in refused.stderr


def test_held_out_labels_that_do_not_fit(tmp_path: Path) -> None:
    paths, _, weights = made(tmp_path)
    apply_fusion(weights, "both", paths, tmp_path / "f.parquet")
    out = tmp_path / "score.json"
    with pytest.raises(InputError, match="no such label file"):
        score_held_out(tmp_path / "f.parquet", tmp_path, weights, "both", "demo", 1, out)
    (tmp_path / "s.txt").write_text("valence,arousal\n0,0\n0,0\n")
    with pytest.raises(InputError, match=r"has 2 rows, but .* has 4 frames of subject s"):
        score_held_out(tmp_path / "f.parquet", tmp_path, weights, "both", "demo", 1, out)
    assert not out.exists()
