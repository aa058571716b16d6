"""What the workflow does when it starts its first job and when it has ended."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from affectflow import runs
from affectflow.artifacts import ledger
from affectflow.errors import InputError
from affectflow.runs import Run
from affectflow.tracking.workflow_run import close_workflow_run
from affectflow.training.checkpoints import remove_ended

_FAILED = re.compile(r"^Error in rule (\w+):\n(?:    .*\n)*?    log: (.+?)(?: \(check log|$)", re.MULTILINE)


def started(local: bool) -> None:
    """Note the run; an earlier one that was killed, and is not gone on with, ends in its tracking.

    Args:
        local: whether its jobs run on this machine.
    """
    earlier = runs.latest(Path())
    this = runs.begin(local)
    if earlier is not None and earlier.status == "running" and earlier.id != this.id:
        _close(earlier, "KILLED")


def finished() -> None:
    """Note that every job ended well."""
    if (run := _mine()) is not None:
        ended_well(run)


def failed(logs: Sequence[str]) -> None:
    """Say which jobs failed, where their logs are and what to do next; note that the run failed.

    Args:
        logs: files of what Snakemake printed.
    """
    said = "".join(Path(log).read_text(encoding="utf-8", errors="replace") for log in logs)
    for rule, its in dict.fromkeys(_FAILED.findall(said)):
        print(f"failed: {rule}, see {its}", file=sys.stderr)
    print(
        "Next: mend what the log says, then `affectflow resume` (or the same command again); finished jobs are kept, "
        "and an interrupted training goes on from its last checkpoint",
        file=sys.stderr,
        flush=True,
    )
    if (run := _mine()) is not None:
        try:
            runs.end(run, "failed")
        except InputError as error:  # the disk may be what was full
            print(f"warning: {error}", file=sys.stderr)
        _close(run, "FAILED")


def ended_well(run: Run) -> None:
    """Note that a run has ended well, here and in its tracking."""
    runs.end(run, "finished")
    remove_ended(Path("checkpoints"))
    _close(run, "FINISHED")


def _mine() -> Run | None:
    run = runs.latest(Path())
    return run if run is not None and runs.is_this(run) else None


def _close(run: Run, status: Literal["FINISHED", "FAILED", "KILLED"]) -> None:
    if wrong := close_workflow_run(ledger.FOLDER, run.id, status):
        print(f"warning: {wrong}", file=sys.stderr)
