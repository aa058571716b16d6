"""Several videos at the same time, each scored by a process of its own."""

import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import Any

from affectflow.prediction.one_video import Task, score_one
from affectflow.prediction.progress import BatchProgress, VideoProgress
from affectflow.prediction.selection import Selection
from affectflow.prediction.system import TrainedSystem

Outcome = tuple[Task, str | None]
"""A video, and the reason where it could not be scored."""

_PATIENCE = 10.0
"""Seconds that a process has to end in."""


def score_all(
    tasks: Sequence[Task], system: TrainedSystem, selection: Selection, progress: BatchProgress, jobs: int
) -> Iterator[Outcome]:
    """Score videos, as each ends.

    Args:
        tasks: the videos; they are begun in this order.
        system: what scores them.
        selection: which people.
        progress: shows how far they are.
        jobs: how many at the same time. With 1 this process scores them itself.
    """
    if min(jobs, len(tasks)) > 1:
        yield from _side_by_side(tasks, system, selection, progress, jobs)
    else:
        for task in tasks:
            yield task, score_one(task, system, selection, progress.video(task.path.name))


class _Worker:
    """A process that scores a video at a time, with a temporary folder that goes when it does."""

    def __init__(self, system: TrainedSystem, selection: Selection) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="affectflow-")
        self.connection, other = Pipe()
        # -P: what lies in the working folder is no module of ours.
        module = ["-P", "-m", "affectflow.prediction.worker"]
        command = [sys.executable, *module, str(other.fileno()), self._temporary.name]
        self._process = subprocess.Popen(command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)
        other.close()
        self.task: Task | None = None
        self.progress: VideoProgress | None = None
        self._send((system, selection))

    def begin(self, task: Task, progress: VideoProgress) -> None:
        """Let it score a video; it does nothing else then."""
        self.task, self.progress = task, progress
        self._send(task)

    def end(self) -> str:
        """Let it end, also in the middle of a video; says how it did where it had ended by itself."""
        self.connection.close()
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._temporary.cleanup()
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def _send(self, message: Any) -> None:
        with suppress(BrokenPipeError):  # it has ended: reading from it says so
            self.connection.send(message)


def _side_by_side(
    tasks: Sequence[Task], system: TrainedSystem, selection: Selection, progress: BatchProgress, jobs: int
) -> Iterator[Outcome]:
    waiting, workers = deque(tasks), list[_Worker]()

    def begin(worker: _Worker) -> None:
        task = waiting.popleft()
        worker.begin(task, progress.video(task.path.name))

    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_Worker(system, selection))
                begin(workers[-1])
            for connection in wait([worker.connection for worker in workers]):
                worker = next(worker for worker in workers if worker.connection is connection)
                outcome, alive = _hear(worker)
                if outcome:
                    yield outcome
                if outcome and alive and waiting:
                    begin(worker)
                elif outcome:
                    workers.remove(worker)
                    worker.end()
    finally:
        for worker in workers:
            worker.end()


def _hear(worker: _Worker) -> tuple[Outcome | None, bool]:
    """Take a message of a process: what became of its video once that is known, and whether the process goes on."""
    assert worker.task and worker.progress
    try:
        kind, arguments = worker.connection.recv()
    except (EOFError, OSError):
        reason = f"the process that scored it {worker.end()}; where memory is short, use fewer --jobs"
        worker.progress.line(f"error: {reason}")
        return (worker.task, reason), False
    if kind == "end":
        return (worker.task, *arguments), True
    show: dict[str, Callable[..., None]] = {
        "text": _say,
        "stage": worker.progress.stage,
        "within": worker.progress.within,
        "line": worker.progress.line,
    }
    show[kind](*arguments)
    return None, True


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
