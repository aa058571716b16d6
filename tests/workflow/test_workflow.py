"""The real workflow on awkward and bad input: clear messages, counted exceptions, nothing half done."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from miniature import SETTINGS, Miniature, make_miniature

from affectflow.artifacts.schemas import BODY, FACES, MANIFEST, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.corpora import DemoCorpus
from affectflow.synthetic.make import make_demo

pytestmark = pytest.mark.slow

AWKWARD = ['it\'s "this" one', "-dash", "smörgås 映画", "a b_left_x", "$HOME;ls"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature demo corpus."""
    root = tmp_path_factory.mktemp("demo")
    make_demo(DemoCorpus.model_validate({**SETTINGS["corpus"], "root": root}))
    return root


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Miniature:
    """A copy of the project whose settings name an Aff-Wild2 copy in `data/aw`."""
    miniature = make_miniature(root, tmp_path / "project")
    settings = {**SETTINGS, "corpus": {"kind": "affwild2", "name": "aw", "root": "data/aw"}}
    (miniature.folder / "config" / "config.yaml").write_text(yaml.safe_dump(settings))
    return miniature


def corpus(project: Miniature, demo: Path, names: dict[str, str]) -> Path:
    """Copy single-person demo videos and labels: names of the new corpus to splits."""
    root = project.folder / "data" / "aw"
    (root / "videos").mkdir(parents=True)
    singles = [p for p in sorted((demo / "VA_Set").rglob("*.txt")) if (demo / "videos" / f"{p.stem}.mp4").exists()]
    for number, (name, split) in enumerate(names.items()):
        label = singles[number % len(singles)]
        shutil.copy(demo / "videos" / f"{label.stem}.mp4", root / "videos" / f"{name}.mp4")
        (root / "VA_Set" / split).mkdir(parents=True, exist_ok=True)
        shutil.copy(label, root / "VA_Set" / split / f"{name}.txt")
    return root


def test_names_that_shells_and_paths_stumble_over(project: Miniature, demo: Path) -> None:
    names = dict.fromkeys(AWKWARD, "Train_Set")
    corpus(project, demo, names)
    project.snakemake("work/aw/va/manifest.parquet", "previews")
    manifest = read_parquet(project.folder / "work/aw/va/manifest.parquet", MANIFEST).to_pylist()
    assert sorted(row["subject"] for row in manifest) == sorted(names)
    for row in manifest:
        faces = read_arrow(project.folder / f"work/aw/faces/{row['shard']}.arrow", FACES)
        body = read_parquet(project.folder / f"work/aw/body/{row['shard']}.parquet", BODY)
        assert faces["subject"].to_pylist() == body["subject"].to_pylist() == [row["subject"]] * row["frames"]
    assert project.planned("work/aw/va/manifest.parquet", "previews") == set()


@pytest.mark.parametrize("per_shard", [1, 200])
def test_no_command_grows_with_the_corpus(project: Miniature, per_shard: int) -> None:
    """Linux refuses a command longer than 128 KiB; Aff-Wild2 has 558 videos."""
    root = project.folder / "data" / "aw"
    (root / "videos").mkdir(parents=True)
    for number in range(558):
        name, split = f"{number}-30-1920x1080", ("Train_Set", "Validation_Set")[number % 2]
        (root / "videos" / f"{name}.mp4").touch()
        (root / "VA_Set" / split).mkdir(parents=True, exist_ok=True)
        (root / "VA_Set" / split / f"{name}.txt").write_text("valence,arousal\n0.5,0.5\n")
    target = "results/validation_track1.csv"
    dry_run = project.snakemake("-n", "-p", target, "--config", f"videos_per_shard={per_shard}").stdout
    commands = [line for line in dry_run.splitlines() if "python workflow/scripts/" in line]
    assert len({line.split("scripts/")[1].split()[0] for line in commands}) >= 8
    assert max(map(len, commands)) < 16_384
    project.snakemake("work/aw/va/labels.parquet")


def test_a_name_with_braces_is_refused_by_name(project: Miniature, demo: Path) -> None:
    corpus(project, demo, {"a{x}": "Train_Set"})
    for target, name in (("manifest", "a{x}.mp4"), ("labels", "a{x}.txt")):
        result = project.snakemake("-n", f"work/aw/va/{target}.parquet", check=False)
        assert result.returncode != 0
        assert "2 names hold a brace or a word in angle brackets; rename each: " in result.stdout + result.stderr
        assert name in result.stdout + result.stderr


