"""A track without test subjects, and editions of one name, at the start of the real workflow."""

import json
from pathlib import Path

import pytest
import yaml
from affwild2_factory import make
from miniature import SETTINGS, Miniature, jobs_of, make_miniature


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Miniature:
    miniature = make_miniature(root, tmp_path / "project")
    settings = SETTINGS | {"corpus": {"kind": "affwild2", "name": "aw", "root": "data/aw"}, "tracks": ["va", "expr"]}
    (miniature.folder / "config/config.yaml").write_text(yaml.safe_dump(settings))
    aw = make(miniature.folder / "data/aw", "videos/a.mp4", "videos/b.mp4", "videos/c.mp4", "videos/d.mp4")
    for folder in ("VA_Set", "EXPR_Set"):
        make(aw, f"{folder}/Train_Set/a.txt", f"{folder}/Validation_Set/b.txt")
    (aw / "expression_test_set.txt").write_text("c\n")
    return miniature


NONE = "track va has no test subject: results/test_track1.csv cannot be made, and is left out"


def test_nobody_to_test_is_said_at_the_start_and_plans_no_test(project: Miniature) -> None:
    result = project.snakemake("-n")
    assert NONE in result.stdout + result.stderr
    assert (
        "track expr: 1 test subjects; found subjects from data/aw/expression_test_set.txt"
        in result.stdout + result.stderr
    )
    jobs = jobs_of(result.stdout)
    assert ("submit", "number=2") in jobs and ("submit", "number=1") not in jobs
    assert any((rule == "train" and "track=va" in wildcards) or "task=va" in wildcards for rule, wildcards in jobs)
    assert not any("split=test" in wildcards and "track=va" in wildcards for _, wildcards in jobs)


def test_a_test_table_that_cannot_be_made_is_refused_before_any_job(project: Miniature) -> None:
    result = project.snakemake("-n", "results/test_track1.csv", check=False)
    assert result.returncode != 0 and NONE in result.stdout + result.stderr
    project.snakemake("-n", "results/test_track2.csv")


def test_doctor_says_so_too(project: Miniature) -> None:
    output = project.affectflow("doctor", check=False).stdout
    assert f"not here test subjects: {NONE}" in output


def test_two_editions_do_not_mix_under_one_name(project: Miniature) -> None:
    folder = project.folder / "work/aw/va"
    folder.mkdir(parents=True)
    (folder / "labels.parquet.record.json").write_text(json.dumps({"options": {"track": "va", "edition": "abaw3"}}))
    result = project.snakemake("-n", check=False)
    assert result.returncode != 0
    message = "work/aw/va/labels.parquet: holds labels of edition abaw3, and corpus.edition is abaw2"
    assert message in result.stdout + result.stderr and "such as aw_abaw2" in result.stdout + result.stderr
