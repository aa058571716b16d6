"""Vu and Beurton-Aimar by the real workflow: a teacher, its student, frozen features and GRUs along them, of two
seeds."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from miniature import Job, Miniature, make_miniature, rows_of, write
from teacher_workflow_lab import (
    BRANCHES,
    LEARNT,
    PLACE,
    SEEDS,
    STILLS,
    TARGETS,
    TEST,
    VALIDATION,
    features,
    inputs_below,
    model,
    record,
    settings_of,
    with_settings,
)

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.schemas import FACES, FEATURES, IMAGE_FEATURES, MANIFEST
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.core.tracks import TrackName, track_of
from affectflow.lineage.chain import Chain

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run."""
    project = make_miniature(root, tmp_path_factory.mktemp("teacher") / "project")
    write(project, settings_of())
    project.snakemake(*TARGETS)
    return project


@pytest.fixture
def project(trained: Miniature) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield trained
    write(trained, settings_of())


@pytest.mark.parametrize("seed", SEEDS)
def test_each_is_made_after_what_it_learns_from(project: Miniature, seed: str) -> None:
    stages = [[model("T", seed)], [model("S", seed)], [features(name, seed) for name in LEARNT]]
    stages += [[model("G", seed)], [model("H", seed)]]
    records = [[record(project, name) for name in names] for names in stages]
    for before, after in pairwise(records):
        last_end = max(datetime.fromisoformat(entry.end) for entry in before)
        assert last_end <= min(datetime.fromisoformat(entry.start) for entry in after), after[0].artifact.path


def test_only_what_is_learnt_from_has_another_copy(project: Miniature) -> None:
    files = {path.relative_to(project.folder).as_posix() for path in (project.folder / "features").rglob("*.arrow")}
    expected = {features(name, seed) for seed in SEEDS for name in (*LEARNT, "validation.arrow")}
    assert files == expected | {features("test.arrow")}, "the test split is predicted with the first seed"
    manifest = read_parquet(project.folder / "work/demo/va/manifest.parquet", MANIFEST).to_pylist()
    for split in ("train", "validation", "test"):
        rows = [(row["subject"], frame) for row in manifest if row["split"] == split for frame in range(row["frames"])]
        table = read_arrow(project.folder / features(f"{split}.arrow"), FEATURES)
        assert sorted(zip(table["subject"].to_pylist(), table["frame"].to_pylist(), strict=True)) == sorted(rows)
        assert {len(one) for one in table["feature"].to_pylist()} == {16}
    for folder, schema, key, count in (("", FEATURES, "frame", 60), ("images/affect/", IMAGE_FEATURES, "image", 12)):
        names = [features(f"{folder}{name}.arrow") for name in ("train", "train-copy1")]
        plain, other = (read_arrow(project.folder / name, schema) for name in names)
        assert len(plain) == count and plain[key].to_pylist() == other[key].to_pylist()
        one, two = (np.stack(table["feature"].to_pylist()) for table in (plain, other))
        assert not np.allclose(one, two), "another copy shows something else"


@pytest.mark.parametrize("seed", SEEDS)
def test_each_seed_has_its_own_teacher_student_and_features(project: Miniature, seed: str) -> None:
    assert inputs_below(project, model("T", seed), "models") == set()
    assert inputs_below(project, model("S", seed), "models") == with_settings(model("T", seed))
    feature_files = {features(name, seed) for name in (*LEARNT, "validation.arrow")}
    for name in feature_files:
        assert inputs_below(project, name, "models") == with_settings(model("S", seed)), name
    for branch in ("G", "H"):
        assert inputs_below(project, model(branch, seed), "features") == feature_files, branch
        for track in ("va", "expr") if seed == SEEDS[0] else ("va",):
            prediction = f"predictions/demo/vu/{track}/{branch}/{seed}/validation.parquet"
            assert inputs_below(project, prediction, "features") == {features("validation.arrow", seed)}
            assert inputs_below(project, prediction, "models") == with_settings(model(branch, seed))
    assert inputs_below(project, model("G", seed), "models") == set()
    assert inputs_below(project, model("H", seed), "models") == with_settings(model("G", seed))


def test_seeds_differ(project: Miniature) -> None:
    for name in (*(model(branch) for branch in BRANCHES), *map(features, LEARNT)):
        one, other = (project.folder / name.replace(SEEDS[0], seed) for seed in SEEDS)
        assert one.read_bytes() != other.read_bytes(), name


