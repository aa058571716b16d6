"""The real workflow on a system whose branches start from one another and learn several tracks (Kollias and Zafeiriou,
section VI-A)."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, make_miniature
from traced_tables import check_altered_cells, check_every_cell

from affectflow.artifacts.record import read_record, record_path
from affectflow.lineage.chain import Chain
from affectflow.report.trace.cell_trace import trace_cell
from affectflow.report.trace.figure_trace import trace_figure
from affectflow.report.trace.score_trace import trace_score

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {name: BRANCH[name] for name in ("optimizer", "schedule", "picture", "batch", "epochs")}
CNN = {"backbone": "resnet18", "width": 4}
WITH_LANDMARKS: dict[str, Any] = SMALL | {
    "streams": ["face", "landmarks"],
    "network": {
        "name": "multi_rnn",
        "components": {"face": CNN | {"landmarks": True, "fc": [8], "hidden": 8}},
    },
    "loss": {"mse": 0},
}
JOINT: dict[str, Any] = SMALL | {
    "streams": ["face"],
    "tracks": ["va", "expr", "au"],
    "network": {"name": "multi_rnn", "components": {"face": CNN | {"fc": [8], "rnn": "none"}}},
    "init": {"face.cnn": "AffWildNet"},
}
AV: dict[str, Any] = JOINT | {
    "streams": ["face", "mel"],
    "network": {
        "name": "multi_rnn",
        "components": {
            "visual": CNN | {"fc": [8], "hidden": 8},
            "audio": CNN | {"stream": "mel", "fc": [8], "hidden": 8},
        },
        "fusion": {"kind": "gru", "units": 8, "layers": 2},
    },
    "init": {"visual": "MT"},
}
METHODS = {"MT": {"branches": ["MT"]}, "A/V": {"branches": ["AV"], "paper_test": {"total": 0.5}}}
JOINT_TRACK = {"branches": {"MT": JOINT, "AV": AV}, "methods": METHODS, "submit": "A/V"}
SYSTEM = {
    "name": "joint",
    "tables": {"table4": {"title": "Table IV", "split": "test", "tracks": ["va", "expr", "au"]}},
    "tracks": {
        "va": JOINT_TRACK | {
            "branches": {"AffWildNet": WITH_LANDMARKS, "MT": JOINT, "AV": AV},
            "methods": METHODS | {"AffWildNet": {"branches": ["AffWildNet"]}},
        },
        "expr": JOINT_TRACK,
        "au": JOINT_TRACK,
    },
}  # fmt: skip
TARGETS = (
    *(f"results/{kind}_track{n}.csv" for n in (1, 2, 3) for kind in ("test", "validation")),
    "results/modality_ablation_track1.csv",
    "results/table4.md",
)


def settings_of(system: dict[str, Any], **changes: Any) -> str:
    values = {name: value for name, value in SETTINGS.items() if name != "tracks"}
    return yaml.safe_dump(values | {"system": system, "videos_per_shard": 4} | changes)


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    project = make_miniature(root, tmp_path_factory.mktemp("tasks") / "project")
    (project.folder / "config/config.yaml").write_text(settings_of(SYSTEM))
    project.snakemake(*TARGETS)
    return project


def trainings(run: Miniature, *targets: str) -> set[str]:
    return {re.sub(", fold.*", "", wildcards) for rule, wildcards in run.planned(*targets) if rule == "train"}


def test_one_training_serves_all_of_its_tracks(run: Miniature) -> None:
    files = (run.folder / "models").rglob("model.safetensors")
    models = sorted(path.parent.relative_to(run.folder).as_posix() for path in files)
    assert models == [
        "models/demo/joint/va+expr+au/AV/official-123",
        "models/demo/joint/va+expr+au/MT/official-123",
        "models/demo/joint/va/AffWildNet/official-123",
    ]
    branch = json.loads((run.folder / models[1] / "branch.json").read_text())
    assert branch["track"] == "va+expr+au" and len(branch["outputs"]) == 2 + 7 + 12
    tracking = json.loads((run.folder / models[1] / "run.json").read_text())
    assert tracking["mlflow_run"] and tracking["mlflow_failure"] is None
    for number in (1, 2, 3):
        with (run.folder / f"results/validation_track{number}.csv").open() as lines:
            rows = {row["method"]: row for row in csv.DictReader(lines)}
        assert {"MT", "A/V"} <= set(rows) and all(row["total"] for row in rows.values())
    text = (run.folder / "results/table4.md").read_text()
    assert "| A/V |" in text and "0.500" in text


def test_a_table_of_test_scores_has_ours_on_validation_which_are_traced(run: Miniature) -> None:
    with (run.folder / "results/table4.csv").open() as lines:
        (row,) = csv.DictReader(lines)
    with (run.folder / "results/validation_track2.csv").open() as lines:
        scores = {score_row["method"]: score_row for score_row in csv.DictReader(lines)}
    assert row["track2_validation_f1"] == scores["A/V"]["f1"]
    chain = Chain(run.folder)
    for column in ("validation_total", "low_validation_total", "high_validation_total"):
        figure = trace_figure(chain, "results/table4.csv", "A/V", f"track2_{column}")
        assert figure.agrees and figure.computed and figure.source == "results/intervals_track2.json"
    test_figure = trace_figure(chain, "results/table4.csv", "A/V", "track2_total")
    assert (
        test_figure.agrees and test_figure.source == "results/demo_test_score_track2.json" and not test_figure.trainings
    )


def test_lineage_goes_through_what_a_branch_started_from(run: Miniature) -> None:
    model = run.folder / "models/demo/joint/va+expr+au/AV/official-123/model.safetensors"
    inputs = {item.path for item in read_record(record_path(model)).inputs}
    assert "models/demo/joint/va+expr+au/MT/official-123/model.safetensors" in inputs
    assert {f"work/demo/{track}/labels.parquet" for track in ("va", "expr", "au")} <= inputs
    output = run.affectflow("trace", "results/test_track2.csv").stdout
    assert "AffWildNet" in output and "va+expr+au/MT" in output
    run.affectflow("verify")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_frame_and_a_cell_are_traced_to_the_joint_network(run: Miniature, number: int) -> None:
    file = f"results/test_track{number}.csv"
    place, *values = (run.folder / file).read_text().splitlines()[8].split(",")
    subject, image = place.split("/")
    trace = trace_score(Chain(run.folder), file, subject, int(image[:5]) - 1)
    assert trace.agrees and trace.written == dict(zip(trace.track.targets, values, strict=True))
    assert "va+expr+au/AV" in trace.branches[0].model
    cell = trace_cell(Chain(run.folder), f"results/validation_track{number}.csv", "MT", "total")
    assert cell.agrees


def test_without_faces_landmarks_are_missing_too(run: Miniature) -> None:
    with (run.folder / "results/modality_ablation_track1.csv").open() as lines:
        rows = {(row["method"], row["condition"]): row["total"] for row in csv.DictReader(lines)}
    assert rows["AffWildNet", "without face"] != rows["AffWildNet", "as recorded"]
    assert rows["AffWildNet", "without sound"] == rows["AffWildNet", "as recorded"]
    assert rows["A/V", "without sound"] != rows["A/V", "as recorded"]


def test_what_changes_trains_what_follows_from_it(run: Miniature) -> None:
    assert run.planned(*TARGETS) == set()
    path = run.folder / "config/config.yaml"
    before = path.read_text()
    try:
        for change, expected in (
            (("AffWildNet", {"epochs": 3}), {"task=va, branch=AffWildNet", *JOINT_TRAININGS}),
            (("MT", {"batch": 5}), JOINT_TRAININGS),
            (("AV", {"batch": 5}), {"task=va+expr+au, branch=AV"}),
        ):
            name, override = change
            tracks = {
                track: track_settings
                | {"branches": track_settings["branches"] | {name: track_settings["branches"][name] | override}}
                for track, track_settings in SYSTEM["tracks"].items()  # type: ignore[attr-defined]
                if name in track_settings["branches"]
            }
            path.write_text(settings_of(SYSTEM | {"tracks": SYSTEM["tracks"] | tracks}))  # type: ignore[operator]
            assert trainings(run, *TARGETS) == expected
    finally:
        path.write_text(before)


JOINT_TRAININGS = {"task=va+expr+au, branch=MT", "task=va+expr+au, branch=AV"}


def test_another_run_goes_on_from_a_trained_branch(run: Miniature) -> None:
    """Fine-tuning to another corpus: the model of this run is an input of the other one."""
    fine = SMALL | {
        "streams": ["face"],
        "network": JOINT["network"],
        "init": {"face": "demo/joint/va+expr+au/MT"},
        "loss": {"mse": 0},
    }
    system = {
        "name": "fine",
        "tracks": {"va": {"branches": {"MT": fine}, "methods": {"MT": METHODS["MT"]}, "submit": "MT"}},
    }
    other = run.folder / "config/other.yaml"
    corpus = SETTINGS["corpus"] | {"name": "other", "root": "data/other", "seed": 5}  # type: ignore[operator]
    other.write_text(settings_of(system, corpus=corpus))
    jobs = run.planned("results/validation_track1.csv", "--configfile", "config/other.yaml")
    assert ("train", "task=va, branch=MT, fold=official, seed=123") in jobs
    # What this run has made is no orphan of a run with another system on the same corpus.
    other.write_text(settings_of(system))
    model = "models/demo/joint/va+expr+au/MT/official-123/model.safetensors"
    for targets in ((), (model,)):
        output = run.affectflow("verify", *targets, "--settings", "config/other.yaml", check=False).stdout
        assert "were read" in output and "orphaned: models/demo/joint" not in output
    fine["init"] = {"face": "demo/joint/va+expr+au/Unknown"}
    other.write_text(settings_of(system, corpus=corpus))
    result = run.snakemake("-n", "results/validation_track1.csv", "--configfile", "config/other.yaml", check=False)
    assert result.returncode != 0
    message = result.stdout + result.stderr
    assert "models/demo/joint/va+expr+au/Unknown/official-123/model.safetensors: no such model" in message
    assert "settings of demo/joint" in message


def test_prediction_of_a_video_needs_nothing_else(run: Miniature, tmp_path: Path) -> None:
    video = next((run.folder / "data/demo/videos").rglob("*.mp4"))
    run.affectflow("predict", video, "--out", tmp_path / "scores", "--no-overlay", "--no-viewer")
    table = tmp_path / "scores" / f"{video.stem}.csv"
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 20 and {"valence", "happiness", "au12"} <= set(rows[0])


def test_every_cell_of_every_table_is_traced(run: Miniature) -> None:
    counts = check_every_cell(run.folder)
    assert {"results/table4.csv", "results/demo_test_score_track2.json"} <= counts.keys()
    assert check_altered_cells(run.folder) > len(counts)
