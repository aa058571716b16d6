"""Result tables: their columns, digits and bytes."""

import csv
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import fusion_tables
import numpy as np
import pytest
import warm
from fusion_tables import VA

from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.fusion.late_fusion import fuse
from affectflow.metrics.measures import ccc
from affectflow.report.tables.held_out import score_held_out
from affectflow.report.tables.scores import Score, read_validation
from affectflow.report.tables.validation import validation_table, write_validation

METHODS = {
    "Visual (F)": Method(branches=("F",), paper={"ccc_valence": 0.33, "ccc_arousal": 0.539, "total": 0.435}),
    'Audio, "A"': Method(branches=("A",)),
}


def score(valence: float, arousal: float, weights: str, **errors: float) -> Score:
    values = {"ccc_valence": valence, "ccc_arousal": arousal, "total": (valence + arousal) / 2, **errors}
    return Score(values, 1000, 6, weights, np.empty((0, 0)))


ERRORS = {"mse_valence": 0.1, "mse_arousal": 0.2, "mse": 0.15}
SCORES = {'Audio, "A"': score(0.3, -0.00001, "equal"), "Visual (F)": score(0.71234, 0.5, "search", **ERRORS)}


def test_bytes_of_the_table() -> None:
    assert validation_table(VA, SCORES, METHODS, {"A": "no sound, but noise"}, "demo") == (
        "method,ccc_valence,ccc_arousal,total,mse_valence,mse_arousal,mse,frames,subjects,weights,"
        "paper_ccc_valence,paper_ccc_arousal,paper_total,paper_mse_valence,paper_mse_arousal,paper_mse,corpus,note\n"
        "Visual (F),0.7123,0.5000,0.6062,0.1000,0.2000,0.1500,1000,6,search,0.330,0.539,0.435,,,,demo,\n"
        '"Audio, ""A""",0.3000,0.0000,0.1500,,,,1000,6,equal,,,,,,,demo,"no sound, but noise"\n'
    )


def test_means_over_videos_stand_beside_the_scores_where_asked() -> None:
    of_videos = {"video_ccc_valence": 0.25, "video_ccc_arousal": -0.5, "video_total": -0.125}
    scores = {"Visual (F)": replace(SCORES["Visual (F)"], of_videos=of_videos)}
    methods = {"Visual (F)": METHODS["Visual (F)"]}
    head, row = validation_table(VA, scores, methods, {}, "omg", by_video=True).splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert {name: cells[name] for name in ("ccc_valence", *of_videos)} == {
        "ccc_valence": "0.7123",
        "video_ccc_valence": "0.2500",
        "video_ccc_arousal": "-0.5000",
        "video_total": "-0.1250",
    }
    assert "video" not in validation_table(VA, scores, methods, {}, "demo")


def test_a_method_says_once_what_must_be_said_of_its_branches() -> None:
    notes = {"F": "drawn", "A": "noise", "B": "drawn"}
    methods = {"Visual (F)": Method(branches=("F", "A", "B", "C"))}
    assert validation_table(VA, SCORES, methods, notes, "demo").endswith(",demo,drawn; noise\n")


def test_a_table_of_another_track_has_its_scores() -> None:
    track = track_of("expr")
    scores = {"X": Score({"f1": 0.5, "accuracy": float("nan"), "total": 0.25}, 3, 1, "score", np.empty((0, 0)))}
    assert validation_table(track, scores, {"X": Method(branches=("F",), paper={"f1": 0.453})}, {}, "c") == (
        "method,f1,accuracy,total,frames,subjects,weights,paper_f1,paper_accuracy,paper_total,corpus,note\n"
        "X,0.5000,,0.2500,3,1,score,0.453,,,c,\n"
    )


def test_metrics_for_dvc(tmp_path: Path) -> None:
    write_validation(VA, SCORES, METHODS, {}, "demo", tmp_path / "table.csv", tmp_path / "metrics.json")
    assert (tmp_path / "table.csv").read_text() == validation_table(VA, SCORES, METHODS, {}, "demo")
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert list(values) == list(METHODS)
    assert values["Visual (F)"] == {
        "ccc_valence": 0.71234,
        "ccc_arousal": 0.5,
        "total": 0.60617,
        **ERRORS,
        "frames": 1000,
        "subjects": 6,
    }


def test_method_without_score() -> None:
    with pytest.raises(InputError, match="'new' has no score"):
        validation_table(VA, SCORES, {"new": Method(branches=("F",))}, {}, "demo")


FACE = [(0.1, 0.2), (0.5, -0.1), (-0.3, 0.4), (0.8, 0.6)]
AUDIO = [(0.0, 0.3), (0.2, 0.1), (-0.1, 0.4), (0.9, 0.2)]
TRUTH = [(0.2, 0.3), (0.4, 0.0), (-0.5, 0.5), (0.7, 0.9)]


def make_tables(folder: Path) -> tuple[dict[str, Path], Path, Path]:
    """Predictions of two branches, labels, and weights of METHODS and their fusion."""
    paths = {
        "F": fusion_tables.predictions(folder / "F.parquet", {"s": FACE}),
        "A": fusion_tables.predictions(folder / "A.parquet", {"s": AUDIO}),
    }
    labels = fusion_tables.labels(folder / "labels.parquet", {"s": TRUTH})
    methods = {**METHODS, "both": Method(branches=("A", "F"))}
    fuse(paths, VA, labels, methods, Fusion(), folder / "weights.json")
    return paths, labels, folder / "weights.json"


