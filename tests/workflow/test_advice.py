"""Commands that messages print run as printed: with the settings that were given, and to an end that helps."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from media_factory import clip
from miniature import Miniature, jobs_of
from repository import ROOT
from snakemake.cli import parse_args, parse_config
from untrained import make_system

from affectflow import load_system
from affectflow.cli.main import main
from affectflow.config.system.load import load_run
from affectflow.core import advice
from affectflow.core.errors import InputError

COMMAND = re.compile(r"`([^`]+)`")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system of all tracks, its settings also as `other name.yaml`; the working folder is another."""
    folder = tmp_path / "project"
    settings = make_system(folder)
    (folder / "config" / "other name.yaml").write_text(settings.read_text())
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    return folder


def get_advised_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one command that an error of ours names."""
    assert main(words) == 2
    (command,) = COMMAND.findall(capsys.readouterr().err)
    return str(command)


@pytest.mark.parametrize("command", re.findall(r"^snakemake .*", (ROOT / "README.md").read_text(), re.M))
def test_snakemake_itself_takes_the_readme_s_commands(command: str) -> None:
    arguments = parse_args(shlex.split(command, comments=True)[1:])[1]
    assert arguments.targets == ["results/test_track1.csv"]
    assert arguments.resources["gpu"].value == 2


def test_advice_repeats_the_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip(project / "one.mp4", count=2)
    (project / "fusion/demo/small/au/official-123/weights.json").unlink()
    predict_command = ["predict", "../one.mp4", "--out", "scores", "--tracks", "au", "--settings"]
    expected = f"cd {project} && snakemake results/test_track3.csv --cores 8 --resources gpu=1"
    assert get_advised_command([*predict_command, "../config/config.yaml"], capsys) == expected
    expected_with_settings = f"{expected} --configfile '{project}/config/other name.yaml'"
    assert get_advised_command([*predict_command, "../config/other name.yaml"], capsys) == expected_with_settings
    os.chdir(project)
    expected_in_project = "snakemake results/test_track3.csv --cores 8 --resources gpu=1"
    assert (
        get_advised_command(["predict", "one.mp4", "--out", "scores", "--tracks", "au"], capsys) == expected_in_project
    )
    arguments = parse_args(shlex.split(expected_in_project)[1:])[1]
    assert arguments.targets == ["results/test_track3.csv"]


def test_advice_of_the_workflow_repeats_settings_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(advice.SETTINGS, "")
    advice.note_settings([Path("a b.yaml"), Path("c.yaml")], {"seed": 5, "decode": {"height": 90}})
    assert advice.affectflow("adopt --delete") == "affectflow adopt --delete --settings 'a b.yaml' --settings c.yaml"
    words = shlex.split(advice.snakemake(["results/test_track1.csv"]))[1:]
    arguments = parse_args(words)[1]
    assert [str(path) for path in arguments.configfile] == ["a b.yaml", "c.yaml"]
    # Snakemake gives what lies deeper as text, also where a user types it.
    assert parse_config(arguments.config) == {"seed": 5, "decode": {"height": "90"}}
    advice.note_settings()
    assert advice.affectflow("adopt") == "affectflow adopt"
    assert advice.snakemake(["x"]) == "snakemake x --cores 8 --resources gpu=1"


def test_advice_on_weights_repeats_where_they_are_kept(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv(advice.SETTINGS, "")
    source = tmp_path / "resnet.pth"
    for options in (["--settings", "config/affwild2.yaml"], ["--dir", str(tmp_path / "w")]):
        assert main(["weights", "fetch", "affectnet_face", *options]) == 2
        command = shlex.split(COMMAND.findall(capsys.readouterr().err)[0].replace("PATH", str(source)))
        assert command == ["affectflow", "weights", "fetch", "affectnet_face", "--file", str(source), *options]
        assert main(command[1:]) == 2
        assert f"{source}: no such file" in capsys.readouterr().err


def test_relative_paths_are_of_the_project(project: Path) -> None:
    settings = "../config/config.yaml"
    run = load_run(Path(settings), {"body": {"backend": "openpose-json", "openpose_json": "joints"}})
    assert (run.corpus.root, run.weights) == (project / "data", project / "config/weights.yaml")
    assert run.body.openpose_json == str(project / "joints")
    assert run.tracking.uri == f"sqlite:///{project}/mlflow.db"
    clip(project / "one.mp4", count=2)
    assert len(load_system(settings, ["va"]).predict("../one.mp4")) == 2
    assert main(["predict", "../one.mp4", "--settings", settings, "--tracks", "va", "--no-viewer", "--out", "out"]) == 0
    assert Path("out/one.csv").exists()
    os.chdir(project)
    run = load_run(Path("config/config.yaml"))
    assert (run.corpus.root, run.weights, run.tracking.uri) == (
        Path("data"),
        Path("config/weights.yaml"),
        "sqlite:///mlflow.db",
    )
    loose = project.parent / "loose.yaml"
    loose.write_text(Path("config/config.yaml").read_text())
    assert load_run(loose).corpus.root == Path("data")


def test_python_s_advice_leads_to_the_project(project: Path) -> None:
    (project / "fusion/demo/small/va/official-123/weights.json").unlink()
    with pytest.raises(InputError, match=f"`cd {project} && snakemake results/test_track1.csv"):
        load_system(project / "config/config.yaml", ["va"])


@pytest.mark.slow
def test_a_deleted_model_is_made_by_the_command_that_is_printed(finished: Miniature, tmp_path: Path) -> None:
    finished = Miniature(shutil.copytree(finished.folder, tmp_path / "project"))  # its trainings are its own
    video = next((finished.folder / "data/demo/videos").glob("*.mp4"))
    predict_command = ("predict", video, "--out", tmp_path / "scores", "--no-viewer", "--no-overlay")
    model = finished.folder / "models/demo/ntua/va/F/official-123"
    backup = model.rename(tmp_path / "kept")
    result = finished.affectflow(*predict_command, check=False)
    assert result.returncode == 2 and "models/demo/ntua/va/F/official-123/model.safetensors" in result.stderr
    dry_run = finished.snakemake("-n", "results/test_track1.csv")
    assert "models/demo/ntua/va/F/official-123/model.safetensors is gone" in dry_run.stdout
    assert "train" in {rule for rule, _ in jobs_of(dry_run.stdout)}
    (command,) = COMMAND.findall(result.stderr)
    words = shlex.split(command)
    assert words[0] == "snakemake"
    # Snakemake itself, without the words put in order.
    plan = finished.python("-m", "snakemake", *words[1:], "-n").stdout
    assert "rule train" in plan and "rule fuse" in plan
    rerun = finished.python("-m", "snakemake", *words[1:], check=False)
    assert rerun.returncode == 0, rerun.stdout[-3000:] + rerun.stderr[-3000:]
    assert (model / "model.safetensors").read_bytes() == (backup / "model.safetensors").read_bytes()
    assert finished.affectflow(*predict_command).returncode == 0
