"""`affectflow resume`: go on after an interruption, with the command that was interrupted."""

import argparse
import fcntl
import os
import platform
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.core.errors import InputError
from affectflow.runtime import orphans, runs, slurm
from affectflow.runtime.processes import alive
from affectflow.runtime.runs import Run
from affectflow.workflow.handlers import ended_well


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("--yes", action="store_true", help="end leftover jobs without asking")
    options.add_argument(
        "arguments", nargs="*", metavar="-- ARGUMENT", help="more arguments for Snakemake, after the run's own"
    )


def main(arguments: argparse.Namespace) -> int:
    folder = Path()
    run = runs.latest(folder)
    if run is None:
        raise InputError(
            f"{folder.resolve()}: no run of the workflow is known here; go to the project's folder, or start one: "
            "snakemake --cores 8 results/test_track1.csv"
        )
    with _lock_folder(folder):
        _check_ended(folder, run)
        if not (_end_orphans(folder, arguments.yes) and (run.local or _end_queued(folder, arguments.yes))):
            print("nothing was changed")
            return 1
        if run.local and (removed := orphans.remove_unfinished(folder)):
            print(f"removed {len(removed)} unfinished file(s)", flush=True)
        return _restart(folder, run, arguments.arguments)


def _restart(folder: Path, run: Run, extra_arguments: list[str]) -> int:
    """Unlock, and run the same command again; returns Snakemake's exit status."""
    locked = any((folder / ".snakemake" / "locks").glob("*"))
    if locked and (status := _snakemake(_arguments(run, [*extra_arguments, "--unlock"]), {})):
        return status
    command = _arguments(run, extra_arguments)
    print(f"snakemake {shlex.join(command)}", flush=True)
    killed = run.status == "running"
    # A killed run goes on under its own id, so that its trainings stay together; another is over.
    status = _snakemake(command, {runs.RUN: run.id} if killed else {})
    if killed and status == 0 and runs.latest(folder) == run:
        ended_well(run)  # its last job had ended: Snakemake found nothing left to do, and noted nothing
    return status


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Only one process resumes a folder: a second would unlock it under the first."""
    path = folder / ledger.FOLDER / "resume.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("`affectflow resume` is still running in this folder; wait for it") from error
        yield


def _check_ended(folder: Path, run: Run) -> None:
    """Say how a run ended.

    Raises:
        InputError: it still runs, or it cannot be known whether it does.
    """
    command = f"snakemake {shlex.join(run.arguments)}"
    unlock = f"snakemake {shlex.join(_arguments(run, ['--unlock']))}"
    killed = run.status == "running"
    if killed and run.host != platform.node():
        raise InputError(
            f"the run of {run.start} was started on {run.host} and cannot be seen from {platform.node()}: go on there. "
            f"If it no longer runs: `{unlock}`, then `{command}`"
        )
    pid = run.process.split("@")[0] if killed and alive(run.process) else orphans.snakemake(folder)
    if pid is not None:
        raise InputError(f"Snakemake is still running in this folder (pid {pid}); wait for it, or stop it with Ctrl-C")
    how = "was killed" if killed else f"{run.status}; the same command again runs what is missing or out of date"
    print(f"the run of {run.start} {how}", flush=True)


def _end_orphans(folder: Path, consent: bool) -> bool:
    """End jobs that outlived their Snakemake; False where the user does not want it."""
    running = orphans.find(folder)
    if not running:
        return True
    print(f"{len(running)} process(es) of its jobs still run, and would write the same files as their successors:")
    for orphan in running:
        print(f"  pid {orphan.process.pid}  {orphan.rule or '(job)'}  {orphan.program}  since {orphan.since:%F %T}")
    if not (consent or _agreed()):
        return False
    orphans.end(running)
    if remaining := orphans.find(folder):
        pids = ", ".join(str(orphan.process.pid) for orphan in remaining)
        raise InputError(f"pid {pids} cannot be ended (a disk or device does not answer?); end them, then resume")
    print(f"ended {len(running)} process(es)")
    return True


def _end_queued(folder: Path, consent: bool) -> bool:
    """Cancel jobs that Slurm still holds for a run that has ended; False where the user does not want it."""
    if not slurm.available():
        print("note: this machine cannot ask a Slurm cluster; jobs of the run must have ended", file=sys.stderr)
        return True
    jobs = slurm.queued(folder)
    if not jobs:
        return True
    print(f"Slurm still holds {len(jobs)} of its jobs, which would write the same files as their successors:")
    for job in jobs:
        print(f"  job {job.id}  {job.rule}  {job.state.lower()}")
    if not (consent or _agreed()):
        return False
    slurm.cancel(jobs, folder)
    print(f"cancelled {len(jobs)} job(s)")
    return True


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise InputError("jobs outlived the run, and nobody can be asked: `affectflow resume --yes` ends them")
    return input("End them? [y/N] ").strip().lower() in ("y", "yes")


def _arguments(run: Run, extra_arguments: list[str]) -> list[str]:
    """A run's arguments with more of them; behind a bare `--` only targets may stand."""
    position = run.arguments.index("--") if "--" in run.arguments else len(run.arguments)
    return [*run.arguments[:position], *extra_arguments, *run.arguments[position:]]


def _snakemake(arguments: list[str], variables: dict[str, str]) -> int:
    """Run Snakemake in the foreground; returns its exit status, 128 and the number where a signal ended it."""
    command = [sys.executable, "-m", "affectflow.cli.snakemake", *arguments]
    child = subprocess.Popen(command, env=os.environ | variables)
    # Ctrl-C reaches Snakemake by itself, which then ends its jobs; a signal for this process alone is handed on.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())
    status = child.wait()
    return status if status >= 0 else 128 - status
