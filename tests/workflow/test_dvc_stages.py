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
    made = make_miniature(root, tmp_path_factory.mktemp("stages") / "project")
    shutil.copytree(root / "config", made.folder / "config", dirs_exist_ok=True)
    Repo.init(str(made.folder), no_scm=True).close()
    return made


def stages_of(project: Miniature, name: Path) -> dict[str, Any]:
    """`dvc.yaml` for a settings file, written by the command."""
    project.affectflow("dvc", f"config/{name}")
    stages: dict[str, Any] = YAML(typ="safe").load((project.folder / "dvc.yaml").read_text())
    return stages


def made_by(project: Miniature, name: Path) -> set[str]:
    """Every file that a run of all results would write."""
    shown = project.snakemake("-n", "results", "--configfile", f"config/{name}").stdout
    lines = re.findall(r"^    output: (.*)$", shown, re.MULTILINE)
    return {file for line in lines for file in line.split(", ")}


def test_the_shipped_stages_are_those_of_the_shipped_settings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert (root / "dvc.yaml").read_text() == text(Path("config/config.yaml")), "affectflow dvc"


@pytest.mark.parametrize("name", RUNS, ids=str)
def test_dvc_reads_the_stages_of_every_shipped_settings_file(project: Miniature, name: Path) -> None:
    written = stages_of(project, name)
    run = load_run(project.folder / "config" / name)
    with Repo(str(project.folder)) as repo:
        found = {stage.name: stage for stage in repo.index.stages}
        assert found.keys() == written["stages"].keys()
        for stage in found.values():
            params = {os.path.relpath(dep.fs_path, project.folder) for dep in stage.deps if hasattr(dep, "params")}
            assert params == {f"config/{name}"}
            named = ["--configfile", f"config/{name}"] if name != Path("config.yaml") else []
            assert stage.cmd.split()[2 : 2 + len(named)] == named
            deps = {os.path.relpath(dep.fs_path, project.folder) for dep in stage.deps}
            assert deps >= COMMON
    roots = {str(its.root.relative_to(project.folder)) for its in run.images.values()}
    videos = str(Path(run.corpus.root).relative_to(project.folder))
    named_roots = {dep for its in written["stages"].values() for dep in its["deps"]}
    named_roots |= {next(iter(out)) for its in written["stages"].values() for out in its["outs"]}
    used = {str(run.images[image].root.relative_to(project.folder)) for image in run.pictured if image in run.images}
    assert videos in named_roots
    assert named_roots & roots == used


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMOS, ids=str)
def test_every_metric_and_plot_is_made_by_the_run(project: Miniature, name: Path) -> None:
    written = stages_of(project, name)
    plots = {file for plot in written["plots"] for its in plot.values() for file in its["y"]}
    made = made_by(project, name)
    assert "results/metrics.json" in made
    assert plots | set(written["metrics"]) <= made
    shown = {
        file for file in made if re.match(r"results/(metrics\.json|demo_test_score|training_curves|trajectories)", file)
    }
    # Of expressions and action units DVC draws no course along a video.
    assert shown - plots - set(written["metrics"]) <= {f"results/trajectories_track{number}.csv" for number in (2, 3)}


def test_what_dvc_could_not_set_alone_is_refused(project: Miniature) -> None:
    path = project.folder / "config/own.yaml"
    path.write_text("extends: config.yaml\nloader: &l {workers: 1}\nfaces: {}\nsystem: {features: {}}\n")
    project.affectflow("dvc", "config/own.yaml")
    path.write_text("extends: config.yaml\nmel: &m {}\nbody: *m\n")
    done = project.affectflow("dvc", "config/own.yaml", check=False)
    assert done.returncode == 2
    assert "config/own.yaml, line 3: has the alias *m" in done.stderr


def test_settings_elsewhere_are_refused(project: Miniature, monkeypatch: pytest.MonkeyPatch) -> None:
    done = project.affectflow("dvc", "../none.yaml", check=False)
    assert "lies outside of the project" in done.stderr
    monkeypatch.chdir(project.folder)
    with pytest.raises(InputError, match="no such settings file"):
        text(Path("config/none.yaml"))
