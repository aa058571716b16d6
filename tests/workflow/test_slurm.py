"""The workflow on a Slurm cluster of one machine with two GPUs: bytes of a local run. See tests/helpers/slurm.sh."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from miniature import RESULTS, Miniature, make_miniature, read_artifacts
from slurm_cluster import cluster, missing_programs

from affectflow.artifacts.record import read_record

missing = [
    *missing_programs(),
    *([] if find_spec("snakemake_executor_plugin_slurm") else ["Snakemake's Slurm executor"]),
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(missing), reason=f"needs Slurm (tests/helpers/slurm.sh installs it): no {', '.join(missing)}"
    ),
]

Environment = dict[str, str]
# Asked for sooner than the profile does: the miniature's jobs take seconds.
SLURM = ["--workflow-profile", "workflow/profiles/slurm", "--slurm-init-seconds-before-status-checks", "8"]
MODEL = "models/demo/ntua/va/A/official-123/model.safetensors"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with cluster(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


@pytest.fixture(scope="module")
def project(root: Path, finished: Miniature, slurm: Environment, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A miniature whose results Slurm's jobs made, of the videos of the local run."""
    miniature = make_miniature(root, tmp_path_factory.mktemp("cluster") / "project")
    shutil.copytree(finished.folder / "data", miniature.folder / "data")
    result = run(miniature, slurm, *SLURM, *RESULTS)
    assert result.returncode == 0, result.stdout[-6000:]
    return miniature


def command(project: Miniature, slurm: Environment, module: str, *arguments: str) -> dict[str, Any]:
    """A command of this project, as `subprocess` takes it."""
    return {
        "args": [sys.executable, "-m", f"affectflow.cli.{module}", *arguments],
        "cwd": project.folder,
        "env": slurm | {"PYTHONPATH": str(project.folder / "src")},
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
    }


def run(
    project: Miniature, slurm: Environment, *arguments: str, module: str = "snakemake"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(project, slurm, module, *arguments), timeout=900)


def list_jobs(slurm: Environment) -> set[str]:
    """Ids of Slurm's jobs."""
    queue = subprocess.run(
        ["squeue", "--noheader", "--format=%i"], env=slurm, capture_output=True, text=True, check=True
    )
    return set(queue.stdout.split())


def test_results_are_the_bytes_of_a_local_run(project: Miniature, finished: Miniature) -> None:
    finished.settings()
    finished.snakemake(*RESULTS)
    expected, actual = read_artifacts(finished.folder), read_artifacts(project.folder)
    assert {*RESULTS, MODEL, "fusion/demo/ntua/va/official-123/weights.json"} <= set(actual) <= set(expected)
    assert [name for name in actual if actual[name] != expected[name]] == []
    # A local start sees nothing to do and no stranger: notes and ledger are those of the jobs.
    assert project.planned(*RESULTS) == set()


def gpu_jobs(project: Miniature) -> Iterator[tuple[str, str, str]]:
    """Device, start and end of each job that asked for a GPU."""
    for branch in ("F", "BCF", "A"):
        run, place = f"ntua-va-{branch}-official-123", f"demo/ntua/va/{branch}/official-123"
        artifact_by_log = {f"train/{run}": f"models/{place}/model.safetensors"}
        artifact_by_log |= {
            f"predict/{run}-{split}": f"predictions/{place}/{split}.parquet" for split in ("validation", "test")
        }
        for log, artifact in artifact_by_log.items():
            text = (project.folder / f"logs/demo/{log}.log").read_text()
            device = re.search(r"^GPU (\d+) of (\d+) \(SLURM_JOB_ID=\d+\)$", text, re.MULTILINE)
            assert device and device[1] == device[2], f"{log} saw other devices than its own: {text}"
            record = read_record(project.folder / f"{artifact}.record.json")
            yield device[1], record.start, record.end


def test_a_gpu_belongs_to_one_job_at_a_time(project: Miniature) -> None:
    jobs = list(gpu_jobs(project))
    assert {device for device, _, _ in jobs} == {"0", "1"}
    overlaps = [(one, other) for one, other in combinations(jobs, 2) if one[1] < other[2] and other[1] < one[2]]
    assert overlaps and all(one[0] != other[0] for one, other in overlaps)


def test_a_job_that_fails_says_why(project: Miniature, slurm: Environment, tmp_path: Path) -> None:
    broken = Miniature(shutil.copytree(project.folder, tmp_path / "project"))
    (broken.folder / "data/demo/videos/video52.mp4").write_text("this is no video")
    result = run(broken, slurm, *SLURM, "work/demo/body/video52.parquet")
    assert result.returncode != 0
    assert "error: " in result.stdout and "video52.mp4" in result.stdout
    assert "failed: decode, see logs/demo/decode/video52.log" in result.stdout, result.stdout[-4000:]


def test_resume_cancels_jobs_that_outlived_a_killed_run(project: Miniature, slurm: Environment) -> None:
    model = project.folder / MODEL
    before = model.read_bytes()
    model.unlink()
    snakemake = subprocess.Popen(**command(project, slurm, "snakemake", *SLURM, MODEL))
    while not (jobs := list_jobs(slurm)):
        assert snakemake.poll() is None
        time.sleep(0.2)
    snakemake.kill()
    snakemake.communicate()
    failure = run(project, slurm, "resume", module="main")
    assert failure.returncode == 2, failure.stdout
    assert all(f"job {job}  train_wildcards_va_A" in failure.stdout for job in jobs)
    assert list_jobs(slurm) == jobs
    result = run(project, slurm, "resume", "--yes", module="main")
    assert result.returncode == 0, result.stdout[-4000:]
    assert "cancelled 1 job(s)" in result.stdout and list_jobs(slurm) == set()
    assert model.read_bytes() == before
