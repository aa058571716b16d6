"""The real workflow on expressions and action units: seeds, folds, tables, submissions that fit the official sample."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, jobs_of, make_miniature
from sklearn.metrics import accuracy_score, f1_score
from traced_tables import check_altered_cells, check_every_cell

from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.report.trace.cell_trace import trace_cell
from affectflow.report.trace.figure_trace import trace_figure
from affectflow.report.trace.score_trace import trace_score

pytestmark = pytest.mark.slow

FACE = {"streams": ["face"], **BRANCH}
METHODS = {"branches": {"F": FACE}, "methods": {"Visual (F)": {"branches": ["F"]}}, "submit": "Visual (F)"}
SYSTEM = {
    "name": "small",
    "tables": {
        "table1": {"title": "Table 1", "split": "validation", "tracks": ["expr"]},
        "table2": {"title": "Table 2", "split": "validation", "tracks": ["expr"], "over": "seeds"},
    },
    "tracks": {
        "expr": {
            "branches": {
                "F": FACE | {"loss": {"embedding": 1.0, "word_embeddings": "random_init", "class_weights": "balanced"}}
            },
            "methods": {"Visual (F)": {"branches": ["F"], "paper": {"total": 0.496}}},
            "submit": "Visual (F)",
        },
        "au": METHODS | {"fusion": {"thresholds": "fitted"}},
    },
}


KINDS = ("test", "validation", "intervals", "modality_ablation", "training_curves", "trajectories")


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run of two tracks; of the first with two seeds and two folds."""
    project = make_miniature(root, tmp_path_factory.mktemp("tracks") / "project")
    settings = {name: value for name, value in SETTINGS.items() if name != "tracks"}
    settings |= {"system": SYSTEM, "seeds": 2, "folds": 2, "videos_per_shard": 4}
    (project.folder / "config" / "config.yaml").write_text(yaml.safe_dump(settings))
    project.snakemake(
        *(f"results/{kind}_track{n}.csv" for n in (2, 3) for kind in KINDS),
        "results/seeds_track2.csv", "results/folds_track2.csv", "results/table1.md", "results/table2.md",
        "results/metrics.json", "results/demo_test_score_track3.json", "results/leaderboard.csv",
        "results/tracked_scores_track3.json",
    )  # fmt: skip
    return project


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def thresholds(run: Miniature) -> dict[str, float]:
    stored = json.loads((run.folder / "fusion/demo/small/au/official-123/weights.json").read_text())
    return stored["Visual (F)"]["thresholds"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("number", [2, 3])
def test_a_submission_is_what_the_organisers_sample_asks_for(run: Miniature, number: int) -> None:
    name = {2: "Expr", 3: "AU"}[number]
    sample = f"data/demo/prediction_files_format/CVPR_6th_ABAW_{name}_test_set_sample.txt"
    for file in (f"results/test_track{number}.csv", f"results/submission/track{number}/abaw2"):
        run.affectflow("check-submission", file, "--sample", sample)
    rows = rows_of(run.folder / f"results/test_track{number}.csv")
    text = (run.folder / sample).read_text().splitlines()
    assert [row["image_location"] for row in rows] == [line.split(",")[0] for line in text[1:]]


def test_thresholds_were_fitted_and_used(run: Miniature) -> None:
    values = thresholds(run)
    assert len(values) == 12 and set(values.values()) != {0.5}
    test_score = json.loads((run.folder / "results/demo_test_score_track3.json").read_text())
    assert test_score["synthetic"] and set(test_score["methods"]["Visual (F)"]) == {"f1", "accuracy", "total"}


def test_stand_ins_are_declared_in_every_table(run: Miniature) -> None:
    for file in ("validation_track2.csv", "intervals_track2.csv"):
        methods = [row for row in rows_of(run.folder / "results" / file) if row["method"] == "Visual (F)"]
        assert methods and all("not GloVe" in row["note"] for row in methods), file
    table = (run.folder / "results/table1.md").read_text()
    assert "not GloVe" in table and "NOT Aff-Wild2 but demo" in table


def test_seeds_and_folds_have_mean_and_deviation(run: Miniature) -> None:
    seeds, folds = (rows_of(run.folder / f"results/{kind}_track2.csv") for kind in ("seeds", "folds"))
    assert [row["run"] for row in seeds] == ["123", "124", "mean", "deviation"]
    assert [row["run"] for row in folds] == ["fold1", "fold2", "mean", "deviation", "official"]
    official = next(row for row in rows_of(run.folder / "results/validation_track2.csv"))
    for row in (seeds[0], folds[-1]):
        assert {name: row[name] for name in ("f1", "accuracy", "total")}.items() <= official.items()
    for rows in (seeds, folds):
        one, other, mean, deviation = (float(row["total"]) for row in rows[:4])
        assert mean == pytest.approx((one + other) / 2, abs=1e-4)
        assert deviation == pytest.approx(abs(one - other) / 2**0.5, abs=1e-4)


def test_a_papers_table_over_seeds_is_that_of_the_seeds(run: Miniature) -> None:
    mean, deviation = rows_of(run.folder / "results/seeds_track2.csv")[2:]
    (row,) = rows_of(run.folder / "results/table2.csv")
    assert (row["f1"], row["total"]) == (mean["f1"], mean["total"])
    assert (row["deviation_f1"], row["deviation_total"], row["seeds"]) == (deviation["f1"], deviation["total"], "2")
    assert row["difference_total"] == f"{float(mean['total']) - 0.496:+.3f}"


def test_a_table_over_one_seed_asks_for_the_scores_of_that_seed(run: Miniature) -> None:
    output = run.snakemake("-n", "results/table2.md", "--forceall", "--config", "seeds=1").stdout
    jobs = jobs_of(output)
    assert ("spread", "kind=seeds, number=2") in jobs and ("paper_table", "table=table2") in jobs
    trainings = {wildcards for rule, wildcards in jobs if rule == "train"}
    assert trainings == {"task=expr, branch=F, fold=official, seed=123"}


def test_folds_hold_out_every_subject_once_and_keep_a_videos_people_together(run: Miniature) -> None:
    manifest = read_parquet(run.folder / "work/demo/expr/manifest.parquet", MANIFEST).to_pylist()
    folds = [read_parquet(run.folder / f"work/demo/expr/folds/fold{n}.parquet", MANIFEST).to_pylist() for n in (1, 2)]
    held_out = [{row["subject"] for row in fold if row["split"] == "validation"} for fold in folds]
    annotated_subjects = {row["subject"] for row in manifest if row["split"] != "test"}
    assert held_out[0] | held_out[1] == annotated_subjects and not held_out[0] & held_out[1]
    for fold in folds:
        splits: dict[str, set[str]] = {}
        for row in fold:
            splits.setdefault(row["video"], set()).add(row["split"])
        assert all(len(video_splits) == 1 for video_splits in splits.values())
        assert {r["subject"] for r in fold if r["split"] == "test"} == {
            r["subject"] for r in manifest if r["split"] == "test"
        }


@pytest.mark.parametrize("number", [2, 3])
def test_a_frame_is_traced_to_the_digits_of_the_table(run: Miniature, number: int, tmp_path: Path) -> None:
    file = f"results/test_track{number}.csv"
    place, *values = (run.folder / file).read_text().splitlines()[14].split(",")
    subject, image = place.split("/")
    trace = trace_score(Chain(run.folder), file, subject, int(image[:5]) - 1)
    assert trace.agrees and trace.written == dict(zip(trace.track.targets, values, strict=True))
    probabilities = trace.branches[0].values
    assert trace.values == pytest.approx(probabilities, abs=1e-7)
    if number == 2:
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert values == [str(max(range(7), key=list(probabilities.values()).__getitem__))]
    else:
        assert values == [str(int(value >= trace.thresholds[unit])) for unit, value in probabilities.items()]
    out = tmp_path / "page.html"
    arguments = ("trace", file, "--subject", subject, "--frame", int(image[:5]) - 1)
    data = json.loads(run.affectflow(*arguments, "--json").stdout)
    assert data["agrees"] and data["written"] == trace.written and data["track"]["name"] == trace.track.name
    run.affectflow(*arguments, "--html", out)
    page = out.read_text()
    for target in trace.track.targets:
        assert trace.describe(target) in page
    assert page.count(": the same.") == len(values) and "not the same" not in page


@pytest.mark.parametrize("number", [2, 3])
def test_a_cell_is_traced_to_predictions_and_labels(run: Miniature, number: int) -> None:
    track, file, row = track_of({2: "expr", 3: "au"}[number]), f"results/validation_track{number}.csv", "Visual (F)"
    cell = trace_cell(Chain(run.folder), file, row, "f1")
    assert cell.agrees and cell.computed == cell.written
    predictions = read_branches({"F": run.folder / cell.predictions["F"]}, track)["F"]
    predicted = predictions.values
    table = read_parquet(run.folder / cell.labels, labels_schema(track)).to_pandas().set_index("subject")
    manifest = read_parquet(run.folder / f"work/demo/{track.name}/manifest.parquet", MANIFEST).to_pandas()
    held_out = manifest.loc[manifest["split"] == "validation", "subject"]
    assert set(held_out) == set(predictions.subjects)
    targets = table.loc[list(predictions.subjects), list(track.targets)].to_numpy(float)  # labels are in another order
    assert len(targets) == len(predicted)
    annotated = ~np.isnan(targets).all(axis=1)
    if number == 2:
        classes = predicted.argmax(axis=1)[annotated]
        score = f1_score(targets[annotated, 0], classes, average="macro")
        accuracy = accuracy_score(targets[annotated, 0], classes)
    else:
        active, present = predicted[annotated] >= np.float32(list(thresholds(run).values())), targets[annotated] == 1
        score = f1_score(present, active, average="macro", zero_division=0)
        accuracy = accuracy_score(present.ravel(), active.ravel())
    assert float(cell.written) == pytest.approx(score, abs=6e-5)
    output = run.affectflow("trace", file, "--row", row, "--column", "f1", "--json").stdout
    assert json.loads(output)["computed"] == cell.computed
    accuracy_cell = trace_cell(Chain(run.folder), file, row, "accuracy")
    assert float(accuracy_cell.written) == pytest.approx(accuracy, abs=6e-5)


def test_a_cell_of_a_papers_table_is_traced_to_its_trainings(run: Miniature) -> None:
    chain, table = Chain(run.folder), "results/table2.csv"
    for column in ("f1", "deviation_total"):
        figure = trace_figure(chain, table, "Visual (F)", column)
        assert figure.agrees and figure.computed == figure.written and figure.source == "results/seeds_track2.json"
        assert list(figure.trainings) == ["123", "124"]
    seed_scores = [
        float(cell.computed or "nan") for cell in trace_figure(chain, table, "Visual (F)", "f1").trainings.values()
    ]
    assert float(trace_figure(chain, table, "Visual (F)", "f1").written) == pytest.approx(
        np.mean(seed_scores), abs=1e-4
    )
    low = trace_figure(chain, "results/table1.csv", "Visual (F)", "low_total")
    assert low.agrees and low.computed is not None and list(low.trainings) == ["123"]
    path = run.folder / table
    before, status = path.read_text(), path.stat()
    path.write_text(before.replace(f",{figure.written},", ",0.9999,", 1))
    try:
        result = run.affectflow("trace", table, "--row", "Visual (F)", "--column", "deviation_total", check=False)
    finally:
        path.write_text(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (
        result.returncode == 1
        and f"computed anew from the files below: {figure.computed}, NOT the same" in result.stdout
    )


def test_nothing_to_do_and_a_new_seed_trains_that_seed_alone(run: Miniature) -> None:
    targets = ["results/seeds_track2.csv", "results/folds_track2.csv"]
    assert run.planned(*targets) == set()
    path = run.folder / "config" / "config.yaml"
    before = path.read_text()
    path.write_text(before.replace("seeds: 2", "seeds: 3"))
    jobs = run.planned(*targets)
    path.write_text(before)
    trainings = {wildcards for rule, wildcards in jobs if rule == "train"}
    assert trainings == {"task=expr, branch=F, fold=official, seed=125"}


def test_every_cell_of_every_table_is_traced(run: Miniature) -> None:
    counts = check_every_cell(run.folder)
    names = ("table1.csv", "table2.csv", "folds_track2.csv", "seeds_track2.json", "metrics.json", "leaderboard.csv")
    assert {f"results/{name}" for name in names} <= counts.keys()
    assert check_altered_cells(run.folder) > len(counts)
