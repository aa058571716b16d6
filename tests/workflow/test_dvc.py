"""DVC over the real workflow: its stages, experiments and remotes, and no old file ever under a new result."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from dvc_lab import Repository, make_clone, make_repository, push
from miniature import Miniature

pytestmark = pytest.mark.slow

STAGES = ["corpus", "preprocess", "train", "fuse", "report"]
OUTPUTS = ("data/demo", "work", "models", "predictions", "fusion", "leaderboard_entries", "results")
UP_TO_DATE = "Data and pipelines are up to date."
EQUAL = "config/config.yaml:+system.tracks.va.fusion.weights=equal"
AFTER_FUSION = {
    "fuse", "apply_fusion", "score", "metrics", "score_held_out", "submit", "trajectories", "intervals", ""
    "modality_ablation",
    "paper_table", "report", "leaderboard_entry", "leaderboard",
}  # fmt: skip
SCORE, LOSS = "training score, valence and arousal", "training loss, valence and arousal"


@pytest.fixture(scope="module")
def project(root: Path, finished: Miniature, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Its tests go on from each other, in the order of this file."""
    return make_repository(root, finished, tmp_path_factory.mktemp("dvc") / "project")


def nobody_is_told_of_a_run(project: Repository) -> None:
    assert project.dvc("config", "core.analytics").strip() == "false"
    assert project.dvc("config", "core.check_update").strip() == "false"


def the_stages_and_what_flows_between_them(project: Repository) -> None:
    edges = set(re.findall(r'"(\w+)" -> "(\w+)"', project.dvc("dag", "--dot")))
    assert edges == {
        ("corpus", "preprocess"), ("corpus", "report"), ("preprocess", "train"), ("preprocess", "fuse"),
        ("preprocess", "report"), ("train", "fuse"), ("train", "report"), ("fuse", "report"),
    }  # fmt: skip
    stages = yaml.safe_load((project.folder / "dvc.yaml").read_text())["stages"]
    assert list(stages) == STAGES
    outputs = [output for stage in stages.values() for output in stage["outs"]]
    assert outputs == [{folder: {"persist": True}} for folder in OUTPUTS]


def after_a_direct_run_one_command_brings_dvc_up_to_date(project: Repository) -> None:
    before = project.times(*OUTPUTS)
    assert project.dvc("status") != UP_TO_DATE
    project.dvc("commit", "--force")
    assert project.dvc("status").strip() == UP_TO_DATE
    assert project.dvc("repro").count("didn't change, skipping") == len(STAGES)
    assert project.times(*OUTPUTS) == before
    assert project.planned() == set()
    assert project.git("status", "--porcelain").split() == ["??", "dvc.lock"]


def repro_makes_by_snakemake_what_is_missing(project: Repository) -> None:
    times_before = project.times(*OUTPUTS[:-1])
    trajectories = project.folder / "results/trajectories_track1.csv"
    before = trajectories.read_bytes()
    trajectories.unlink()
    output = project.dvc("repro")
    assert output.count("didn't change, skipping") == len(STAGES) - 1
    assert "Running stage 'report'" in output
    assert trajectories.read_bytes() == before
    assert project.times(*OUTPUTS[:-1]) == times_before
    assert project.dvc("status").strip() == UP_TO_DATE
    project.git("add", "dvc.lock")
    project.git("commit", "--quiet", "-m", "search")
    project.git("tag", "first")


def an_experiment_with_another_setting(project: Repository) -> None:
    times_before = project.times("data/demo", "work", "models", "predictions")
    scores = json.loads((project.folder / "results/metrics.json").read_text())
    project.dvc("exp", "run", "--set-param", EQUAL)
    assert project.times("data/demo", "work", "models", "predictions") == times_before
    assert project.dvc("status").strip() == UP_TO_DATE
    assert project.planned() == set()
    settings = json.loads(project.dvc("params", "diff", "--json"))["config/config.yaml"]
    assert {name: change["new"] for name, change in settings.items()} == {"system.tracks.va.fusion.weights": "equal"}
    changed = json.loads(project.dvc("metrics", "diff", "--json"))
    assert set(changed) == {"results/metrics.json", "results/demo_test_score_track1.json"}
    assert changed["results/demo_test_score_track1.json"]["weights"] == {"old": "search", "new": "equal"}
    title = "Audio + Visual (F + BCF)"
    total = changed["results/metrics.json"][f"track1.validation.{title}.total"]
    after = json.loads((project.folder / "results/metrics.json").read_text())
    assert total["old"] == scores["track1"]["validation"][title]["total"]
    assert total["new"] == after["track1"]["validation"][title]["total"] != total["old"]
    metrics = json.loads(project.dvc("metrics", "show", "--json"))[""]["data"]
    assert metrics["results/metrics.json"]["data"] == after
    project.git("commit", "--quiet", "--all", "-m", "equal")
    project.git("tag", "second")


