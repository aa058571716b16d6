"""What a killed run leaves behind is found exactly, and `affectflow resume` says what it does and cannot do."""

import fcntl
import json
import os
import platform
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch

from affectflow.cli.main import main
from affectflow.compute.memory import explain_full_memory
from affectflow.core.errors import InputError
from affectflow.runtime import orphans, runs
from affectflow.runtime.processes import SNAKEMAKE, name_of
from affectflow.training.whole_checkpoints import WholeCheckpoints
from affectflow.workflow import handlers

SLEEP = "import signal, time; print(flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"

Launch = Callable[..., psutil.Process]


@pytest.fixture
def launch() -> Iterator[Launch]:
    """A function that starts Python in a folder, as a job of the run `snakemake`, and waits until it runs."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, snakemake: str | None, code: str = SLEEP, *words: str) -> psutil.Process:
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | ({} if snakemake is None else {SNAKEMAKE: snakemake})
        process = subprocess.Popen(
            [sys.executable, "-c", code, *words], cwd=folder, env=environment, stdout=subprocess.PIPE
        )
        processes.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return psutil.Process(process.pid)

    yield start
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def dead_snakemake(launch: Launch, tmp_path: Path) -> str:
    """The number of a Snakemake that has ended."""
    process = launch(tmp_path / "elsewhere", None)
    name = name_of(process)
    process.kill()
    process.wait()
    return name


def write_run(folder: Path, **changes: object) -> None:
    """Leave word of a run that was killed."""
    run = {
        "id": "abc",
        "host": platform.node(),
        "process": "1@0.0",
        "arguments": ["--cores", "2", "a b"],
        "local": True,
        "start": "2026-01-02T03:04:05+00:00",
        "status": "running",
    }
    (folder / ".snakemake/affectflow").mkdir(parents=True, exist_ok=True)
    (folder / ".snakemake/affectflow/run.json").write_text(json.dumps(run | changes))


def test_only_jobs_of_this_folder_whose_snakemake_is_gone_are_orphans(
    launch: Launch, dead_snakemake: str, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    orphan = launch(project, dead_snakemake, SLEEP, "workflow/scripts/on_gpu.py", "workflow/scripts/train.py")
    launch(project, name_of(psutil.Process()))  # a job of a Snakemake that still runs
    launch(project, None)  # started by hand
    launch(tmp_path / "other", dead_snakemake)  # of another project
    launch(project / "below", dead_snakemake)
    reused = launch(project, f"{os.getpid()}@{time.time() - 3600:.2f}")  # Snakemake's number went to a younger process
    assert [(o.process.pid, o.rule) for o in orphans.find(project)] == [(orphan.pid, "train"), (reused.pid, "")]


def test_what_slurm_started_is_slurm_s_to_end(
    launch: Launch, dead_snakemake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    job = launch(tmp_path, dead_snakemake)
    assert [orphan.process.pid for orphan in orphans.find(tmp_path)] == [job.pid]  # seen from inside the allocation
    monkeypatch.delenv("SLURM_JOB_ID")
    assert orphans.find(tmp_path) == []


def test_a_process_that_does_not_follow_is_killed(
    launch: Launch, dead_snakemake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "_END_SECONDS", 0.5)
    processes = [launch(tmp_path, dead_snakemake), launch(tmp_path, dead_snakemake, STUBBORN)]
    orphans.end(orphans.find(tmp_path))
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
    assert orphans.find(tmp_path) == []


def test_unfinished_files_of_writers_that_are_gone_are_removed_and_nothing_else(
    dead_snakemake: str, tmp_path: Path
) -> None:
    dead_pid = dead_snakemake.split("@")[0]
    leftovers = [
        f"work/demo/frames/.a b.{dead_pid}.tmp.arrow",
        f"models/x/.model.{dead_pid}.tmp",
        f"results/.t.{dead_pid}.tmp/f.txt",
    ]
    others = [
        f"work/demo/frames/.live.{os.getpid()}.tmp.arrow",
        f"work/demo/frames/a.{dead_pid}.tmp.arrow",
        f"work/demo/frames/.a.{dead_pid}.tmp.arrow.gz",
        f"work/.a.{dead_pid}.temporary",
        f"data/.a.{dead_pid}.tmp.mp4",
        "work/.a.tmp.arrow",
    ]
    for name in (*leftovers, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    old = tmp_path / f"work/.old.{os.getpid()}.tmp.arrow"  # the writer's number went to this process
    old.touch()
    os.utime(old, (0, 0))
    assert len(orphans.remove_unfinished(tmp_path)) == 4
    assert not old.exists() and not any((tmp_path / name).exists() for name in leftovers)
    assert all((tmp_path / name).exists() for name in others)
    assert orphans.remove_unfinished(tmp_path / "nowhere") == []


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["resume"]) == 2
    return capsys.readouterr().err


def test_resume_refuses_what_it_cannot_know(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no run of the workflow is known here" in refusal(capsys)
    assert list(tmp_path.iterdir()) == []
    current = psutil.Process()
    write_run(tmp_path, process=name_of(current))
    assert f"still running in this folder (pid {current.pid})" in refusal(capsys)
    write_run(tmp_path, host="elsewhere")
    message = refusal(capsys)
    assert (
        "started on elsewhere" in message
        and "`snakemake --cores 2 'a b' --unlock`, then `snakemake --cores 2 'a b'`" in message
    )
    write_run(tmp_path, status="finished")
    launch(tmp_path, None, SLEEP, "snakemake", "--mode", "remote")  # started by a scheduler for one job
    starting = launch(tmp_path, None, SLEEP, "snakemake")  # one that has not come to its first job yet
    assert f"still running in this folder (pid {starting.pid})" in refusal(capsys)
    starting.kill()
    with (tmp_path / ".snakemake/affectflow/resume.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as another `affectflow resume` holds it
        assert "`affectflow resume` is still running in this folder" in refusal(capsys)
    (tmp_path / ".snakemake/affectflow/run.json").write_text("{}")
    assert "delete it and give the command of the workflow again" in refusal(capsys)


def test_nothing_is_ended_without_consent(launch: Launch, dead_snakemake: str, tmp_path: Path) -> None:
    write_run(tmp_path)
    orphan = launch(tmp_path, dead_snakemake, SLEEP, "workflow/scripts/decode.py")
    terminal, command_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "affectflow.cli.main", "resume"],
        cwd=tmp_path,
        stdin=command_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(terminal, b"n\n")
    output, _ = process.communicate(timeout=60)
    os.close(terminal)
    os.close(command_end)
    assert process.returncode == 1, output
    assert f"pid {orphan.pid}  decode" in output and "End them? [y/N]" in output and "nothing was changed" in output
    assert orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE


def test_a_failed_run_lists_each_job_with_its_log_and_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(runs.RUN, "abc")
    handlers.started(local=True)
    block = "Error in rule decode:\n    message: None\n    jobid: 7\n    log: logs/{}.log (check log file(s) for …)\n"
    (tmp_path / "log").write_text(f"x\n{block.format('a b')}\n[date]\n{block.format('c')}{block.format('c')}")
    handlers.failed(["log"])
    stderr = capsys.readouterr().err
    assert stderr.startswith("failed: decode, see logs/a b.log\nfailed: decode, see logs/c.log\nNext: ")
    run = runs.latest(Path())
    assert run is not None and run.status == "failed" and run.id == "abc"


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("true", 0, None),
        ("false", 1, None),
        ("exit 2", 2, None),
        ("bash -c 'kill -9 $$'", 137, "memory was full"),
        ("bash -c 'kill -9 $$' 2>&1 | tee copy", 137, "memory was full"),
        ("bash -c 'kill -11 $$'", 139, "compiled code"),
        ("bash -c 'kill -6 $$'", 134, "compiled code"),
        ("echo $NOT_SET_ANYWHERE", 1, None),
    ],
)
def test_a_job_that_a_signal_ends_is_explained(
    root: Path, tmp_path: Path, command: str, status: int, words: str | None
) -> None:
    (prefix,) = (
        line.split('"')[1] for line in (root / "rules/common.smk").read_text().splitlines() if "shell.prefix" in line
    )
    (tmp_path / "workflow").symlink_to(root / "workflow")
    result = subprocess.run(["bash", "-c", prefix + command], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == status
    assert ("affectflow resume" in result.stderr) == (words is not None)
    assert words is None or words in result.stderr


READER = """
import os
from torch.utils.data import DataLoader
from affectflow.workflow.script import run
from affectflow.compute.memory import explain_full_memory

