"""Scores on still pictures: against other implementations, their intervals and tables, and predictions that fit."""

import csv
import json
import math
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm
from relatedness_lab import CLASSES, STUDY, TABLES
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sources_lab import HOLISTIC, all_units, branch, units, write_stills
from training_lab import CPU

from affectflow.artifacts.schemas import UNITS, image_predictions_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.data.images import ImageSource
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.still_scores import ImageTable, ZeroShot
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.config.validate import validated
from affectflow.core.compound import EMOTIONET, RAFDB
from affectflow.core.errors import InputError
from affectflow.dataloading.source_members import Members
from affectflow.inference.predict_images import predict_images
from affectflow.metrics.measures import ccc
from affectflow.models.folder import save_model
from affectflow.papers.registry import build_network
from affectflow.relatedness.matrices import UNITS as NUMBERS
from affectflow.relatedness.matrices import read_compounds
from affectflow.report.tables.csv_table import write_figures
from affectflow.report.tables.image_scores import COLUMNS, Predicted, write_image_scores
from affectflow.report.tables.image_table import write_image_table
from affectflow.report.tables.still_scores import emotion_names
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

COMPOUNDS = read_compounds(TABLES / "du2014_compound.yaml")
EVERY = {**STUDY.emotions, **COMPOUNDS.classes}
ZERO_SHOT = ZeroShot(relatedness=TABLES / "du2014.yaml", compounds=TABLES / "du2014_compound.yaml")
SCORING = Scoring(resamples=200)
OUTPUTS = HOLISTIC.outputs


def settings(kind: str, **more: Any) -> Any:
    return validated(ImageSource, {"images": {"kind": kind, "root": "x"} | more}, "test").images


def predictions_at_random(path: Path, count: int, seed: int = 1) -> np.ndarray:
    """Writes predictions of all outputs; shape (count, 26)."""
    random = np.random.default_rng(seed)
    values = np.concatenate(
        [random.uniform(-1, 1, (count, 2)), random.dirichlet(np.ones(7), count), random.uniform(0, 1, (count, 17))],
        axis=1,
    ).astype(np.float32)
    write(path, values)
    return values


def write(path: Path, values: np.ndarray, split: str = "validation") -> None:
    columns: dict[str, Any] = {"image": [f"{split} {number}" for number in range(len(values))]}
    columns |= {name: values[:, place] for place, name in enumerate(OUTPUTS)}
    write_parquet(path, columns, image_predictions_schema(OUTPUTS))


def score_images(
    tmp_path: Path, corpus: Any, pictures: Path, predicted: Path, **more: Any
) -> dict[tuple[str, str], dict[str, str]]:
    prediction = Predicted("X", HOLISTIC, "c", predicted, **more)
    write_image_scores([prediction], {"c": pictures}, {"c": corpus}, ZERO_SHOT, SCORING, 5, tmp_path / "images.csv")
    with (tmp_path / "images.csv").open(newline="") as lines:
        return {(row["track"], row["score"]): row for row in csv.DictReader(lines)}


