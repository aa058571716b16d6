"""Why a job would run again, in words."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.record import Record
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import Plan, PlannedJob
from affectflow.lineage.verify import disagreements


def first_causes(plan: Plan, chain: Chain) -> dict[str, list[PlannedJob]]:
    """The causes that no other job explains, in words, each with the jobs that it makes run."""
    causes: dict[str, list[PlannedJob]] = {}
    for job in plan.jobs:
        if job.needed:
            for cause in _causes(job, chain, plan.outdated):
                causes.setdefault(cause, []).append(job)
    return causes


def _causes(job: PlannedJob, chain: Chain, outdated: Mapping[str, str]) -> Iterable[str]:
    reason = job.reason
    records = [record for name in job.outputs if (record := _try_record(chain, name)) is not None]
    explained = any(dependency.needed for dependency in job.before)
    if reason.missing_output:
        # A job that runs because another one does removes its outputs only then.
        yield from (f"{name} is missing" for name in sorted(map(str, reason.missing_output)))
    if reason.incomplete_output:
        yield "it was interrupted"
    if reason.forced:
        yield from dict.fromkeys(outdated[name] for name in job.outputs if name in outdated)
    changes = disagreements(records[0], job) if records else []
    if reason.forced:
        yield from changes
    if reason.params_changed:
        yield from changes or [f"parameters changed: {reason.params_changed}"]
    if reason.code_changed:
        yield f"the text of rule {job.rule} changed"
    if reason.input_changed and not explained:
        yield from _input_set(job, records)
    updated_inputs = {str(name) for name in reason.updated_input} - {str(name) for name in reason.updated_input_run}
    yield from (_describe_update(name, records) for name in sorted(updated_inputs))


def _try_record(chain: Chain, name: str) -> Record | None:
    try:
        return chain.record(name)
    except InputError:
        return None


def _input_set(job: PlannedJob, records: list[Record]) -> Iterable[str]:
    read_paths = {item.path for record in records for item in record.inputs}
    if not read_paths:
        yield "the set of its inputs changed"
    yield from (f"{name} is a new input" for name in job.inputs if read_paths and name not in read_paths)
    yield from (f"{name} is no input any more" for name in sorted(read_paths) if name not in job.inputs)


def _describe_update(name: str, records: list[Record]) -> str:
    old_digest = next((item.sha256 for record in records for item in record.inputs if item.path == name), None)
    path = Path(name)
    if old_digest is None or not path.is_file():
        return f"{name} changed"
    return f"{name} changed: SHA-256 was {old_digest[:16]}…, is {file_digest(path)[:16]}…"
