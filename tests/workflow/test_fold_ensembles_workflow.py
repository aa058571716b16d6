"""The real workflow on a system with smoothing, an ensemble by target and the mean over folds (Meng et al., sections
3.5, 4.3, 4.4 and 4.6)."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, make_miniature

from affectflow.artifacts.predictions import Predictions, read_predictions
from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import track_of
from affectflow.fusion.late_fusion import read_weights
from affectflow.fusion.smoothing import read_smoothing
from affectflow.lineage.chain import Chain
from affectflow.report.trace.cell_trace import trace_cell
from affectflow.report.trace.score_lines import score_lines
from affectflow.report.trace.score_trace import trace_score

pytestmark = pytest.mark.slow

VA = track_of("va")
SMALL: dict[str, Any] = {name: BRANCH[name] for name in ("network", "optimizer", "schedule", "picture", "batch")}
FACE = SMALL | {"streams": ["face"], "epochs": 1, "postprocess": {"mean": {"valence": [1, 4, 7], "arousal": 5}}}
SOUND = SMALL | {"streams": ["mel"], "epochs": 1}
MIXED = SOUND | {"fit_on": "train_and_validation", "epoch_ensemble": [1, 1]}
TRACK: dict[str, Any] = {
    "branches": {"F": FACE, "A": SOUND},
    "fusion": {"weights": "equal"},
    "methods": {
        "F": {"branches": ["F"]},
        "Both": {"targets": {"valence": ["F", "A"], "arousal": ["A"]}, "paper_test": {"total": 0.578}},
        "2-Fold": {"branches": ["F"], "folds": True, "paper_test": {"total": 0.5957}},
    },
    "folded": ["F"],
    "submit": "2-Fold",
}
TABLES = {
    "table2": {
        "title": "Table 2", "split": "validation", "tracks": ["va"], "over": "folds", "methods": ["F"], "digits": 4,
        "runs": {"fold1": {"total": 0.615}, "mean": {"total": 0.603}, "official": {"total": 0.6286}},
    },
    "table6": {"title": "Table 6", "split": "test", "tracks": ["va"], "digits": 4},
}  # fmt: skip
KINDS = ("validation", "intervals", "modality_ablation", "training_curves", "trajectories")
TARGETS = (
    *(f"results/{name}_track1.csv" for name in ("test", "folds", *KINDS)),
    *(f"results/{name}.csv" for name in TABLES),
    "results/report.html",
    "results/tracked_scores_track1.json",
)
RUNS = "predictions/demo/ensemble/va/F"


def settings_of(track: dict[str, Any], **changes: Any) -> str:
    system = {"name": "ensemble", "tables": TABLES, "tracks": {"va": track}}
    return yaml.safe_dump(SETTINGS | {"system": system, "videos_per_shard": 4, "folds": 2} | changes, sort_keys=False)


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    project = make_miniature(root, tmp_path_factory.mktemp("folds") / "project")
    (project.folder / "config/config.yaml").write_text(settings_of(TRACK))
    project.snakemake(*TARGETS)
    return project


def rows_of(run: Miniature, name: str) -> list[dict[str, str]]:
    with (run.folder / "results" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def table_of(run: Miniature, path: str) -> Predictions:
    return read_predictions(run.folder / path, VA)


def average_by_hand(table: Predictions, place: int, side: int) -> np.ndarray:
    """Means over the frames j - side to j + side of each subject, frame by frame."""
    means = []
    for begin, end in zip(table.starts, table.starts[1:], strict=False):
        column = table.values[begin:end, place].astype(float)
        means += [column[max(0, j - side) : j + side + 1].mean() for j in range(len(column))]
    return np.array(means)


def test_only_what_is_asked_is_trained(run: Miniature) -> None:
    trainings = sorted(
        path.parent.name for path in (run.folder / "models/demo/ensemble/va/F").glob("*/model.safetensors")
    )
    assert trainings == ["fold1-123", "fold2-123", "official-123"]
    assert [path.name for path in (run.folder / "models/demo/ensemble/va/A").iterdir()] == ["official-123"]


def test_predictions_are_smoothed_alike_in_every_split(run: Miniature) -> None:
    for place, split in (("official-123", "validation"), ("fold1-123", "test"), ("fold2-123", "test")):
        stored = read_smoothing(run.folder / f"{RUNS}/{place}/smoothed/smoothing.json")
        assert stored.targets["arousal"].kept == 5 and set(stored.targets["valence"].tried) == {1, 4, 7}
        rough, smooth = (table_of(run, f"{RUNS}/{place}/{subfolder}{split}.parquet") for subfolder in ("", "smoothed/"))
        assert smooth.values[:, 1] == pytest.approx(average_by_hand(rough, 1, 3), abs=1e-6)
        window = stored.windows.get("valence")
        expected = rough.values[:, 0] if window is None else average_by_hand(rough, 0, -(-window // 2))
        assert smooth.values[:, 0] == pytest.approx(expected, abs=1e-6)
    missing = run.folder / f"{RUNS}/official-123/smoothed/validation-without-face.parquet"
    assert missing.is_file()


def test_the_ensemble_of_folds_is_the_mean_of_their_smoothed_predictions(run: Miniature) -> None:
    method = read_weights(run.folder / "fusion/demo/ensemble/va/official-123/weights.json")["2-Fold"]
    assert method.weights == {t: {"F:fold1": 0.5, "F:fold2": 0.5} for t in VA.targets}
    assert (method.validated, method.scores, method.frames) == (False, {}, 0)
    members = [table_of(run, f"{RUNS}/fold{n}-123/smoothed/test.parquet").values for n in (1, 2)]
    fused = table_of(run, "fusion/demo/ensemble/va/official-123/test.parquet").values
    assert fused == pytest.approx(np.mean(members, axis=0), abs=1e-6)


def test_by_target_an_ensemble_has_its_own_branches(run: Miniature) -> None:
    weights = read_weights(run.folder / "fusion/demo/ensemble/va/official-123/weights.json")
    assert weights["Both"].weights == {"valence": {"F": 0.5, "A": 0.5}, "arousal": {"A": 1.0}}
    assert set(read_weights(run.folder / "fusion/demo/ensemble/va/fold1-123/weights.json")) == {"F"}


def test_what_is_not_validated_is_in_no_table_of_validation(run: Miniature) -> None:
    for kind in ("validation", "intervals", "modality_ablation", "folds"):
        methods = {row["method"] for row in rows_of(run, f"{kind}_track1.csv")}
        assert "2-Fold" not in methods and "F" in methods, kind
    scores = json.loads((run.folder / "results/tracked_scores_track1.json").read_text())["scores"]
    assert scores and not any("validation.2_fold" in name for name in scores)
    assert any(name.startswith("va.test.2_fold") for name in scores)
    method = read_record(record_path(run.folder / "results/trajectories_track1.csv")).options["method"]
    assert method == "Both", "pictures of validation are of the validated method of most branches"
    words = ("results/validation_track1.csv", "--row", "2-Fold", "--column", "total")
    failure = run.affectflow("trace", *words, check=False)
    assert failure.returncode == 2 and "expected one of 'F', 'Both'" in failure.stderr


def test_tables_of_folds_and_of_the_test_split(run: Miniature) -> None:
    rows = {row["method"]: row for row in rows_of(run, "table2.csv")}
    assert list(rows) == ["Fold 1", "Fold 2", "Average", "Original"]
    fold_rows = {row["run"]: row for row in rows_of(run, "folds_track1.csv")}
    names = {"fold1": "Fold 1", "fold2": "Fold 2", "mean": "Average", "official": "Original"}
    assert all(rows[name]["total"] == fold_rows[run_name]["total"] for run_name, name in names.items())
    assert (
        rows["Average"]["deviation_total"] == fold_rows["deviation"]["total"] and not rows["Fold 1"]["deviation_total"]
    )
    assert rows["Fold 1"]["paper_total"] == "0.6150" and rows["Fold 2"]["paper_total"] == ""
    difference = float(fold_rows["fold1"]["total"]) - 0.615
    assert float(rows["Fold 1"]["difference_total"]) == pytest.approx(difference, abs=1e-4)
    test = {row["method"]: row for row in rows_of(run, "table6.csv")}
    assert {"Both", "2-Fold"} == set(test) and all(row["total"] for row in test.values())
    assert test["2-Fold"]["paper_total"] == "0.5957" and test["Both"]["paper_total"] == "0.5780"


def test_a_fused_frame_is_traced_to_all_members_and_their_windows(run: Miniature, tmp_path: Path) -> None:
    chain = Chain(run.folder)
    place, *values = (run.folder / "results/test_track1.csv").read_text().splitlines()[8].split(",")
    subject, image = place.split("/")
    trace = trace_score(chain, "results/test_track1.csv", subject, int(image[:5]) - 1)
    assert trace.agrees and trace.written == dict(zip(VA.targets, values, strict=True))
    assert [branch.branch for branch in trace.branches] == ["F:fold1", "F:fold2"]
    assert [branch.model.split("/")[-2] for branch in trace.branches] == ["fold1-123", "fold2-123"]
    for branch in trace.branches:
        assert branch.smoothed is not None and branch.smoothed.windows["arousal"] == 5
        begin, end = branch.smoothed.frames["arousal"]
        rough = table_of(run, branch.smoothed.predictions)
        start = int(rough.starts[rough.subjects.index(subject)])
        assert (begin, end) == (max(0, trace.frame - 3), min(trace.frames, trace.frame + 4))
        assert branch.values["arousal"] == pytest.approx(rough.values[start + begin : start + end, 1].mean(), abs=1e-6)
    text = "\n".join(score_lines(chain, trace))
    assert "0.5 x" in text and "(window 5, " in text and "fold2-123/smoothed/smoothing.json) of" in text
    words = ("results/test_track1.csv", "--subject", subject, "--frame", trace.frame, "--html", tmp_path / "page.html")
    output = run.affectflow("trace", *words).stdout
    assert "F:fold1" in output and "the same" in output
    page = (tmp_path / "page.html").read_text()
    assert all(
        part in page for part in ("F:fold2, Arousal: mean of the frames", "folds/fold2.parquet", "find_smoothing")
    )
    cell = trace_cell(chain, "results/validation_track1.csv", "Both", "total")
    assert cell.agrees and cell.weights["arousal"] == {"A": 1.0}
    run.affectflow("verify")


def test_a_video_is_predicted_by_all_folds_and_smoothed(run: Miniature, tmp_path: Path) -> None:
    manifest = read_parquet(run.folder / "work/demo/va/manifest.parquet", MANIFEST).to_pylist()
    entry = next(row for row in manifest if row["split"] == "test" and row["subject"] == row["video"])
    subject, video = entry["subject"], run.folder / entry["path"]
    run.affectflow("predict", video, "--out", tmp_path / "scores", "--no-overlay", "--no-viewer", "--no-overlap")
    with (tmp_path / "scores" / f"{video.stem}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    expected = table_of(run, "fusion/demo/ensemble/va/official-123/test.parquet")
    start = int(expected.starts[expected.subjects.index(subject)])
    assert len(rows) == expected.frames[subject]
    scores = np.array([[float(row[name]) for name in VA.outputs] for row in rows])
    assert scores == pytest.approx(expected.values[start : start + len(rows)], abs=2e-5)
    assert "arousal_F:fold2" in rows[0]


def test_a_change_of_windows_trains_nothing(run: Miniature) -> None:
    assert run.planned(*TARGETS) == set()
    path = run.folder / "config/config.yaml"
    before = path.read_text()
    try:
        changed = TRACK["branches"] | {"F": FACE | {"postprocess": {"mean": {"valence": 3, "arousal": 5}}}}
        path.write_text(settings_of(TRACK | {"branches": changed}))
        rules = {rule for rule, _ in run.planned(*TARGETS)}
        assert {"find_smoothing", "smooth", "fuse", "apply_fusion", "score"} <= rules
        assert not rules & {"train", "predict"}
        path.write_text(settings_of(TRACK | {"branches": TRACK["branches"] | {"F": FACE | {"epochs": 2}}}))
        trained = {wildcards for rule, wildcards in run.planned("models") if rule == "train"}
        assert trained == {f"task=va, branch=F, fold={fold}, seed=123" for fold in ("official", "fold1", "fold2")}
    finally:
        path.write_text(before)


def test_nothing_of_validation_is_asked_of_a_branch_that_has_learnt_from_it(run: Miniature) -> None:
    path = run.folder / "config/config.yaml"
    before = path.read_text()
    mix = {"branches": ["M"], "paper_test": {"total": 0.601}}
    track = TRACK | {"branches": TRACK["branches"] | {"M": MIXED}, "methods": TRACK["methods"] | {"Mix": mix}}
    try:
        path.write_text(settings_of(track, seeds=2))
        jobs = run.planned(*TARGETS, "results/seeds_track1.csv")
        mixed_jobs = {(rule, wildcards) for rule, wildcards in jobs if "branch=M," in wildcards}
        assert mixed_jobs == {
            ("train", "task=va, branch=M, fold=official, seed=123"),
            ("predict", "track=va, branch=M, fold=official, seed=123, split=test, without="),
        }
        output = run.snakemake("-n", "-p", "results/training_curves_track1.csv").stdout
        assert "--metrics" not in output or "M=models" not in output
    finally:
        path.write_text(before)
