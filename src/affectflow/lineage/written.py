"""Outputs keep the time at which their job wrote them, which records and the ledger hold.

Snakemake sets the time of every output anew when its job has ended, for clocks of a cluster that disagree. A digest
counts for as long as size and time of a file are those that its record holds: with other times, each job would read all
of its inputs once more to take their digests, and the next start all outputs.
"""

import os
from typing import Any


def keep_times(workflow: Any) -> None:
    """Let Snakemake set the time of those outputs alone that are older than what they were made from.

    Folders, whose time is that of a file of Snakemake's, are touched as ever; so is all with its option `--touch`.

    Args:
        workflow: Snakemake's.
    """
    prepare = workflow._prepare_dag

    def prepare_and_patch(**keywords: Any) -> None:
        prepare(**keywords)
        dag = workflow._dag
        check = dag.check_and_touch_output

        async def check_untouched(job: Any, *args: Any, no_touch: bool = False, **keywords: Any) -> None:
            if not no_touch and not workflow.touch:
                await check(job, *args, no_touch=True, **{**keywords, "check_output_mtime": False})  # waits for them
                _touch_old(job)
            await check(job, *args, no_touch=no_touch or not workflow.touch, **keywords)

        dag.check_and_touch_output = check_untouched

    workflow._prepare_dag = prepare_and_patch


def _touch_old(job: Any) -> None:
    input_times = [os.stat(path).st_mtime_ns for path in map(str, job.input) if os.path.exists(path)]  # noqa: PTH110, PTH116
    newest = max(input_times, default=0)
    for output in job.output:
        path = str(output)
        if os.path.isdir(path) or (os.path.exists(path) and os.stat(path).st_mtime_ns < newest):  # noqa: PTH110, PTH112, PTH116
            output.touch()
