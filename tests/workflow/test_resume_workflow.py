"""The real workflow, killed inside every rule and gone on with: the same bytes as a run that nobody disturbed.

Every process here starts anew, as a user's do; those of the undisturbed run are forked (`warm.py`). That both have the
same bytes says so of the fork server, too.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from miniature import RESULTS, Miniature, make_miniature, read_all

pytestmark = pytest.mark.slow

KILLED = {
    "decode": "all",
    "find_people": "snakemake",
    "align_face": "snakemake",
    "mask_body": "all",
    "spectrogram": "snakemake",
    "train": "all",
    "predict": "snakemake",
    "fuse": "all",
    "submit": "snakemake",
}
"""Rules, and what is killed while one of their jobs runs: every process, or Snakemake alone, which its jobs outlive."""
PREPROCESSED = ("frames", "faces", "body", "sound", "mel")
"""Folders of `work/demo`."""

SNAKEMAKE = ["-m", "affectflow.cli.snakemake", "--cores", "2", "--resources", "gpu=2"]
RESUME = ["-m", "affectflow.cli.main", "resume"]


@dataclass
class Command:
    """A command that runs in a process group of its own."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def running(self, *words: str) -> list[psutil.Process]:
        """Processes of this command, itself included, in which Python runs what `words` name."""
        top = psutil.Process(self.process.pid)
        return [one for one in (top, *top.children(recursive=True)) if words_of(one)[1 : 1 + len(words)] == [*words]]

    def wait(self) -> int:
        return self.process.wait(timeout=600)


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