def test_scores_are_those_of_the_frames(tmp_path: Path) -> None:
    paths, labels, weights = make_tables(tmp_path)
    validation = read_validation(weights, paths, labels)
    scores = {title: validation.score(title) for title in validation.methods}
    assert list(scores) == [*METHODS, "both"]
    valence, arousal = [ccc([p[c] for p in FACE], [t[c] for t in TRUTH]) for c in (0, 1)]
    expected = {"ccc_valence": valence, "ccc_arousal": arousal, "total": (valence + arousal) / 2}
    squared_errors = np.square(np.subtract(FACE, TRUTH)).mean(axis=0)
    expected |= {"mse_valence": squared_errors[0], "mse_arousal": squared_errors[1], "mse": squared_errors.mean()}
    assert scores["Visual (F)"].values == pytest.approx(expected, abs=1e-6)
    assert (scores["both"].frames, scores["both"].subjects, scores["both"].weights) == (4, 1, "search")
    assert scores["both"].values["total"] >= max(scores[title].values["total"] for title in METHODS) - 1e-12
    with pytest.raises(InputError, match="needs branch A"):
        read_validation(weights, {"F": paths["F"]}, labels)


def test_score_script(tmp_path: Path, root: Path) -> None:
    paths, labels, weights = make_tables(tmp_path)
    command = [
        warm.python(), root / "workflow/scripts/score.py", "--weights", weights, "--labels", labels,
        *(o for name, path in paths.items() for o in ("--prediction", f"{name}={path}")), "--corpus", "demo",
        "--methods", json.dumps({title: method.model_dump() for title, method in METHODS.items()}),
        "--table", tmp_path / "results/table.csv", "--metrics", tmp_path / "results/metrics.json",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    rows = list(csv.DictReader((tmp_path / "results/table.csv").open(newline="")))
    assert [row["method"] for row in rows] == list(METHODS)
    values = json.loads((tmp_path / "results/metrics.json").read_text())
    for row in rows:
        assert float(row["total"]) == pytest.approx(values[row["method"]]["total"], abs=5.1e-5)


def test_metrics_of_all_tracks_in_one_file(tmp_path: Path, root: Path) -> None:
    for number, value in (("1", 0.5), ("3", 0.25)):
        (tmp_path / f"validation_track{number}.json").write_text(json.dumps({"Visual (F)": {"total": value}}))
    files = [tmp_path / f"validation_track{number}.json" for number in "13"]
    out = tmp_path / "metrics.json"
    subprocess.run([warm.python(), root / "workflow/scripts/metrics.py", "--scores", *files, "--out", out], check=True)
    assert json.loads(out.read_text()) == {
        "track1": {"validation": {"Visual (F)": {"total": 0.5}}},
        "track3": {"validation": {"Visual (F)": {"total": 0.25}}},
    }


def test_held_out(tmp_path: Path, root: Path) -> None:
    paths, _, weights = make_tables(tmp_path)
    held_out = tmp_path / "held out"
    held_out.mkdir()
    lines = [f"{v},{a}" for v, a in TRUTH[:2]] + ["-5,0.5", "0.7,0.9", "0.1,0.1"]
    (held_out / "s.txt").write_text("\n".join(["valence,arousal", *lines]) + "\n")
    out = tmp_path / "demo_test_score.json"
    command = [
        warm.python(), root / "workflow/scripts/score_held_out.py", "--weights", weights,
        *(o for name, path in paths.items() for o in ("--prediction", f"{name}={path}")),
        "--method", "Visual (F)", "--corpus", "demo", "--seed", "1", "--out", out,
    ]  # fmt: skip
    subprocess.run([*command, "--held-out", held_out], check=True)
    values = json.loads(out.read_text())
    assert values["synthetic"] is True
    assert "synthetic" in values["declaration"]
    expected = ccc([FACE[n][0] for n in (0, 1, 3)], [TRUTH[n][0] for n in (0, 1, 3)])
    assert values["ccc_valence"] == pytest.approx(expected, abs=1e-6)
    assert (values["frames"], values["subjects"], values["method"]) == (3, 1, "Visual (F)")
    assert list(values["methods"]) == [*METHODS, "both"]
    # One subject: there is no interval.
    value, *ends = values["methods"]["Visual (F)"]["ccc_valence"]
    assert value == pytest.approx(expected, abs=1e-7) and ends == [None, None]
    assert round(value, 6) == values["ccc_valence"] != value, "what a paper's table is made of is not rounded before"
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "--held-out" in result.stderr


def test_held_out_scores_of_what_the_predictions_allow(tmp_path: Path) -> None:
    paths, _, weights = make_tables(tmp_path)
    (tmp_path / "s.txt").write_text("\n".join(["valence,arousal", *(f"{v},{a}" for v, a in TRUTH)]) + "\n")
    out = tmp_path / "score.json"
    some = {"F": paths["F"]}
    score_held_out(some, tmp_path, weights, "Visual (F)", "demo", 1, Scoring(), 1, out)
    assert list(json.loads(out.read_text())["methods"]) == ["Visual (F)"]


def test_held_out_labels_that_do_not_fit(tmp_path: Path) -> None:
    paths, _, weights = make_tables(tmp_path)
    out = tmp_path / "score.json"
    with pytest.raises(InputError, match="no such label file"):
        score_held_out(paths, tmp_path, weights, "both", "demo", 1, Scoring(), 1, out)
    (tmp_path / "s.txt").write_text("valence,arousal\n0,0\n0,0\n")
    with pytest.raises(InputError, match=r"has 2 rows, but .* has 4 frames of subject s"):
        score_held_out(paths, tmp_path, weights, "both", "demo", 1, Scoring(), 1, out)
    assert not out.exists()
