"""The wheel: what it carries, and a project folder that is laid out from it and runs elsewhere."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from miniature import Miniature
from repository import copy_repository

from affectflow.artifacts import ledger
from affectflow.cli.main import main
from affectflow.cli.parts import PARTS
from affectflow.lineage.code import code_of

TARGET = "results/test_track1.csv"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository: building writes into it."""
    copy = tmp_path_factory.mktemp("source") / "affectflow"
    copy_repository(copy, without="tests")
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what the source distribution holds."""
    folder = tmp_path_factory.mktemp("dist")
    build = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
    subprocess.run([sys.executable, "-c", build, "build_sdist", folder], cwd=source, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    subprocess.run([sys.executable, "-c", build, "build_wheel", folder], cwd=unpacked, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def packages(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package in a folder of its own, without the checkout."""
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def project(packages: Path, tmp_path: Path) -> Miniature:
    """A folder that `affectflow init` has laid out, with settings that are quick."""
    output = Miniature(tmp_path, (packages,)).affectflow("init", "study").stdout
    assert f"cd study && snakemake --cores 8 --resources gpu=2 {TARGET}" in output
    miniature = Miniature(tmp_path / "study", (packages,))
    miniature.settings()
    return miniature


def test_the_wheel_carries_every_file_of_the_workflow_and_needs_what_pyproject_says(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    files = [path for part in PARTS for path in [root / part, *(root / part).rglob("*")] if path.is_file()]
    sources = [path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts]
    assert len(sources) > 100
    assert [name for name in sources if f"affectflow/template/{name}" not in names] == []
    assert "affectflow/report/run_page/assets/report.js" in names and "affectflow/py.typed" in names
    assert "Requires-Dist: snakemake<10,>=9.27" in text and "Provides-Extra: slurm" in text


def test_a_project_elsewhere_plans_the_workflow_with_the_code_that_a_checkout_has(
    root: Path, project: Miniature, packages: Path
) -> None:
    rules = {rule for rule, _ in project.planned(TARGET)}
    assert {"demo", "decode", "train", "fuse", "submit"} <= rules
    assert not (project.folder / "src").exists()
    sheets = [json.loads(path.read_text()) for path in (project.folder / ledger.FOLDER).glob("code-*.json")]
    assert len(sheets) > 10
    for sheet in sheets:
        assert code_of(Path(sheet["script"]), root, sheet["modules"]).fingerprint == sheet["code"]["fingerprint"]
        assert any(name.startswith(str(packages)) for name in sheet["stamps"])
    assert "src/affectflow" not in (project.folder / "dvc.yaml").read_text()


@pytest.mark.slow
def test_a_project_elsewhere_runs_and_is_audited(project: Miniature) -> None:
    for words in (
        ("init", "--quiet"),
        ("add", "Snakefile", "config", "requirements", "rules", "workflow"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "A study"),
    ):
        subprocess.run(["git", *words], cwd=project.folder, check=True)
    project.snakemake(TARGET)
    assert not project.planned(TARGET)
    assert "affectflow.metrics" in project.affectflow("trace", TARGET, "--json").stdout
    for words in (("verify",), ("why", TARGET), ("crate", "crate.zip", "--target", TARGET), ("doctor",)):
        project.affectflow(*words)
    with zipfile.ZipFile(project.folder / "crate.zip") as archive:
        names = archive.namelist()
    assert "src/affectflow/metrics/measures.py" in names and not any("/template/" in name for name in names)
    videos = sorted((project.folder / "data/demo").rglob("*.mp4"))
    elsewhere = Miniature(project.folder.parent, project.packages)
    options = ("--settings", "study/config/config.yaml", "--out", "scores", "--no-overlay", "--no-viewer")
    elsewhere.affectflow("predict", videos[0], *options)
    assert (elsewhere.folder / "scores" / f"{videos[0].stem}.csv").exists()


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "notes.txt").touch()
    assert main(["init", str(tmp_path)]) == 2
    assert "holds rules already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "rules"]
    assert main(["init", str(tmp_path / "notes.txt")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_checkout_lays_a_project_out_beside_other_files(root: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert main(["init", str(tmp_path)]) == 0
    for part in PARTS:
        assert (tmp_path / part).exists()
        if (root / part).is_file() and part != "dvc.yaml":
            assert (tmp_path / part).read_bytes() == (root / part).read_bytes()
