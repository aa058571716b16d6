"""The stages that `affectflow dvc` writes for a settings file: DVC reads them, the workflow makes what they name."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo
from miniature import Miniature, make_miniature
from ruamel.yaml import YAML
from shipped import RUNS

from affectflow.cli.dvc import text
from affectflow.config.system.load import load_run
from affectflow.core.errors import InputError

DEMOS = [name for name in RUNS if name.name == "config.yaml" or name.name.startswith("demo_")]
COMMON = {"Snakefile", "rules", "workflow", "src/affectflow", "config/systems"}


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """The project with its shipped settings, for DVC without git."""
    miniature = make_miniature(root, tmp_path_factory.mktemp("stages") / "project")
    shutil.copytree(root / "config", miniature.folder / "config", dirs_exist_ok=True)
    Repo.init(str(miniature.folder), no_scm=True).close()
    return miniature


def stages_of(project: Miniature, name: Path) -> dict[str, Any]:
    """`dvc.yaml` for a settings file, written by the command."""
    project.affectflow("dvc", f"config/{name}")
    stages: dict[str, Any] = YAML(typ="safe").load((project.folder / "dvc.yaml").read_text())
    return stages


def list_outputs(project: Miniature, name: Path) -> set[str]:
    """Every file that a run of all results would write."""
    dry_run = project.snakemake("-n", "results", "--configfile", f"config/{name}").stdout
    lines = re.findall(r"^    output: (.*)$", dry_run, re.MULTILINE)
    return {file for line in lines for file in line.split(", ")}


def test_the_shipped_stages_are_those_of_the_shipped_settings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert (root / "dvc.yaml").read_text() == text(Path("config/config.yaml")), "affectflow dvc"


@pytest.mark.parametrize("name", RUNS, ids=str)
def test_dvc_reads_the_stages_of_every_shipped_settings_file(project: Miniature, name: Path) -> None:
    dvc_yaml = stages_of(project, name)
    run = load_run(project.folder / "config" / name)
    with Repo(str(project.folder)) as repo:
        stages = {stage.name: stage for stage in repo.index.stages}
        assert stages.keys() == dvc_yaml["stages"].keys()
        for stage in stages.values():
            params = {os.path.relpath(dep.fs_path, project.folder) for dep in stage.deps if hasattr(dep, "params")}
            assert params == {f"config/{name}"}
            options = ["--configfile", f"config/{name}"] if name != Path("config.yaml") else []
            assert stage.cmd.split()[2 : 2 + len(options)] == options
            deps = {os.path.relpath(dep.fs_path, project.folder) for dep in stage.deps}
            assert deps >= COMMON
    roots = {str(corpus.root.relative_to(project.folder)) for corpus in run.images.values()}
    videos = str(Path(run.corpus.root).relative_to(project.folder))
    named_roots = {dep for entry in dvc_yaml["stages"].values() for dep in entry["deps"]}
    named_roots |= {next(iter(out)) for entry in dvc_yaml["stages"].values() for out in entry["outs"]}
    used = {str(run.images[image].root.relative_to(project.folder)) for image in run.pictured if image in run.images}
    assert videos in named_roots
    assert named_roots & roots == used


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMOS, ids=str)
def test_every_metric_and_plot_is_made_by_the_run(project: Miniature, name: Path) -> None:
    dvc_yaml = stages_of(project, name)
    plots = {file for plot in dvc_yaml["plots"] for definition in plot.values() for file in definition["y"]}
    outputs = list_outputs(project, name)
    assert "results/metrics.json" in outputs
    assert plots | set(dvc_yaml["metrics"]) <= outputs
    plottable = {
        file
        for file in outputs
        if re.match(r"results/(metrics\.json|demo_test_score|training_curves|trajectories)", file)
    }
    # Of expressions and action units DVC draws no course along a video.
    assert plottable - plots - set(dvc_yaml["metrics"]) <= {
        f"results/trajectories_track{number}.csv" for number in (2, 3)
    }


def test_what_dvc_could_not_set_alone_is_refused(project: Miniature) -> None:
    path = project.folder / "config/own.yaml"
    path.write_text("extends: config.yaml\nloader: &l {workers: 1}\nfaces: {}\nsystem: {features: {}}\n")
    project.affectflow("dvc", "config/own.yaml")
    path.write_text("extends: config.yaml\nmel: &m {}\nbody: *m\n")
    result = project.affectflow("dvc", "config/own.yaml", check=False)
    assert result.returncode == 2
    assert "config/own.yaml, line 3: has the alias *m" in result.stderr


def test_settings_elsewhere_are_refused(project: Miniature, monkeypatch: pytest.MonkeyPatch) -> None:
    result = project.affectflow("dvc", "../none.yaml", check=False)
    assert "lies outside of the project" in result.stderr
    monkeypatch.chdir(project.folder)
    with pytest.raises(InputError, match="no such settings file"):
        text(Path("config/none.yaml"))