class Dies(list):
    def __getitem__(self, index):
        os.kill(os.getpid(), 9)

def main():
    with explain_full_memory("branch F"):
        list(DataLoader(Dies(range(8)), num_workers=1))

run(main)
"""


def test_a_killed_reader_of_data_is_explained() -> None:
    result = subprocess.run([sys.executable, "-c", READER], capture_output=True, text=True)
    assert result.returncode == 2
    assert "error: branch F: a process that reads its data died" in result.stderr
    assert "Set loader.workers to 0" in result.stderr


def test_only_full_memory_is_explained_as_full_memory() -> None:
    with pytest.raises(InputError, match="branch F: the GPU's memory is full"), explain_full_memory("branch F"):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has …")
    with pytest.raises(RuntimeError, match="something else"), explain_full_memory("branch F"):
        raise RuntimeError("something else")


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"epoch": 1}, path)
    with pytest.raises(Exception, match="pickle"):
        WholeCheckpoints().save_checkpoint({"epoch": lambda: 2}, path)
    if Path("/dev/full").exists():
        (tmp_path / f".last.{os.getpid()}.tmp.ckpt").symlink_to("/dev/full")
        with pytest.raises(InputError, match=r"last\.ckpt: the disk is full"):
            WholeCheckpoints().save_checkpoint({"epoch": 3}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]
