"""The latest run of the workflow in a folder: which process runs it, with which arguments, and how it ended."""

import json
import os
import platform
import sys
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psutil

from affectflow.artifacts import ledger
from affectflow.artifacts.atomic import write_text
from affectflow.core.errors import InputError
from affectflow.runtime.processes import SNAKEMAKE, name_of

RUN = "AFFECTFLOW_RUN"
"""Environment variable: the run's id."""
Status = Literal["running", "finished", "failed"]


@dataclass(frozen=True)
class Run:
    """A run that started at least one job. One that was killed stays `running` for ever."""

    id: str
    host: str
    process: str
    """Of Snakemake: its number and time of start."""
    arguments: tuple[str, ...]
    """Of Snakemake's command line."""
    local: bool
    """Whether its jobs run on this machine, not on those of a cluster."""
    start: str
    """When its first job started: UTC, ISO 8601."""
    status: Status = "running"


def mark() -> None:
    """Give this process, as the one that runs Snakemake, an id, which its jobs inherit; a given one stays."""
    os.environ.setdefault(RUN, uuid.uuid4().hex)
    os.environ[SNAKEMAKE] = name_of(psutil.Process())


def begin(local: bool = True) -> Run:
    """Note that this process starts jobs in the working folder."""
    run = Run(
        id=os.environ[RUN],
        host=platform.node(),
        process=name_of(psutil.Process()),
        arguments=tuple(sys.argv[1:]),
        local=local,
        start=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    _write(run)
    return run


def end(run: Run, status: Status) -> None:
    """Note how a run ended."""
    _write(replace(run, status=status))


def is_this(run: Run) -> bool:
    """Whether this process runs it."""
    return run.process.startswith(f"{os.getpid()}@") and run.host == platform.node()


def latest(folder: Path) -> Run | None:
    """The latest run of a folder; None where there was none.

    Raises:
        InputError: what is known of it cannot be read.
    """
    path = _path(folder)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Run(**values | {"arguments": tuple(values["arguments"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path}: not what is known of a run ({error}); delete it and give the command of the workflow again"
        ) from error


def _write(run: Run) -> None:
    write_text(_path(Path()), json.dumps(asdict(run), indent=1) + "\n", recorded=False)


def _path(folder: Path) -> Path:
    return folder / ledger.FOLDER / "run.json"