def test_the_papers_table_has_mean_and_deviation_over_both_seeds(project: Miniature) -> None:
    rows = {row["method"]: row for row in rows_of(project.folder / "results/table3.csv")}
    assert list(rows) == ["G", "H"]
    by_seed = {(row["method"], row["run"]): row for row in rows_of(project.folder / "results/seeds_track1.csv")}
    for method, row in rows.items():
        assert row["seeds"] == "2"
        for score in ("ccc_valence", "total"):
            one, other = (float(by_seed[method, run][score]) for run in ("123", "124"))
            assert one != other, "both seeds are trained"
            assert float(row[score]) == pytest.approx((one + other) / 2, abs=1.1e-4)
            # Each is rounded once, to four digits: half a digit of the deviation, a whole one of the difference.
            rounding = 0.5e-4 + 1e-4 / 2**0.5
            assert float(row[f"deviation_{score}"]) == pytest.approx(abs(one - other) / 2**0.5, abs=rounding)
    first = {row["method"]: row["total"] for row in rows_of(project.folder / VALIDATION)}
    assert first == {method: row["total"] for (method, run), row in by_seed.items() if run == "123"}
    assert (rows["H"]["paper_total"], rows["G"]["paper_total"]) == ("0.500", "")
    text = (project.folder / "results/table3.md").read_text()
    assert "Mean and sample deviation over 2 seeds." in text and "| H |" in text and "| S |" not in text


@pytest.mark.parametrize("name", [TEST, VALIDATION, "predictions/demo/vu/va/H/official-123/test.parquet"])
def test_records_lead_from_a_score_to_pictures_and_videos(project: Miniature, name: str) -> None:
    behind = Chain(project.folder).behind([name])
    videos = [path.relative_to(project.folder).as_posix() for path in (project.folder / "data/demo").rglob("*.mp4")]
    split = "validation" if name == VALIDATION else "test"
    expected = [*map(model, BRANCHES), *map(features, (*LEARNT, f"{split}.arrow")), STILLS, "data/affect", *videos]
    assert len(videos) == 6 and not [entry for entry in expected if entry not in behind]
    assert not [entry for entry in behind if SEEDS[1] in entry], "the other seed has no part in it"


def test_trace_names_all_that_is_behind_the_test_scores(project: Miniature) -> None:
    output = project.affectflow("trace", TEST).stdout
    folder = features("").rstrip("/")
    for name in (
        *map(model, BRANCHES),
        f"{folder}/test.arrow",
        STILLS,
        "data/affect",
        "data/demo/videos/*.mp4 (6 files)",
    ):
        assert re.search(rf"─ {re.escape(name)}  ", output), name
    assert f"{folder}/*.arrow (3 files)  features" in output, "two copies to train, and validation"
    assert f"{folder}/images/affect/*.arrow (2 files)  image_features" in output
    full_output = project.affectflow("trace", TEST, "--all").stdout
    for name in map(features, LEARNT):
        assert re.search(rf"─ {re.escape(name)}  ", full_output), name


def test_trace_names_the_sequence_between_gaps_and_the_features(project: Miniature) -> None:
    """Sequences are of 8 frames and span no gap: where the last face begins, a sequence begins."""
    table = (project.folder / TEST).read_text().splitlines()[1:]
    test_subjects = {line.split("/")[0] for line in table}
    presence: dict[str, list[bool]] = {}
    for path in (project.folder / "work/demo/faces").glob("*.arrow"):
        faces = read_arrow(path, FACES)
        for name, value in zip(faces["subject"].to_pylist(), faces["found"].to_pylist(), strict=True):
            presence.setdefault(name, []).append(value)
    subject, face_present = next(
        (name, values) for name, values in presence.items() if name in test_subjects and not all(values) and any(values)
    )
    frame = len(face_present) - 1
    begin = max((place + 1 for place, value in enumerate(face_present) if value != face_present[frame]), default=0)
    first = begin + (frame - begin) // 8 * 8
    output = project.affectflow("trace", TEST, "--subject", subject, "--frame", frame).stdout
    assert f"predicted in the sequence of frames {first} to {frame}" in output
    assert f"from the features features/{PLACE}/S/official-123/test.arrow, by models/{PLACE}/S/" in output


