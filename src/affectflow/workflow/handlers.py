"""What the workflow does when it starts its first job and when it has ended."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from affectflow.artifacts import ledger
from affectflow.artifacts.layout import CHECKPOINTS
from affectflow.core.errors import InputError
from affectflow.lineage import kept
from affectflow.runtime import runs
from affectflow.runtime.runs import Run
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


def finished(workflow: Any) -> None:
    """Note that every job ended well, and that everything is there that was asked for.

    Raises:
        SystemExit: something is not.
    """
    run = _mine()
    if missing := sorted(path for path in _asked_for(workflow) if not Path(path).exists()):
        for path in missing:
            print(f"failed: {path} was asked for, and no job of this run has made it", file=sys.stderr)
        print("Next: give the same command again, which makes what is missing", file=sys.stderr, flush=True)
        if run is not None:
            _ended_badly(run)
        sys.exit(1)
    if run is not None:
        ended_well(run)


def _asked_for(workflow: Any) -> set[str]:
    """The files that Snakemake was asked for, by name or by a rule."""
    dag = workflow.dag
    return {str(path) for path in (*dag.derived_targetfiles, *(path for job in dag.targetjobs for path in job.output))}


def failed(logs: Sequence[str]) -> None:
    """Say which jobs failed, where their logs are and what to do next; note that the run failed.

    Args:
        logs: files of what Snakemake printed.
    """
    output = "".join(Path(log).read_text(encoding="utf-8", errors="replace") for log in logs)
    for rule, log_file in dict.fromkeys(_FAILED.findall(output)):
        print(f"failed: {rule}, see {log_file}", file=sys.stderr)
    print(
        "Next: mend what the log says, then `affectflow resume` (or the same command again); finished jobs are kept, "
        "and an interrupted training goes on from its last checkpoint",
        file=sys.stderr,
        flush=True,
    )
    if (run := _mine()) is not None:
        _ended_badly(run)


def _ended_badly(run: Run) -> None:
    """Note that a run has failed, here and in its tracking."""
    try:
        runs.end(run, "failed")
    except InputError as error:  # the disk may be what was full
        print(f"warning: {error}", file=sys.stderr)
    _close(run, "FAILED")


def ended_well(run: Run) -> None:
    """Note that a run has ended well, here and in its tracking."""
    kept.forget()
    runs.end(run, "finished")
    remove_ended(Path(CHECKPOINTS))
    _close(run, "FINISHED")


def _mine() -> Run | None:
    run = runs.latest(Path())
    return run if run is not None and runs.is_this(run) else None


def _close(run: Run, status: Literal["FINISHED", "FAILED", "KILLED"]) -> None:
    if problem := close_workflow_run(ledger.FOLDER, run.id, status):
        print(f"warning: {problem}", file=sys.stderr)
