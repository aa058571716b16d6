"""Meng et al. by the real workflow: extracted sets of sound and faces, a grid of encoders along time, an ensemble."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from miniature import SETTINGS, Job, Miniature, make_miniature, rows_of, write

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet
from affectflow.config.reading import merge
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain

pytestmark = pytest.mark.slow

VA = track_of("va")
BACKBONE = {"backbone": "resnet18", "width": 4, "size": 32}
SHARED: dict[str, Any] = {
    "streams": ["features"],
    "loss": {"mse": 0.0, "ccc": 2.0},
    "optimizer": {"name": "adam", "lr": 3e-3, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "batch": 2,
    "epochs": 2,
    "postprocess": {"mean": {"valence": 2, "arousal": [1, 4]}},
}
SMALL = {"joined": 8, "regressor": [8, 4], "dropout": 0.1}
TRANSFORMER = SHARED | {
    "network": SMALL | {"name": "segment_transformer", "layers": 1, "heads": 2, "feedforward": 16},
    "sequence": {"length": 8, "stride": 4, "cut": "strides", "predicted": "averaged"},
}
LSTM = SHARED | {
    "network": SMALL | {"name": "segment_lstm", "hidden": 8},
    "sequence": {"length": 6, "stride": 6, "cut": "strides"},
}
MIXED = TRANSFORMER | {
    "features": {"sets": ["E"]},
    "fit_on": "train_and_validation",
    "epoch_ensemble": [1, 2],
    "postprocess": {"mean": {"valence": 2, "arousal": 4}},
}
SYSTEM: dict[str, Any] = {
    "name": "meng",
    "features": {
        "E": {"kind": "opensmile", "set": "eGeMAPSv01b"},
        "D": {"kind": "face", "weights": "learnt", **BACKBONE},
        "R": {"kind": "face", "weights": "random_init", "backbone": "iresnet18", "width": 4, "size": 32},
    },
    "pretraining": {"learnt": {"images": "affect", "classes": 7, "batch": 8, "epochs": 1, **BACKBONE}},
    "tracks": {
        "va": {
            "grids": {
                "T": {"branch": TRANSFORMER, "rows": [{"sets": ["E"]}, {"sets": ["D", "R"]}]},
                "L": {"branch": LSTM, "rows": [{"sets": ["D", "E"]}]},
            },
            "branches": {"M": MIXED},
            "fusion": {"weights": "equal"},
            "methods": {
                "Ensemble": {"targets": {"valence": ["T-E", "L-D-E"], "arousal": ["T-D-R"]}},
                "Mix": {"branches": ["M"], "paper_test": {"total": 0.601}},
            },
            "submit": "Ensemble",
        }
    },
    "tables": {"table6": {"title": "Table 6", "split": "test", "tracks": ["va"], "digits": 4}},
}
TEST, VALIDATION, TABLE = "results/test_track1.csv", "results/validation_track1.csv", "results/table6.csv"
TARGETS = (TEST, VALIDATION, TABLE, "results/modality_ablation_track1.csv")
SETS = ("D", "E", "R")
MODELS = "models/demo/meng/va"


def settings_of(**system: Any) -> str:
    values: dict[str, Any] = {
        "system": merge(SYSTEM, system),
        "videos_per_shard": 8,
        "images": {
            "affect": {"kind": "demo", "layout": "affectnet", "root": "data/affect", "pictures": [12, 6], "size": 40}
        },
    }
    return yaml.safe_dump(SETTINGS | values, sort_keys=False)


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run."""
    project = make_miniature(root, tmp_path_factory.mktemp("sets") / "project")
    write(project, settings_of())
    project.snakemake(*TARGETS)
    return project


@pytest.fixture
def project(trained: Miniature) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield trained
    write(trained, settings_of())


def test_each_set_is_extracted_once_whatever_reads_it(project: Miniature) -> None:
    folder = project.folder / "work/demo/features"
    assert {path.parent.name for path in folder.rglob("*.arrow")} == set(SETS)
    shards = {path.name for path in (project.folder / "work/demo/frames").glob("*.arrow")}
    for name in SETS:
        assert {path.name for path in (folder / name).glob("*.arrow")} == shards
    assert project.planned(*TARGETS) == set()


def test_records_lead_from_a_score_to_every_set_and_what_made_it(project: Miniature) -> None:
    behind = Chain(project.folder).behind([TEST])
    for branch in ("T-E", "L-D-E", "T-D-R"):
        assert f"{MODELS}/{branch}/official-123/model.safetensors" in behind
    assert not [name for name in behind if "/M/" in name], "the mixed branch has no part in it"
    assert {name.split("/")[3] for name in behind if name.startswith("work/demo/features/")} == set(SETS)
    assert "models/images/meng/learnt/123/model.safetensors" in behind
    assert "data/affect" in behind
    assert [name for name in behind if name.startswith("work/demo/sound/")]


def test_a_frame_is_traced_to_all_members_their_segments_and_sets(project: Miniature) -> None:
    subject = rows_of(project.folder / TEST)[0]["image_location"].split("/")[0]
    output = project.affectflow("trace", TEST, "--subject", subject, "--frame", 9).stdout
    for branch in ("T-E", "L-D-E", "T-D-R"):
        assert f"{MODELS}/{branch}/official-123" in output
    # Frame 9 of segments of 8 from every 4th; of the LSTM's 6.
    assert "4 to 11, 8 to 15" in output
    assert "sequence of frames 6 to 11" in output
    assert re.search(r"features/E\b", output)


