"""Jobs of the workflow that wait or run on a Slurm cluster."""

import getpass
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.core.errors import InputError

JOB = "SLURM_JOB_ID"
"""Environment variable of every process that Slurm started: its job."""

_ANSWER_SECONDS = 60.0
_POLL_SECONDS = 0.5
_SUBMITTED = "rule_"
"""How Snakemake's executor begins the comment of a job, which tells it from others of the same user."""


@dataclass(frozen=True)
class Queued:
    """A job that has not ended."""

    id: str
    state: str
    rule: str
    """With its wildcards, as Snakemake's executor spells them."""


def available() -> bool:
    """Whether this machine can ask a Slurm cluster."""
    return all(shutil.which(program) for program in ("squeue", "scancel"))


def queued(folder: Path) -> list[Queued]:
    """Jobs of this user that Snakemake submitted from `folder` and that have not ended.

    Raises:
        InputError: the cluster does not answer.
    """
    working_folder = folder.resolve()
    lines = _ask("squeue", "--noheader", f"--user={getpass.getuser()}", "--format=%i|%T|%Z|%k").splitlines()
    jobs = [line.split("|", maxsplit=3) for line in lines]
    return [
        Queued(id, state, comment.removeprefix(_SUBMITTED))
        for id, state, place, comment in jobs
        if Path(place) == working_folder and comment.startswith(_SUBMITTED)
    ]


def cancel(jobs: Sequence[Queued], folder: Path) -> None:
    """Cancel jobs and wait until they have ended.

    Raises:
        InputError: the cluster does not answer, or a job does not end.
    """
    ids = {job.id for job in jobs}
    _ask("scancel", *sorted(ids))
    deadline = time.monotonic() + _ANSWER_SECONDS
    while remaining := ids & {job.id for job in queued(folder)}:
        if time.monotonic() > deadline:
            raise InputError(
                f"Slurm has not ended job {', '.join(sorted(remaining))} yet; try again when squeue is without it"
            )
        time.sleep(_POLL_SECONDS)


def _ask(*command: str) -> str:
    try:
        completed = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{command[0]}: Slurm does not answer; try again later") from error
    if completed.returncode:
        raise InputError(
            f"{command[0]}: {completed.stderr.strip() or f'exit status {completed.returncode}'}; try again later"
        )
    return completed.stdout
