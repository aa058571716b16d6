"""Results of `affectflow predict` take the place of nothing that the workflow made or reads."""

import shutil
from pathlib import Path

import pytest
from miniature import Miniature, make_miniature, read_artifacts

from affectflow.artifacts.layout import WRITTEN
from affectflow.core.errors import InputError
from affectflow.prediction.folder import check_elsewhere


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Miniature:
    return make_miniature(root, tmp_path / "project")


@pytest.mark.parametrize("folder", WRITTEN)
@pytest.mark.parametrize("below", ["", "/", "/new/deeper"])
def test_a_folder_of_the_workflow_is_refused(project: Miniature, folder: str, below: str) -> None:
    out = project.folder / f"{folder}{below}"
    with pytest.raises(InputError) as error:
        check_elsewhere(out, project.folder, None)
    assert f"--out {out}: lies in {project.folder / folder}, which the workflow writes" in str(error.value)


def test_the_project_itself_and_another_one_s_results_are_refused(project: Miniature, tmp_path: Path) -> None:
    for out in (project.folder, project.folder / "scores" / ".."):
        with pytest.raises(InputError, match=r"is the workflow's own folder"):
            check_elsewhere(out, project.folder, None)
    other = tmp_path / "other"
    for name in ("models", "fusion"):
        (other / name).mkdir(parents=True)
    with pytest.raises(InputError, match=r"lies in .*other/results, which the workflow writes"):
        check_elsewhere(other / "results", project.folder, None)


def test_a_link_to_a_folder_of_the_workflow_is_followed(project: Miniature, tmp_path: Path) -> None:
    stored = tmp_path / "disk"
    stored.mkdir()
    (project.folder / "results").symlink_to(stored)
    (tmp_path / "scores").symlink_to(project.folder / "results")
    for out in (stored, tmp_path / "scores", stored / "mine"):
        with pytest.raises(InputError, match=r"lies in .*project/results, which the workflow writes"):
            check_elsewhere(out, project.folder, None)


@pytest.mark.parametrize("name", [".snakemake", "rules", "src/affectflow", "config/mine", "workflow"])
def test_folders_of_the_project_s_own_are_refused(project: Miniature, name: str) -> None:
    with pytest.raises(InputError, match=r"lies in .*, the project's own; choose another folder"):
        check_elsewhere(project.folder / name, project.folder, None)


def test_the_corpus_is_refused_and_any_other_place_is_not(project: Miniature, tmp_path: Path) -> None:
    corpus = project.folder / "data/demo"
    with pytest.raises(InputError, match=r"lies in .*data/demo, the corpus"):
        check_elsewhere(corpus / "videos", project.folder, corpus)
    for out in ("project/scores", "scores", "project/resultsets", "project/data/scores"):
        check_elsewhere(tmp_path / out, project.folder, corpus)
    check_elsewhere(project.folder / "scores", project.folder, project.folder)  # all videos lie beside the project


def test_the_command_ends_before_any_work(finished: Miniature, tmp_path: Path) -> None:
    before = read_artifacts(finished.folder)
    clip = tmp_path / "test_track1.mp4"  # whose table would be results/test_track1.csv
    shutil.copy(next((finished.folder / "data/demo").rglob("*.mp4")), clip)
    for out, why in {
        "results": f"lies in {finished.folder}/results",
        "results/mine": f"lies in {finished.folder}/results",
        ".": "is the workflow's own",
    }.items():
        result = finished.affectflow("predict", clip, "--out", out, check=False)
        assert result.returncode == 2
        assert f"--out {out}: {why}" in result.stderr
    assert read_artifacts(finished.folder) == before
    assert not (finished.folder / "results/mine").exists()
