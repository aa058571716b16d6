"""What a killed run leaves behind: jobs that still run, and files that they had not finished."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from affectflow.artifacts import ledger
from affectflow.artifacts.layout import CHECKPOINTS, FUSION, MODELS, PREDICTIONS, RESULTS, WORK
from affectflow.runtime import slurm
from affectflow.runtime.processes import outlived

FOLDERS = (WORK, MODELS, PREDICTIONS, FUSION, RESULTS, CHECKPOINTS, ledger.FOLDER.as_posix())
"""Where jobs write."""

_END_SECONDS = 5.0
_SCRIPT = re.compile(r"workflow/scripts/(?!on_gpu)(\w+)\.py")
_UNFINISHED = re.compile(r"\..+\.(\d+)\.tmp(\.[^.]+)?")
# A process that ends while it is looked at, or that belongs to somebody else.
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True)
class Orphan:
    """A process of a job whose Snakemake has ended."""

    process: psutil.Process
    rule: str
    """The job's; empty where its command no longer shows it."""
    program: str
    since: datetime


def find(folder: Path) -> list[Orphan]:
    """Processes of jobs of the project in `folder` that outlived their Snakemake, oldest first.

    Every process that a job starts inherits the number of its Snakemake, so that nothing else is taken for one:
    neither a script that a user runs by hand nor a job of a Snakemake that still runs. Nor one that Slurm started: its
    Snakemake may run on another machine, and Slurm ends it (`affectflow.runtime.slurm`).
    """
    orphans = []
    for process in _in_folder(folder):
        with suppress(*_GONE):
            environment = process.environ()
            if environment.get(slurm.JOB) == os.environ.get(slurm.JOB) and outlived(environment):
                since = datetime.fromtimestamp(process.create_time()).astimezone()
                orphans.append(Orphan(process, _rule(process), process.name(), since))
    return sorted(orphans, key=lambda orphan: (orphan.since, orphan.process.pid))


def snakemake(folder: Path) -> int | None:
    """Number of a Snakemake process that runs in `folder` on this machine, if there is one; not of those that a
    cluster's scheduler has started for single jobs, which are told their mode."""
    for process in _in_folder(folder):
        with suppress(*_GONE):
            words = process.cmdline()
            # The program or the module: behind them stand targets, which may have any name.
            programs = {Path(word).name for word in words[:4]} & {"snakemake", "affectflow.cli.snakemake"}
            if programs and "--mode" not in words:
                return process.pid
    return None


def end(orphans: Iterable[Orphan]) -> None:
    """End processes: asked first, killed if they do not follow within seconds."""
    processes = [orphan.process for orphan in orphans]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
            process.resume()  # one that is stopped could not follow
    for process in psutil.wait_procs(processes, timeout=_END_SECONDS)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=_END_SECONDS)


def remove_unfinished(folder: Path) -> list[Path]:
    """Remove temporary files and folders whose writer no longer runs on this machine; returns what was removed."""
    removed = []
    for top in FOLDERS:
        for parent, folders, files in os.walk(folder / top):
            for name in [name for name in (*folders, *files) if _is_abandoned(Path(parent, name))]:
                path = Path(parent, name)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(path)
            folders[:] = [name for name in folders if not _UNFINISHED.fullmatch(name)]
    return removed


def _in_folder(folder: Path) -> Iterator[psutil.Process]:
    project_folder = folder.resolve()
    for process in psutil.process_iter():
        with suppress(*_GONE):
            if process.pid != os.getpid() and Path(process.cwd()) == project_folder:
                yield process


def _rule(process: psutil.Process | None) -> str:
    """The rule of the script that a process, or the nearest process above it, runs."""
    with suppress(*_GONE):
        while process is not None:
            if script := _SCRIPT.search(" ".join(process.cmdline())):
                return script[1]
            process = process.parent()
    return ""


def _is_abandoned(path: Path) -> bool:
    match = _UNFINISHED.fullmatch(path.name)
    if match is None:
        return False
    try:
        process = psutil.Process(int(match[1]))
        # A process that is younger than the file only has its writer's number.
        return process.status() == psutil.STATUS_ZOMBIE or process.create_time() > path.lstat().st_mtime
    except psutil.NoSuchProcess:
        return True