def test_random_weights_are_said_beside_the_scores(project: Miniature) -> None:
    notes = {row["method"]: row["note"] for row in rows_of(project.folder / VALIDATION)}
    assert notes["T: E"] == notes["L: D, E"] == ""
    assert notes["T: D, R"] == notes["Ensemble"] == "R: random_init, no published weights"
    assert "Mix" not in notes, "nobody is left to validate it"


def test_a_mixed_branch_is_scored_on_the_test_split(project: Miniature) -> None:
    row = next(row for row in rows_of(project.folder / TABLE) if row["method"] == "Mix")
    assert row["paper_total"] == "0.6010"
    assert -1 <= float(row["total"]) <= 1


def test_each_sense_touches_what_it_is_of_alone(project: Miniature) -> None:
    table = {(row["method"], row["condition"]): row["total"] for row in rows_of(project.folder / TARGETS[-1])}
    whole = {method: value for (method, condition), value in table.items() if condition == "as recorded"}
    changed = {
        sense: {m for m in whole if table[m, f"without {sense}"] != whole[m]} for sense in ("face", "body", "sound")
    }
    assert changed["body"] == set()
    assert changed["face"] == {"T: D, R", "L: D, E", "Ensemble"}
    assert changed["sound"] == {"T: E", "L: D, E", "Ensemble"}


def collect_wildcards(jobs: set[Job], rule: str, key: str) -> set[str]:
    return {re.search(rf"{key}=([\w-]+)", wildcards)[1] for name, wildcards in jobs if name == rule}  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "extracted", "learnt"),
    [
        ({"features": {"E": {"at": "linear"}}}, {"E"}, {"T-E", "L-D-E", "M"}),
        ({"features": {"R": {"width": 8}}}, {"R"}, {"T-D-R"}),
        ({"pretraining": {"learnt": {"epochs": 2}}}, {"D"}, {"T-D-R", "L-D-E"}),
        ({"tracks": {"va": {"grids": {"L": {"branch": {"optimizer": {"lr": 1e-3}}}}}}}, set(), {"L-D-E"}),
    ],
)
def test_what_changes_is_made_anew_and_what_reads_it(
    project: Miniature, change: dict[str, Any], extracted: set[str], learnt: set[str]
) -> None:
    write(project, settings_of(**change))
    jobs = project.planned(*TARGETS)
    assert (
        collect_wildcards(jobs, "sound_features", "set") | collect_wildcards(jobs, "face_features", "set") == extracted
    )
    assert collect_wildcards(jobs, "train", "branch") == learnt


def test_another_row_of_a_grid_is_made_beside_those_that_are_there(project: Miniature) -> None:
    rows = [{"sets": ["E"]}, {"sets": ["D", "R"]}, {"sets": ["E", "D"]}]
    write(project, settings_of(tracks={"va": {"grids": {"T": {"rows": rows}}}}))
    jobs = project.planned(*TARGETS)
    assert collect_wildcards(jobs, "train", "branch") == {"T-E-D"}
    assert {rule for rule, _ in jobs} & {"sound_features", "face_features", "pretrain"} == set()


def test_another_window_trains_nothing(project: Miniature) -> None:
    changed = {"T": {"branch": {"postprocess": {"mean": {"valence": 6}}}}}
    write(project, settings_of(tracks={"va": {"grids": changed}}))
    jobs = project.planned(*TARGETS)
    assert collect_wildcards(jobs, "smooth", "branch") == {"T-E", "T-D-R"}
    assert not {rule for rule, _ in jobs} & {"train", "predict", "sound_features", "face_features"}


def test_verify_finds_one_altered_byte_of_a_set(project: Miniature) -> None:
    path = next((project.folder / "work/demo/features/E").glob("*.arrow"))
    before, status = path.read_bytes(), path.stat()
    altered = bytearray(before)
    altered[len(before) // 2] ^= 1
    path.write_bytes(altered)
    try:
        result = project.affectflow("verify", TEST, check=False)
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert result.returncode == 1
    assert f"altered: work/demo/features/E/{path.name}" in result.stdout
    assert "all holds" in project.affectflow("verify", TEST).stdout


def test_settings_that_read_a_set_no_more_do_not_call_it_an_orphan(project: Miniature) -> None:
    assert "all holds" in project.affectflow("verify").stdout
    rows = [{"sets": ["E"]}]
    ensemble = {"targets": {"valence": ["T-E"], "arousal": ["T-E"]}}
    fewer = {"grids": {"T": {"rows": rows}, "L": {"rows": rows}}, "methods": {"Ensemble": ensemble}}
    write(project, settings_of(tracks={"va": fewer}))
    output = project.affectflow("verify", check=False).stdout
    assert "models/demo/meng/va/T-D-R" in output, "what is of this system alone is"
    assert "work/demo/features" not in output


def test_a_video_is_predicted_as_the_workflow_predicts_it(project: Miniature, tmp_path: Path) -> None:
    subject = next(
        row["subject"]
        for row in read_parquet(project.folder / "work/demo/va/manifest.parquet", MANIFEST).to_pylist()
        if row["split"] == "test" and row["subject"] == row["video"]
    )
    video = project.folder / f"data/demo/videos/{subject}.mp4"
    project.affectflow("predict", video, "--out", tmp_path / "out", "--no-overlay", "--no-viewer", "--no-overlap")
    rows = rows_of(tmp_path / "out" / f"{subject}.csv")
    expected = read_predictions(project.folder / "fusion/demo/meng/va/official-123/test.parquet", VA)
    first = int(expected.starts[expected.subjects.index(subject)])
    scores = np.array([[float(row[output]) for output in VA.outputs] for row in rows])
    np.testing.assert_allclose(scores, expected.values[first : first + len(scores)], atol=1e-4, rtol=0)
    assert np.ptp(scores, axis=0).min() > 1e-3