def test_a_folder_of_videos_is_preprocessed(project: Miniature, demo: Path) -> None:
    videos = project.folder / "clips"
    videos.mkdir()
    for path in sorted((demo / "videos").glob("*.mp4"))[:2]:
        shutil.copy(path, videos)
    settings = {**SETTINGS, "corpus": {"kind": "folder", "name": "mine", "root": "clips"}}
    (project.folder / "config" / "config.yaml").write_text(yaml.safe_dump(settings))
    project.snakemake()
    manifest = read_parquet(project.folder / "work/mine/va/manifest.parquet", MANIFEST).to_pylist()
    assert [row["split"] for row in manifest] == ["test", "test"]
    assert all((project.folder / f"work/mine/preview/{row['shard']}.jpg").exists() for row in manifest)
    assert project.planned() == set()


def test_a_bad_video_does_not_stop_the_others(project: Miniature, demo: Path) -> None:
    root = corpus(project, demo, {"good": "Train_Set", "broken": "Train_Set", "fine": "Validation_Set"})
    (root / "videos" / "broken.mp4").write_text("this is no video")
    result = project.snakemake(
        "work/aw/va/manifest.parquet", *(f"work/aw/body/{n}.parquet" for n in ("good", "fine", "broken")), check=False
    )
    assert result.returncode != 0
    assert "broken.mp4" in result.stdout + result.stderr
    work = project.folder / "work" / "aw"
    assert {p.stem for p in (work / "body").glob("*.parquet")} == {"good", "fine"}
    assert not list(work.glob("*/broken*")) and not list(work.rglob("*.tmp*"))
    assert not (work / "va/manifest.parquet").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("valence,arousal\n0.1,0.2\n0.1,1.5\n", "line 3"),
        ("a,b\n0.1,0.2\n", "valence,arousal"),
        ("valence,arousal\n0.1,hot\n", "line 2"),
    ],
)
def test_a_bad_label_file_stops_the_run_and_is_named(
    project: Miniature, demo: Path, content: str, message: str
) -> None:
    root = corpus(project, demo, {"one": "Train_Set", "two": "Validation_Set"})
    (root / "VA_Set" / "Train_Set" / "one.txt").write_text(content)
    result = project.snakemake("work/aw/va/labels.parquet", check=False)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert "one.txt" in output and message in output


def test_too_many_label_rows_name_the_subject_both_counts_and_both_files(project: Miniature, demo: Path) -> None:
    root = corpus(project, demo, {"one": "Train_Set", "two": "Validation_Set"})
    with (root / "VA_Set" / "Train_Set" / "one.txt").open("a") as labels:
        labels.write("0,0\n" * 7)
    result = project.snakemake("work/aw/va/manifest.parquet", check=False)
    output = result.stdout + result.stderr
    frames = read_parquet(project.folder / "work/aw/videos/one.parquet", VIDEOS)["frames"][0].as_py()
    assert result.returncode != 0
    assert all(word in output for word in ("one", str(frames), "one.txt", "one.mp4"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--config", "sead=1"), "did you mean seed?"),
        (("--config", "mel={n_mels: few}"), "mel.n_mels"),
        (("--config", "corpus={root: nowhere}"), "nowhere/videos: no such folder"),
        (("--configfile", "config/gone.yaml"), "gone.yaml"),
    ],
)
def test_wrong_settings_end_before_any_job(project: Miniature, arguments: tuple[str, ...], message: str) -> None:
    result = project.snakemake("-n", *arguments, check=False)
    assert result.returncode != 0
    assert message in result.stdout + result.stderr


def test_an_empty_split_is_told_before_training(project: Miniature, demo: Path) -> None:
    corpus(project, demo, {"one": "Train_Set"})
    result = project.snakemake("models/aw/ntua/va/A/official-123/model.safetensors", check=False)
    assert result.returncode != 0
    assert "split 'validation' holds no subject" in result.stdout + result.stderr


def test_two_runs_at_once_in_one_folder(project: Miniature, demo: Path) -> None:
    corpus(project, demo, {"one": "Train_Set", "two": "Validation_Set"})
    first = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "1", "work/aw/va/manifest.parquet"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(project.folder / "src")},
    )
    deadline = time.monotonic() + 60
    while not list(project.folder.glob(".snakemake/locks/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    second = project.snakemake("work/aw/va/manifest.parquet", check=False)
    assert first.wait(timeout=300) == 0
    assert second.returncode != 0
    assert "lock" in (second.stdout + second.stderr).lower()
    assert project.planned("work/aw/va/manifest.parquet") == set()
