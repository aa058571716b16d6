"""The real workflow on expressions and action units: seeds, folds, tables, submissions that fit the official sample."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, make_miniature

from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

FACE = {"streams": ["face"], **BRANCH}
METHODS = {"branches": {"F": FACE}, "methods": {"Visual (F)": {"branches": ["F"]}}, "submit": "Visual (F)"}
SYSTEM = {
    "name": "small",
    "tables": {"table1": {"title": "Table 1", "split": "validation", "tracks": ["expr"]}},
    "tracks": {
        "expr": {
            "branches": {"F": FACE | {"loss": {"embedding": 1.0, "words": "stand-in", "class_weights": "balanced"}}},
            "methods": {"Visual (F)": {"branches": ["F"], "paper": {"total": 0.496}}},
            "submit": "Visual (F)",
        },
        "au": METHODS | {"fusion": {"thresholds": "fitted"}},
    },
}


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run of two tracks; of the first with two seeds and two folds."""
    project = make_miniature(root, tmp_path_factory.mktemp("tracks") / "project")
    settings = {name: value for name, value in SETTINGS.items() if name != "tracks"}
    settings |= {"system": SYSTEM, "more_seeds": [7], "folds": 2}
    (project.folder / "config" / "config.yaml").write_text(yaml.safe_dump(settings))
    project.snakemake(
        *(f"results/{kind}_track{n}.csv" for n in (2, 3) for kind in ("test", "intervals", "missing")),
        "results/seeds_track2.csv", "results/folds_track2.csv", "results/table1.md", "results/metrics.json",
        "results/demo_test_score_track3.json",
    )  # fmt: skip
    return project


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("number", [2, 3])
def test_a_submission_is_what_the_organisers_sample_asks_for(run: Miniature, number: int) -> None:
    name = {2: "Expr", 3: "AU"}[number]
    sample = f"data/demo/prediction_files_format/CVPR_6th_ABAW_{name}_test_set_sample.txt"
    for file in (f"results/test_track{number}.csv", f"results/submission/track{number}/abaw2"):
        command = [sys.executable, "-m", "affectflow.cli.main", "check-submission", file, "--sample", sample]
        done = subprocess.run(command, cwd=run.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    rows = rows_of(run.folder / f"results/test_track{number}.csv")
    text = (run.folder / sample).read_text().splitlines()
    assert [row["image_location"] for row in rows] == [line.split(",")[0] for line in text[1:]]


def test_thresholds_were_fitted_and_used(run: Miniature) -> None:
    weights = json.loads((run.folder / "fusion/demo/small/au/official-123/weights.json").read_text())["Visual (F)"]
    assert len(weights["thresholds"]) == 12 and set(weights["thresholds"].values()) != {0.5}
    noted = json.loads((run.folder / "results/demo_test_score_track3.json").read_text())
    assert noted["synthetic"] and set(noted["methods"]["Visual (F)"]) == {"f1", "accuracy", "total"}


def test_stand_ins_are_declared_in_every_table(run: Miniature) -> None:
    for file in ("validation_track2.csv", "intervals_track2.csv"):
        methods = [row for row in rows_of(run.folder / "results" / file) if row["method"] == "Visual (F)"]
        assert methods and all("not GloVe" in row["note"] for row in methods), file
    table = (run.folder / "results/table1.md").read_text()
    assert "not GloVe" in table and "NOT Aff-Wild2 but demo" in table


def test_seeds_and_folds_have_mean_and_deviation(run: Miniature) -> None:
    seeds, folds = (rows_of(run.folder / f"results/{kind}_track2.csv") for kind in ("seeds", "folds"))
    assert list(seeds[0]) == ["method", "score", "mean", "deviation", "123", "7"]
    assert list(folds[0]) == ["method", "score", "mean", "deviation", "fold1", "fold2"]
    total = next(row for row in seeds if row["score"] == "total")
    official = next(row for row in rows_of(run.folder / "results/validation_track2.csv"))
    assert total["123"] == official["total"]
    assert float(total["mean"]) == pytest.approx((float(total["123"]) + float(total["7"])) / 2, abs=1e-4)


def test_folds_hold_out_every_subject_once_and_keep_a_videos_people_together(run: Miniature) -> None:
    whole = read_parquet(run.folder / "work/demo/expr/manifest.parquet", MANIFEST).to_pylist()
    folds = [read_parquet(run.folder / f"work/demo/expr/folds/fold{n}.parquet", MANIFEST).to_pylist() for n in (1, 2)]
    held_out = [{row["subject"] for row in fold if row["split"] == "validation"} for fold in folds]
    learnt = {row["subject"] for row in whole if row["split"] != "test"}
    assert held_out[0] | held_out[1] == learnt and not held_out[0] & held_out[1]
    for fold in folds:
        splits: dict[str, set[str]] = {}
        for row in fold:
            splits.setdefault(row["video"], set()).add(row["split"])
        assert all(len(its) == 1 for its in splits.values())
        assert {r["subject"] for r in fold if r["split"] == "test"} == {
            r["subject"] for r in whole if r["split"] == "test"
        }


def test_nothing_to_do_and_a_new_seed_trains_that_seed_alone(run: Miniature) -> None:
    targets = ["results/seeds_track2.csv", "results/folds_track2.csv"]
    assert run.planned(*targets) == set()
    path = run.folder / "config" / "config.yaml"
    before = path.read_text()
    path.write_text(before.replace("- 7", "- 7\n- 8"))
    planned = run.planned(*targets)
    path.write_text(before)
    trained = {wildcards for rule, wildcards in planned if rule == "train"}
    assert trained == {"track=expr, branch=F, fold=official, seed=8"}
