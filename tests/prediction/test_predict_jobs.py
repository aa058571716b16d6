"""`affectflow predict --jobs`: several videos at the same time."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from miniature import Miniature, read_all

pytestmark = pytest.mark.slow

NAMES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def videos(finished: Miniature, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short videos, and a file that is none between them."""
    folder = tmp_path_factory.mktemp("videos")
    for name, source in zip(NAMES, sorted((finished.folder / "data/demo/videos").glob("*.mp4")), strict=False):
        shutil.copy(source, folder / f"{name}.mp4")
    (folder / "bad.mp4").write_text("no video")
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """All but the records, which say when."""
    return {name: content for name, content in read_all(folder, ["."]).items() if not name.endswith(".record.json")}


def test_the_results_are_those_of_one_job(finished: Miniature, videos: Path, tmp_path: Path) -> None:
    said = {}
    for jobs in (1, 2, 9):
        out = tmp_path / str(jobs)
        done = finished.affectflow("predict", videos, "--out", out, "--jobs", jobs, check=False)
        assert done.returncode == 1, done.stderr[-3000:]
        said[jobs] = [line for line in done.stderr.splitlines() if not line.startswith(("results in", "no GPU"))]
    one = results(tmp_path / "1")
    assert {"a.csv", "a.mp4", "a.viewer.html", "b.csv", "c.csv", "people.csv", "summary.csv", "index.html"} <= set(one)
    assert results(tmp_path / "2") == one == results(tmp_path / "9")
    # In another order, the same is said of each, but for the time left.
    lines = {jobs: sorted(line.split(" · ")[0] for line in lines) for jobs, lines in said.items()}
    assert lines[1] == lines[2] == lines[9]
    assert said[2][-1].startswith("failed: bad.mp4: ")
    again = finished.affectflow("predict", videos, "--out", tmp_path / "2", "--jobs", 2, check=False)
    assert "3 of 4 video(s) are scored already" in again.stderr and results(tmp_path / "2") == one


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", ""])
def test_another_number_of_jobs_is_refused(finished: Miniature, tmp_path: Path, jobs: str) -> None:
    done = finished.affectflow("predict", tmp_path, "--out", tmp_path / "out", f"--jobs={jobs}", check=False)
    assert done.returncode == 2
    assert f"argument --jobs: found {jobs!r}, expected a number from 1 on" in done.stderr


class Batch:
    """A batch of two jobs that runs."""

    def __init__(self, project: Miniature, videos: Path, folder: Path) -> None:
        self.out, self.temporary, self.log = folder / "out", folder / "tmp", folder / "log.txt"
        self.temporary.mkdir()
        command = ["-m", "affectflow.cli.main", "predict", str(videos), "--out", str(self.out), "--jobs", "2"]
        variables = {"PYTHONPATH": str(project.folder / "src"), "TMPDIR": str(self.temporary)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=project.folder, env=os.environ | variables, stderr=log
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "affectflow.prediction.worker" in " ".join(child.cmdline())]


@pytest.fixture
def batch(finished: Miniature, videos: Path, tmp_path: Path) -> Iterator[Batch]:
    batch = Batch(finished, videos, tmp_path)
    yield batch
    batch.process.kill()
    batch.process.wait()


def test_a_process_that_is_killed_costs_its_video_alone(batch: Batch) -> None:
    batch.wait_for(lambda: "a.mp4: people" in batch.said())
    # Of two processes, the first to be started has the first video.
    min(batch.workers(), key=lambda worker: worker.create_time()).kill()
    assert batch.process.wait(180) == 1
    assert (
        "failed: a.mp4: the process that scored it was ended by SIGKILL; where memory is short, use fewer --jobs"
        in (batch.said())
    )
    assert "2 scored, 2 failed" in batch.said()
    assert not (batch.out / "a.csv").exists() and (batch.out / "b.csv").exists() and (batch.out / "c.csv").exists()
    assert list(batch.temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_is_told_to_end_takes_its_processes_along(batch: Batch, number: signal.Signals) -> None:
    batch.wait_for(lambda: "people" in batch.said())
    workers = batch.workers()
    assert len(workers) == 2
    batch.process.send_signal(number)
    assert batch.process.wait(30) == 130
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    assert batch.said().splitlines()[-1] == "interrupted" and "Traceback" not in batch.said()
    assert list(batch.temporary.iterdir()) == []