def plots_of_both_runs(project: Repository) -> None:
    plots_by_title = json.loads(project.dvc("plots", "diff", "first", "--json", "--split"))["data"]
    # Of the tracks that were not made there is nothing to draw.
    assert {name for name, plots in plots_by_title.items() if plots} == {SCORE, LOSS, "valence", "arousal"}
    points = {
        name: plots[0]["anchor_definitions"]["<DVC_METRIC_DATA>"] for name, plots in plots_by_title.items() if plots
    }
    epochs = {(p["rev"], p["branch"], int(p["epoch"])) for p in points[SCORE]}
    assert epochs == {(rev, b, epoch) for rev in ("first", "workspace") for b in ("F", "BCF", "A") for epoch in (1, 2)}
    assert {p["field"] for p in points[LOSS]} == {"train_loss", "validation_loss"}
    assert {p["field"] for p in points["valence"]} == {"annotated_valence", "valence"}
    assert len({p["subject"] for p in points["arousal"]}) == 2
    project.dvc("plots", "show", "--out", "drawn")
    page = (project.folder / "drawn/index.html").read_text()
    assert page.count("vegaEmbed(") == len(plots_by_title)
    assert '"strokeDash"' in page and "annotated_arousal" in page
    shutil.rmtree(project.folder / "drawn")


def a_fresh_clone_takes_over_what_it_pulled(project: Repository) -> None:
    push(project)
    project.git("tag", "--force", "second")
    clone = make_clone(project, project.folder.parent / "clone")
    assert "no job of this folder wrote it" in clone.refusal("-n")
    adoption = clone.affectflow("adopt")
    assert "refused" not in adoption.stderr
    assert clone.planned() == set()
    assert "all holds" in clone.affectflow("verify").stdout
    assert clone.dvc("status").strip() == UP_TO_DATE
    assert clone.dvc("repro").count("didn't change, skipping") == len(STAGES)
    training = clone.planned("models", "--config", "system={tracks: {va: {branches: {F: {epochs: 3}}}}}")
    assert {rule for rule, _ in training} == {"models", "train"}
    fused = clone.planned("--config", "system={tracks: {va: {fusion: {weights: search}}}}")
    assert {rule for rule, _ in fused} - {"all"} == AFTER_FUSION | {"log_scores"}
    # Trained with another seed, and not wanted by these settings.
    stray = clone.folder / "models/demo/ntua/va/F/official-99/model.safetensors"
    stray.parent.mkdir()
    stray.write_bytes(b"an old model")
    failure = clone.affectflow("adopt", check=False)
    assert failure.returncode == 1
    assert f"refused: {stray.relative_to(clone.folder)}: no job of today's workflow makes it" in failure.stderr
    clone.affectflow("adopt", "--delete")
    assert not stray.exists()
    assert clone.planned() == set()


def old_files_are_refused_under_new_settings(project: Repository) -> None:
    project.git("checkout", "--quiet", "first", "--", "dvc.lock")
    project.dvc("checkout")
    for command in (("-n",), ("-n", "results/test_track1.csv")):
        message = project.refusal(*command)
        assert "fusion/demo/ntua/va/official-123/weights.json: changed after its job ended" in message
        assert "affectflow adopt" in message
    failure = project.affectflow("adopt", check=False)
    assert failure.returncode == 1
    assert "weights.json: settings.fusion.weights was search, is equal" in failure.stderr
    for name in ("results/metrics.json", "results/test_track1.csv", "results/submission/track1"):
        assert f"refused: {name}: goes with a file that is not taken over" in failure.stderr
    assert "results/training_curves_track1.csv" not in failure.stderr
    assert "changed after its job ended" in project.refusal("-n")
    project.affectflow("adopt", "--delete")
    assert {rule for rule, _ in project.planned()} - {"all", "log_scores"} == AFTER_FUSION


def old_files_are_taken_over_under_their_own_settings(project: Repository) -> None:
    project.git("checkout", "--quiet", "--force", "first")
    project.dvc("checkout")
    assert "changed after its job ended" in project.refusal("-n")
    assert project.affectflow("adopt").returncode == 0
    assert project.planned() == set()
    assert "all holds" in project.affectflow("verify").stdout
    assert project.dvc("status").strip() == UP_TO_DATE
    weights = json.loads((project.folder / "fusion/demo/ntua/va/official-123/weights.json").read_text())
    assert {method["found_by"] for method in weights.values()} == {"search"}


def test_dvc_from_a_direct_run_to_an_older_commit(project: Repository) -> None:
    """One test: each step goes on from the one before."""
    nobody_is_told_of_a_run(project)
    the_stages_and_what_flows_between_them(project)
    after_a_direct_run_one_command_brings_dvc_up_to_date(project)
    repro_makes_by_snakemake_what_is_missing(project)
    an_experiment_with_another_setting(project)
    plots_of_both_runs(project)
    a_fresh_clone_takes_over_what_it_pulled(project)
    old_files_are_refused_under_new_settings(project)
    old_files_are_taken_over_under_their_own_settings(project)