def test_verify_finds_one_altered_byte_of_features(project: Miniature) -> None:
    assert "all holds" in project.affectflow("verify", TEST).stdout
    for name in ("train-copy1.arrow", "images/affect/train.arrow", "test.arrow"):
        path = project.folder / features(name)
        before, status = path.read_bytes(), path.stat()
        altered = bytearray(before)
        altered[len(before) // 2] ^= 1
        path.write_bytes(altered)
        try:
            result = project.affectflow("verify", TEST, check=False)
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert result.returncode == 1 and f"altered: {features(name)}" in result.stdout
    assert "all holds" in project.affectflow("verify").stdout


AFTER = {"fuse", "apply_fusion", "score", "spread", "paper_table", "submit"}
"""Rules that go on from predictions."""


def group_branches(jobs: set[Job]) -> dict[str, set[str]]:
    """The branches that are made anew by rule, all with both seeds; what comes of predictions alone is left out."""
    branches_by_rule: dict[str, dict[str, set[str]]] = {}
    for rule, wildcards in jobs:
        if rule not in AFTER:
            job_values = dict(re.findall(r"(branch|seed)=([\w-]+)", wildcards))
            branches_by_rule.setdefault(rule, {}).setdefault(job_values.get("branch", wildcards), set()).add(
                job_values.get("seed", "")
            )
    for rule, branches in branches_by_rule.items():
        assert set(map(frozenset, branches.values())) == {frozenset({"123", "124"})}, rule
    return {rule: set(branches) for rule, branches in branches_by_rule.items()}


def test_nothing_is_to_do_after_a_run(project: Miniature) -> None:
    assert project.planned(*TARGETS) == set()


@pytest.mark.parametrize(
    ("branch", "change", "rerun"),
    [
        ("T", {"optimizer": {"lr": 2e-3}}, "TSGH"),
        ("S", {"loss": {"distillation": {"label_weight": 0.5}}}, "SGH"),
        ("G", {"optimizer": {"lr": 2e-3}}, "GH"),
        ("H", {"loss": {"distillation": {"label_weight": 0.5}}}, "H"),
    ],
)
def test_a_setting_of_a_branch_makes_it_anew_and_what_follows(
    project: Miniature, branch: str, change: dict[str, Any], rerun: str
) -> None:
    write(project, settings_of({branch: change}))
    branches = group_branches(project.planned(*TARGETS))
    expected = {"train": set(rerun), "predict": set(rerun)}
    if "S" in rerun:
        expected |= {"features": {"S"}, "image_features": {"S"}}
    assert branches == expected


def test_another_copy_is_made_beside_those_that_are_there(project: Miniature) -> None:
    augmentation = {"features": {"augmented_copies": 3}}
    write(project, settings_of({"G": augmentation, "H": augmentation}))
    jobs = project.planned(*TARGETS)
    branches = group_branches(jobs)
    assert branches.pop("features") == branches.pop("image_features") == {"S"}
    assert branches == {"train": {"G", "H"}, "predict": {"G", "H"}}
    copies = {
        (rule, *re.findall(r"(?:split|copy_suffix|images)=([\w-]*)", wildcards))
        for rule, wildcards in jobs
        if "features" in rule
    }
    assert copies == {("features", "train", "-copy2"), ("image_features", "affect", "train", "-copy2")}


def test_what_changes_speed_or_bookkeeping_makes_nothing_anew(project: Miniature) -> None:
    write(project, settings_of(loader={"workers": 1, "cache_mb": 7}))
    assert project.planned(*TARGETS) == set()
    write(project, settings_of(tracking={"uri": "sqlite:///other.db", "experiment": "other"}))
    assert project.planned(*TARGETS) == set()


def test_a_fold_has_its_own_teacher_student_and_features(project: Miniature) -> None:
    planned_jobs = project.planned("results/folds_track1.csv", "--config", "folds=2", "seeds=1")
    jobs = {(rule, *re.findall(r"(?:branch|fold)=(\w+)", wildcards)) for rule, wildcards in planned_jobs}
    for fold in ("fold1", "fold2"):
        expected = {("train", branch, fold) for branch in BRANCHES} | {
            ("features", "S", fold),
            ("image_features", "S", fold),
        }
        assert expected <= jobs, fold


def test_a_video_is_predicted_as_the_workflow_predicts_it(project: Miniature, tmp_path: Path) -> None:
    subject = next(
        row["subject"]
        for row in read_parquet(project.folder / "work/demo/va/manifest.parquet", MANIFEST).to_pylist()
        if row["split"] == "test" and row["subject"] == row["video"]
    )
    video = project.folder / f"data/demo/videos/{subject}.mp4"
    project.affectflow("predict", video, "--out", tmp_path / "out", "--no-overlay", "--no-viewer", "--no-overlap")
    rows = rows_of(tmp_path / "out" / f"{subject}.csv")
    assert [row["frame"] for row in rows] == [str(frame) for frame in range(20)]
    assert {row["face_found"] for row in rows} == {"true", "false"}, "frames without a face have their rows too"
    tracks: tuple[TrackName, ...] = ("va", "expr")
    for name in tracks:
        track = track_of(name)
        place = project.folder / f"predictions/demo/vu/{name}/H/official-123/test.parquet"
        expected = read_predictions(place, track)
        first = int(expected.starts[expected.subjects.index(subject)])
        scores = np.array([[float(row[output]) for output in track.outputs] for row in rows])
        np.testing.assert_allclose(scores, expected.values[first : first + 20], atol=1e-4, rtol=0)
        assert np.ptp(scores, axis=0).max() > 1e-3, "frames differ, so that the order of rows tells"
        by_branch = np.array([[float(row[f"{output}_H"]) for output in track.outputs] for row in rows])
        np.testing.assert_array_equal(by_branch, scores)
