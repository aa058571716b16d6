"""The device lease: two jobs never hold one GPU, and a dead job holds none."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ON_GPU = Path("workflow/scripts/on_gpu.py")
HOLD = "import os, time; print(os.environ['CUDA_VISIBLE_DEVICES'], time.time(), flush=True); "
HOLD += "time.sleep({}); print(time.time())"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "LSB_", "PBS_"))}
    return variables | {"TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": "0,1"}


def start(root: Path, environment: dict[str, str], gpus: int, seconds: float) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        str(root / ON_GPU),
        "--gpus",
        str(gpus),
        "--",
        sys.executable,
        "-c",
        HOLD.format(seconds),
    ]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_jobs_that_share_a_device_never_overlap(root: Path, environment: dict[str, str]) -> None:
    jobs = [start(root, environment, gpus, 0.3) for gpus in (1, 1, 2, 1)]
    spans: list[tuple[set[str], float, float]] = []
    for job in jobs:
        lines = job.communicate(timeout=60)[0].split()
        spans.append((set(lines[0].split(",")), float(lines[1]), float(lines[2])))
    assert sorted(len(devices) for devices, _, _ in spans) == [1, 1, 1, 2]
    for number, (devices, begin, end) in enumerate(spans):
        for others, other_begin, other_end in spans[number + 1 :]:
            assert not (devices & others) or end <= other_begin or other_end <= begin


def test_a_killed_job_frees_its_device(root: Path, environment: dict[str, str]) -> None:
    holder = start(root, environment, 2, 600)
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("0,1")
    waiting_job = start(root, environment, 1, 0)
    time.sleep(1)
    assert waiting_job.poll() is None
    holder.send_signal(signal.SIGKILL)
    assert waiting_job.communicate(timeout=60)[0].split()[0] in ("0", "1")
    holder.communicate()


def test_more_gpus_than_there_are_is_as_many_as_there_are(root: Path, environment: dict[str, str]) -> None:
    assert start(root, environment, 5, 0).communicate(timeout=60)[0].startswith("0,1 ")


def test_a_scheduler_s_choice_is_left_alone(root: Path, environment: dict[str, str]) -> None:
    """Also where two jobs of a machine know their devices by the same number."""
    environment |= {"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "0"}
    holder = start(root, environment, 1, 600)
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("0 ")
    assert start(root, environment | {"SLURM_JOB_ID": "8"}, 1, 0).communicate(timeout=60)[0].startswith("0 ")
    holder.kill()
    holder.communicate()


def test_jobs_in_one_allocation_share_it_out(root: Path, environment: dict[str, str]) -> None:
    environment |= {"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "3,4"}
    jobs = [start(root, environment, 1, 2) for _ in range(2)]
    assert {job.communicate(timeout=60)[0].split()[0] for job in jobs} == {"3", "4"}


def test_a_job_that_wants_no_gpu_waits_for_none(root: Path, environment: dict[str, str]) -> None:
    assert start(root, environment, 0, 0).communicate(timeout=60)[0].startswith("0,1 ")


def test_without_a_gpu_the_job_runs(root: Path, environment: dict[str, str]) -> None:
    environment["CUDA_VISIBLE_DEVICES"] = ""
    assert start(root, environment, 1, 0).communicate(timeout=60)[0].count("\n") == 2