def test_each_track_that_is_annotated_is_scored_as_others_score_it(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    rows = [
        {
            "expression": int(random.integers(8)),
            "valence": float(random.uniform(-1, 1)),
            "arousal": float(random.uniform(-1, 1)),
        }
        for _ in range(60)
    ]
    rows[3] = {"expression": 1}
    pictures = write_stills(tmp_path / "c", {"validation": rows}) / "validation.arrow"
    values = predictions_at_random(tmp_path / "p.parquet", 60)
    scores = score_images(tmp_path, settings("affectnet"), pictures, tmp_path / "p.parquet", note="said")
    annotated = [n for n in range(60) if n != 3]
    for column, name in enumerate(("valence", "arousal")):
        score = ccc(values[annotated, column], [np.float32(rows[n][name]) for n in annotated])
        assert float(scores["va", f"ccc_{name}"]["value"]) == pytest.approx(score, abs=6e-5)
    classes = values[:, 2:9].argmax(axis=1)
    with_class = [n for n in range(60) if rows[n]["expression"] < 7]
    true = [rows[n]["expression"] for n in with_class]
    expected = {
        "f1": f1_score(true, classes[with_class], average="macro"),
        "accuracy": accuracy_score(true, classes[with_class]),
        "uar": recall_score(true, classes[with_class], average="macro"),
    }
    for name, value in expected.items():
        assert float(scores["expr", name]["value"]) == pytest.approx(value, abs=6e-5), name
    assert scores["expr", "f1"]["pictures"] == str(len(with_class)) and scores["va", "ccc_valence"]["pictures"] == "59"
    assert {track for track, _ in scores} == {"va", "expr", "coupling"}
    for row in scores.values():
        assert -1 <= float(row["low"]) < float(row["value"]) < float(row["high"]) <= 1 and row["note"] == "said"


def test_units_are_scored_over_what_is_annotated(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = [
        {name: int(random.random() < 0.4) for name in UNITS if name != "au14" and random.random() < 0.8}
        for _ in range(50)
    ]
    pictures = write_stills(tmp_path / "c", {"validation": rows}) / "validation.arrow"
    values = predictions_at_random(tmp_path / "p.parquet", 50)
    scores = score_images(tmp_path, settings("emotionet"), pictures, tmp_path / "p.parquet")
    f1s, accuracies = [], []
    for place, name in enumerate(UNITS):
        annotated = [n for n in range(50) if name in rows[n]]
        if annotated:
            true, active = [rows[n][name] for n in annotated], values[annotated, 9 + place] >= 0.5
            f1s.append(f1_score(true, active))
            accuracies.append(accuracy_score(true, active))
    assert len(f1s) == 16
    assert float(scores["au", "f1"]["value"]) == pytest.approx(np.mean(f1s), abs=6e-5)
    assert float(scores["au", "afa"]["value"]) == pytest.approx((np.mean(f1s) + np.mean(accuracies)) / 2, abs=6e-5)


@pytest.mark.parametrize(
    ("kind", "classes", "of"), [("rafdb_compound", RAFDB, "raf_db"), ("emotionet", EMOTIONET, "emotionet")]
)
def test_compound_classes_are_told_by_what_is_predicted(
    tmp_path: Path, kind: str, classes: tuple[str, ...], of: str
) -> None:
    names = emotion_names(classes)
    assert sorted(names) == sorted(COMPOUNDS.sets[of])
    related = [set(EVERY[name].weights) & set(NUMBERS) for name in names]
    parts = [COMPOUNDS.classes[name].parts if name in COMPOUNDS.classes else (name, name) for name in names]
    values = np.zeros((len(classes), 26), np.float32)
    for number, name in enumerate(names):
        for part, share in zip(parts[number], (0.6, 0.4), strict=True):
            values[number, 2 + CLASSES.index(part)] += share
        values[number, 9:] = [unit in related[number] for unit in NUMBERS]
        values[number, 0] = 0.5 if name in COMPOUNDS.classes and COMPOUNDS.classes[name].positive_valence else -0.5
    # A face that shows all of a class shows all of another one, too, which has its parts and whose units are among its
    # own: equation 10 then says the same of both, and the first is taken.
    doubtful = [
        number
        for number in range(len(names))
        if any(related[other] <= related[number] and set(parts[number]) <= set(parts[other]) for other in range(number))
    ]
    assert len(doubtful) <= 2
    right = f"{1 - len(doubtful) / len(names):.4f}"
    rows = [{"compound": number} for number in range(len(classes))]
    pictures = write_stills(tmp_path / "c", {"validation": [*rows, {}]}) / "validation.arrow"
    write(tmp_path / "p.parquet", np.concatenate([values, values[:1]]))
    more = {"annotations": "classes"} if kind == "emotionet" else {}
    scores = score_images(tmp_path, settings(kind, **more), pictures, tmp_path / "p.parquet", note="said")
    assert {track for track, _ in scores} == {"compound", "coupling"}
    assert scores["compound", "uar"]["value"] == right == scores["compound", "accuracy"]["value"]
    assert scores["compound", "uar"]["pictures"] == str(len(classes))
    assert scores["compound", "f1"]["note"] == "zero-shot; said"
    # Another class's face each time: none is right.
    write(tmp_path / "p.parquet", np.concatenate([np.roll(values, 1, axis=0), values[:1]]))
    permuted = score_images(tmp_path, settings(kind, **more), pictures, tmp_path / "p.parquet")
    assert permuted["compound", "uar"]["value"] == "0.0000"


def test_predictions_of_other_pictures_and_broken_ones_are_refused(tmp_path: Path) -> None:
    rows = [{"expression": number % 7} for number in range(4)]
    pictures = write_stills(tmp_path / "c", {"validation": rows}) / "validation.arrow"
    values = predictions_at_random(tmp_path / "p.parquet", 3)
    with pytest.raises(InputError, match="is of other pictures than"):
        score_images(tmp_path, settings("rafdb"), pictures, tmp_path / "p.parquet")
    broken = np.concatenate([values, values[:1]])
    broken[2, 5] = np.nan
    write(tmp_path / "p.parquet", broken)
    with pytest.raises(InputError, match="fear of picture 'validation 2' is nan, expected a number"):
        score_images(tmp_path, settings("rafdb"), pictures, tmp_path / "p.parquet")


def test_a_table_shows_ours_where_a_row_asks_for_them(tmp_path: Path) -> None:
    scores, intervals = tmp_path / "images.json", tmp_path / "intervals.json"
    of_images = [["A", "va", "c", "va", "ccc_valence", 0.5, 0.4, 0.6, 9, ""]]
    of_images += [["B", "expr", "c", "expr", "uar", 0.7, math.nan, math.nan, 9, ""]]
    write_figures(scores.with_suffix(".csv"), COLUMNS, of_images)
    of_frames = [["ours", "ccc_valence", 0.3, 0.2, 0.4, "method", ""]]
    write_figures(intervals.with_suffix(".csv"), ["method", "score", "value", "low", "high", "kind", "note"], of_frames)
    table = ImageTable.model_validate(
        {
            "title": "Table VI",
            "note": "Said.",
            "columns": {
                "V": {"images": "c", "track": "va", "score": "ccc_valence"},
                "D": {"images": "c", "track": "expr", "score": "uar"},
                "W": {"corpus": "affwild", "track": "va", "score": "ccc_valence"},
            },
            "rows": {
                "cited": {"paper": {"V": 0.6}},
                "ours": {"branches": ["A", "B"], "paper": {"V": 0.55, "W": 0.52}},
                "part": {"branches": ["A", "B"], "scored": ["expr"]},
            },
        }
    )
    out, text = tmp_path / "t.csv", tmp_path / "t.md"
    write_image_table(table, scores, {"va": intervals}, "affwild", out, text)
    rows = list(csv.DictReader(out.open(newline="")))
    assert [(row["V"], row["D"], row["W"]) for row in rows] == [
        ("", "", ""), ("0.5000", "0.7000", "0.3000"), ("", "0.7000", "")
    ]  # fmt: skip
    assert (rows[1]["low V"], rows[1]["paper V"], rows[1]["difference V"]) == ("0.4000", "0.55", "-0.05")
    assert rows[1]["difference W"] == "-0.22" and rows[0]["paper V"] == "0.60" and rows[0]["difference V"] == ""
    markdown = text.read_text()
    assert "| ours | 0.5000 [0.4000, 0.6000] | 0.55 | -0.05 | 0.7000 |" in markdown and "Said." in markdown
    write_image_table(table, scores, {}, "affwild2", out, text)
    assert [row["W"] for row in csv.DictReader(out.open(newline=""))] == ["", "", ""]


def train_model(tmp_path: Path) -> tuple[Path, Members]:
    kinds = [all_units(1, 2), units(6, absent=[1])]
    every = [kinds[number % 2] | {"expression": number % 7} for number in range(12)]
    rows = {"train": every, "validation": every}
    members = Members({"c": write_stills(tmp_path / "work/images/c", rows)})
    sets = {"EXPR": {"images": ["c"], "tracks": ["expr", "au"], "batch": 5}}
    branch_settings = branch(sets, ["expr", "au"], epochs=1)
    where = Paths({}, tmp_path, tmp_path / "k", tmp_path / "model", tmp_path / "w", tmp_path / "w", members=members)
    tasks = type(HOLISTIC)(HOLISTIC.tracks[1:])
    train_branch("X", branch_settings, tasks, where, seed=1, loader=Loader(), device=CPU, tracking=None, experiment="x")
    return tmp_path / "model", members


def test_every_stored_face_is_predicted_by_the_scripts_too(tmp_path: Path, root: Path) -> None:
    model, members = train_model(tmp_path)
    pictures = members.images["c"] / "validation.arrow"
    predict_images(model, pictures, tmp_path / "own.parquet", device=CPU, loader=Loader())
    outputs = OUTPUTS[2:]
    table = read_parquet(tmp_path / "own.parquet", image_predictions_schema(outputs))
    assert table["image"].to_pylist() == [f"validation {number}" for number in range(12)]
    values = np.stack([table[name].to_numpy() for name in outputs], axis=1)
    assert np.isfinite(values).all() and values[:, :7].sum(axis=1) == pytest.approx(np.ones(12), abs=1e-5)
    on = {"--device": '{"gpus": 0, "threads": 1}', "--out": tmp_path / "again.parquet"}
    run_script(root, tmp_path, "predict_images", {"--model": model, "--pictures": pictures} | on)
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "own.parquet").read_bytes()
    entry = {"branch": "X", "learnt": "expr+au", "edition": "union17", "images": "c", "note": ""}
    options = {
        "--predictions": json.dumps([entry | {"path": str(tmp_path / "own.parquet")}]),
        "--pictures": f"c={pictures}",
        "--images": '{"c": {"kind": "rafdb", "root": "x"}}',
        "--seed": 1,
        "--zero-shot": ZERO_SHOT.model_dump_json(),
        "--scoring": '{"resamples": 100}',
        "--out": tmp_path / "images.csv",
    }
    run_script(root, tmp_path, "score_images", options)
    rows = list(csv.DictReader((tmp_path / "images.csv").open(newline="")))
    assert {row["track"] for row in rows} == {"expr", "au", "coupling"} and len(rows) == 7
    assert (tmp_path / "images.csv.record.json").exists()


def test_a_branch_that_reads_along_time_predicts_no_still_pictures(tmp_path: Path) -> None:
    model, members = train_model(tmp_path)
    metadata = json.loads((model / "branch.json").read_text())
    state = load_file(model / "model.safetensors")
    settings_ = metadata["settings"] | {"sources": {}, "sequence": {"length": 4, "stride": 4}}
    settings_["network"]["components"]["X"] |= {"rnn": "gru", "hidden": 4, "layers": 1}
    network = build_network(Branch.model_validate(settings_).network, {"face": (3, 32, 32)}, {"va": 24})
    save_model(model, network.state_dict())
    assert state.keys() < network.state_dict().keys()
    (model / "branch.json").write_text(json.dumps(metadata | {"settings": settings_}))
    with pytest.raises(InputError, match="reads face along time; a still picture is a single face"):
        predict_images(model, members.images["c"] / "train.arrow", tmp_path / "p.parquet", device=CPU, loader=Loader())


def run_script(root: Path, folder: Path, name: str, options: Mapping[str, object]) -> None:
    words = [warm.python(), root / f"workflow/scripts/{name}.py", *(word for pair in options.items() for word in pair)]
    result = subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
