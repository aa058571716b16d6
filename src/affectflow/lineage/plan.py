"""What Snakemake would do today: every job of the workflow with its command, and which of them would run.

The one place that looks inside Snakemake: its command line prints plans for people only. The version is locked.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectflow.artifacts import ledger
from affectflow.artifacts.record import Code
from affectflow.core.errors import InputError
from affectflow.lineage import start
from affectflow.lineage.options import job_options
from affectflow.lineage.sheet import known_code


@dataclass(frozen=True)
class PlannedJob:
    """One job as it would run today."""

    rule: str
    wildcards: dict[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: dict[str, Any]
    """Of the rule's script."""
    code: Code | None
    """None where another code would not make it run again."""
    needed: bool
    """Whether it would run."""
    reason: Any = field(repr=False)
    """Snakemake's own."""
    before: tuple["PlannedJob", ...] = field(repr=False)
    """Jobs whose outputs it reads."""


@dataclass(frozen=True)
class Plan:
    """All jobs behind some targets."""

    jobs: tuple[PlannedJob, ...]
    outdated: Mapping[str, str]
    """Outputs that are made again although Snakemake does not see why, by path, each with the reason."""
    _workflow: Any = field(repr=False)
    _jobs: dict[int, Any] = field(repr=False)

    def by_output(self) -> dict[str, PlannedJob]:
        """The job that makes each file."""
        return {path: job for job in self.jobs for path in job.outputs}

    def rules(self) -> list[Any]:
        """The workflow's, as Snakemake keeps them."""
        return list(self._workflow.rules)

    def mark_done(self, jobs: Sequence[PlannedJob]) -> None:
        """Let Snakemake note that these jobs have made their outputs with today's settings and code."""
        for job in jobs:
            self._workflow.async_run(self._workflow.persistence.finished(self._jobs[id(job)]))


@contextmanager
def planned(targets: Sequence[str] = (), settings: Sequence[Path] = (), check: bool = True) -> Iterator[Plan]:
    """Read the workflow in the working folder and find what it would do.

    Args:
        targets: files or rules; all results when not given.
        settings: settings files; config/config.yaml when none is given.
        check: whether files that no job made end it, as at a start of the workflow.

    Raises:
        InputError: there is no workflow here, or Snakemake refuses it; with what it says.
    """
    # Imported here: it takes a second, and most commands end without it.
    from snakemake.api import SnakemakeApi
    from snakemake.exceptions import RuleException
    from snakemake.settings.enums import Quietness, RerunTrigger
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        ExecutionSettings,
        OutputSettings,
        ResourceSettings,
    )
    from snakemake_interface_common.exceptions import WorkflowError

    snakefile = Path("Snakefile")
    if not snakefile.is_file():
        raise InputError(f"{snakefile.absolute()}: no such file; call this in the project's folder")
    # The triggers and the size are those of profiles/default.
    triggers = frozenset({RerunTrigger.MTIME, RerunTrigger.INPUT, RerunTrigger.PARAMS, RerunTrigger.CODE})
    configuration = ConfigSettings(configfiles=list(settings)) if settings else ConfigSettings()
    try:
        with (
            start.checking(check),
            SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, dryrun=True)) as api,
        ):
            workflow_api = api.workflow(ResourceSettings(cores=1), config_settings=configuration, snakefile=snakefile)
            workflow_api.dag(DAGSettings(targets=set(targets), rerun_triggers=triggers, max_checksum_file_size=1 << 40))
            workflow = workflow_api._workflow
            workflow.execution_settings = ExecutionSettings()
            workflow._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=False, nolock=True)
            workflow._build_dag()
            yield _plan(workflow)
    except (WorkflowError, RuleException) as error:
        raise InputError(str(error).strip()) from error


def _plan(workflow: Any) -> Plan:
    planned_jobs: dict[Any, PlannedJob] = {}
    for job in _order_jobs(workflow.dag):
        if job.shellcmd is None:
            continue
        planned_jobs[job] = PlannedJob(
            rule=job.rule.name,
            wildcards=dict(job.wildcards_dict),
            inputs=tuple(map(str, job.input)),
            outputs=tuple(map(str, job.output)),
            options=job_options(job.shellcmd, job.rule.name),
            code=known_code(code, ledger.FOLDER) if (code := job.params.get("code")) else None,
            needed=bool(workflow.dag.needrun(job)),
            reason=workflow.dag.reason(job),
            before=tuple(
                planned_jobs[dependency] for dependency in workflow.dag.dependencies[job] if dependency in planned_jobs
            ),
        )
    outdated = workflow.globals["OUTDATED"]
    return Plan(
        tuple(planned_jobs.values()), outdated, workflow, {id(planned): job for job, planned in planned_jobs.items()}
    )


def _order_jobs(dag: Any) -> list[Any]:
    """Jobs, each after those that it depends on."""
    order: dict[Any, None] = {}
    stack = [(job, False) for job in dag.jobs]
    while stack:
        job, expanded = stack.pop()
        if expanded:
            order[job] = None
        elif job not in order:
            stack.append((job, True))
            stack.extend((dependency, False) for dependency in dag.dependencies[job] if dependency not in order)
    return list(order)