Start = Callable[[Miniature, list[str]], Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts Python with some words in a project; what still runs when the test ends is killed."""
    commands: list[Command] = []

    def begin(project: Miniature, words: list[str]) -> Command:
        commands.append(_start(project, words, tmp_path / f"{len(commands)}.txt"))
        return commands[-1]

    yield begin
    for run in commands:
        with suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.wait()


def _start(project: Miniature, words: list[str], output: Path) -> Command:
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=project.folder,
            env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Command(process, output)


def option(job: psutil.Process, name: str) -> str:
    words = job.cmdline()
    return words[words.index(f"--{name}") + 1]


def log_of(project: Miniature, branch: str) -> str:
    return (project.folder / f"logs/demo/train/ntua-va-{branch}-official-123.log").read_text()


def suspend_job(project: Miniature, run: Command, rules: set[str]) -> tuple[str, psutil.Process] | None:
    """A job of one of the rules, stopped in the middle of its work; None when the run has ended by itself."""
    while run.process.poll() is None:
        for rule in rules:
            for job in run.running(f"workflow/scripts/{rule}.py"):
                try:
                    if rule == "train" and not (project.folder / option(job, "checkpoints") / "last.ckpt").exists():
                        continue
                    if rule != "train":
                        time.sleep(0.2)  # past the start of Python, before the end of the shortest job
                    job.suspend()
                    if rule == "train" and "epoch 2/2" in log_of(project, option(job, "branch-name")):
                        job.resume()  # too late: another branch will do
                        continue
                    return rule, job
                except psutil.NoSuchProcess:
                    continue
        time.sleep(0.03)
    return None


def kill(run: Command, job: psutil.Process, target: str) -> None:
    if target == "all":
        os.killpg(run.process.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        return
    (snakemake,) = run.running("-m", "affectflow.cli.snakemake")
    snakemake.kill()
    # `affectflow resume` returns what became of Snakemake.
    assert run.wait() in (-signal.SIGKILL, 128 + signal.SIGKILL)
    assert job.is_running()


def test_a_run_that_is_killed_inside_every_rule_ends_with_the_same_bytes(
    root: Path, finished: Miniature, start: Start, tmp_path: Path
) -> None:
    project = make_miniature(root, tmp_path / "project")
    remaining, branch = set(KILLED), ""
    run = start(project, [*SNAKEMAKE, *RESULTS])
    while (match := suspend_job(project, run, remaining)) is not None:
        rule, job = match
        remaining.remove(rule)
        if rule == "train":
            branch = option(job, "branch-name")
            assert "epoch 1/2" in log_of(project, branch) and "epoch 2/2" not in log_of(project, branch)
        kill(run, job, KILLED[rule])
        assert list((project.folder / ".snakemake" / "incomplete").iterdir()), f"no job of {rule} was interrupted"
        if rule == "predict":
            refused_resume = start(project, RESUME)
            assert refused_resume.wait() == 2
            assert (
                f"pid {job.pid}  predict  python" in refused_resume.text
                and "resume --yes` ends them" in refused_resume.text
            )
            assert job.is_running()
        run = start(project, [*RESUME, "--yes"])
        if KILLED[rule] == "snakemake":
            psutil.wait_procs([job], timeout=60)
            assert not job.is_running()
            assert f"pid {job.pid}  {rule}  python" in run.text
    assert run.wait() == 0, run.text
    assert remaining == set(), "these were never seen running"
    assert "going on from" in log_of(project, branch) and "epoch 1/2" not in log_of(project, branch)

    finished.settings()
    finished.snakemake(*RESULTS)
    expected, files = read_all(finished.folder), read_all(project.folder)
    assert files.keys() == expected.keys() >= {*RESULTS, "models/demo/ntua/va/F/official-123/model.safetensors"}
    assert {name.split("/")[2] for name in files if name.startswith("work/demo")} >= {*PREPROCESSED}
    assert [name for name in files if files[name] != expected[name]] == []
    folders = [project.folder / top for top in ("work", "models", "predictions", "fusion", "results", "checkpoints")]
    assert [path for folder in folders for path in folder.rglob(".*.tmp*")] == []
    assert project.planned(*RESULTS) == set()
    last_resume = start(project, [*RESUME, "--yes"])
    assert last_resume.wait() == 0
    assert "finished; the same command again" in last_resume.text and "Nothing to be done" in last_resume.text


@pytest.mark.parametrize(
    ("rule", "output", "number", "words"),
    [
        ("mask_body", "work/demo/body/{}.parquet", signal.SIGKILL, "memory was full"),
        ("train", "models/demo/ntua/va/F/official-123/model.safetensors", signal.SIGSEGV, "GPU driver"),
    ],
)
def test_a_job_that_dies_names_its_log_and_the_next_command(
    finished: Miniature, start: Start, tmp_path: Path, rule: str, output: str, number: signal.Signals, words: str
) -> None:
    shutil.copytree(finished.folder, tmp_path / "project")
    finished = Miniature(tmp_path / "project")
    shard = sorted((finished.folder / "work/demo/body").glob("*.parquet"))[0].stem
    output = output.format(shard)
    before = (finished.folder / output).read_bytes()
    (finished.folder / output).unlink()
    run = start(finished, [*SNAKEMAKE, output])
    match = suspend_job(finished, run, {rule})
    assert match is not None, run.text
    match[1].send_signal(number)
    with suppress(psutil.NoSuchProcess):  # SIGKILL ends a process that is stopped, too
        match[1].resume()
    assert run.wait() == 1
    log = {"mask_body": f"logs/demo/mask_body/{shard}.log", "train": "logs/demo/train/ntua-va-F-official-123.log"}[rule]
    assert words in run.text
    assert f"failed: {rule}, see {log}\nNext: mend what the log says, then `affectflow resume`" in run.text
    resume = start(finished, RESUME)
    assert resume.wait() == 0, resume.text
    assert "failed; the same command again" in resume.text
    assert (finished.folder / output).read_bytes() == before


def test_a_full_disk_is_named_with_the_log_and_the_next_command(root: Path, start: Start, tmp_path: Path) -> None:
    """The folder of the frames lies on a disk of 64 KiB, in a namespace of this test's own."""
    # Snakemake removes folders that are empty, and cannot remove this one.
    mount = 'mount -t tmpfs -o size=64k none work/demo/frames && touch work/demo/frames/used && exec "$@"'
    namespace_command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    project = make_miniature(root, tmp_path / "project")
    (project.folder / "work/demo/frames").mkdir(parents=True)
    if subprocess.run([*namespace_command, "true"], cwd=project.folder, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system of his own")
    result = subprocess.run(
        [*namespace_command, sys.executable, *SNAKEMAKE, "work/demo/frames/video6.arrow"],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
    )
    output = result.stdout + result.stderr
    assert result.returncode == 1
    assert "error: work/demo/frames/video6.arrow: the disk is full (" in output, output
    assert "No space left on device" in output
    assert "failed: decode, see logs/demo/decode/video6.log\nNext: " in output
    assert list((project.folder / "work").rglob("*video6*.arrow")) == []
    assert list((project.folder / "work").rglob("*.tmp*")) == []
    resume = start(project, RESUME)
    assert resume.wait() == 0, resume.text
    assert (project.folder / "work/demo/frames/video6.arrow").stat().st_size > 65_536
