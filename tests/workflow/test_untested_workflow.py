"""A track without test subjects, and editions of one name, at the start of the real workflow."""

import json
from pathlib import Path

import pytest
import yaml
from affwild2_factory import make
from miniature import SETTINGS, Miniature, jobs_of, make_miniature


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Miniature:
    made = make_miniature(root, tmp_path / "project")
    settings = SETTINGS | {"corpus": {"kind": "affwild2", "name": "aw", "root": "data/aw"}, "tracks": ["va", "expr"]}
    (made.folder / "config/config.yaml").write_text(yaml.safe_dump(settings))
    aw = make(made.folder / "data/aw", "videos/a.mp4", "videos/b.mp4", "videos/c.mp4", "videos/d.mp4")
    for folder in ("VA_Set", "EXPR_Set"):
        make(aw, f"{folder}/Train_Set/a.txt", f"{folder}/Validation_Set/b.txt")
    (aw / "expression_test_set.txt").write_text("c\n")
    return made


NONE = "track va has no test subject: results/test_track1.csv cannot be made, and is left out"


def test_nobody_to_test_is_said_at_the_start_and_plans_no_test(project: Miniature) -> None:
    done = project.snakemake("-n")
    assert NONE in done.stdout + done.stderr
    assert (
        "track expr: 1 test subjects; found subjects from data/aw/expression_test_set.txt" in done.stdout + done.stderr
    )
    planned = jobs_of(done.stdout)
    assert ("submit", "number=2") in planned and ("submit", "number=1") not in planned
    assert any((rule == "train" and "track=va" in its) or "task=va" in its for rule, its in planned)
    assert not any("split=test" in its and "track=va" in its for _, its in planned)


def test_a_test_table_that_cannot_be_made_is_refused_before_any_job(project: Miniature) -> None:
    done = project.snakemake("-n", "results/test_track1.csv", check=False)
    assert done.returncode != 0 and NONE in done.stdout + done.stderr
    project.snakemake("-n", "results/test_track2.csv")


def test_doctor_says_so_too(project: Miniature) -> None:
    said = project.affectflow("doctor", check=False).stdout
    assert f"not here test subjects: {NONE}" in said


def test_two_editions_do_not_mix_under_one_name(project: Miniature) -> None:
    folder = project.folder / "work/aw/va"
    folder.mkdir(parents=True)
    (folder / "labels.parquet.record.json").write_text(json.dumps({"options": {"track": "va", "edition": "abaw3"}}))
    done = project.snakemake("-n", check=False)
    assert done.returncode != 0
    said = "work/aw/va/labels.parquet: holds labels of edition abaw3, and corpus.edition is abaw2"
    assert said in done.stdout + done.stderr and "such as aw_abaw2" in done.stdout + done.stderr
