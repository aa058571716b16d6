"""Take over artifacts that came with their records: a clone's, or those that `dvc checkout` restored.

Snakemake's notes and the ledger belong to one folder. Here both are written anew for every job whose outputs hold:
unaltered, made by today's code with today's settings, from inputs that hold too, and not known otherwise to the ledger
that is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.job import describe_artifact
from affectflow.artifacts.record import SOURCES
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import Plan, PlannedJob
from affectflow.lineage.start import existing_outputs, strangers
from affectflow.lineage.verify import Evidence, Finding, verify
from affectflow.lineage.witness import history


@dataclass(frozen=True)
class Adopted:
    """What was taken over."""

    files: int
    refused: list[Finding]
    """Why other files were not."""
    absent: int
    """Jobs of today's workflow whose outputs are not there."""


def adopt(plan: Plan, chain: Chain) -> Adopted:
    """Check every artifact that is there and take over those that hold."""
    today = plan.by_output()
    made_here = {name for name, job in today.items() if job.rule not in SOURCES}
    present = [name for name in today if name in made_here and (chain.folder / name).exists()]
    findings = verify(chain, present, Evidence(today, history(chain.folder / ledger.FOLDER)), present)
    wrong = {finding.path for finding in findings}
    adopted: list[PlannedJob] = []
    rejected: set[int] = set()
    absent = 0
    for job in plan.jobs:  # in the order of dependence
        missing = [name for name in job.outputs if not (chain.folder / name).exists()]
        absent += bool(missing)
        partial = 0 < len(missing) < len(job.outputs)
        if partial or wrong.intersection(job.outputs) or any(id(dependency) in rejected for dependency in job.before):
            rejected.add(id(job))
        elif not missing:  # what is missing and was read by none of these files does not count against them
            adopted.append(job)
    plan.mark_done(adopted)
    files = [name for job in adopted if job.rule not in SOURCES for name in job.outputs]
    ledger.append(chain.folder / ledger.FOLDER, (entry for name in files for entry in _entries(chain, name)))
    return Adopted(len(files), [*findings, *_not_adopted(plan, chain.folder, wrong)], absent)


def _entries(chain: Chain, name: str) -> Iterator[ledger.Entry]:
    """What the ledger says of an artifact that holds."""
    record = chain.record(name)
    assert record is not None, f"{name} was verified"
    input_records = {item.path: chain.record(item.path) for item in record.inputs}
    sources = {
        path for path, input_record in input_records.items() if input_record is None or input_record.rule in SOURCES
    }
    artifact = describe_artifact(chain.folder / name, Path(name))
    return ledger.entries_of(artifact, record.seal, ledger.inputs_of(record, sources))


def _not_adopted(plan: Plan, folder: Path, reported: set[str]) -> Iterator[Finding]:
    """What a start would still not build on, and no finding names."""
    shards = {job.wildcards["shard"] for job in plan.jobs if "shard" in job.wildcards}
    outputs = existing_outputs(plan.rules(), {"shard": shards}, folder)
    remaining = {outputs[name] for name in strangers(outputs, ledger.read(folder / ledger.FOLDER), folder)}
    for output in sorted(remaining - reported):
        if output in plan.by_output():
            yield Finding("outdated", output, "goes with a file that is not taken over")
        else:
            yield Finding("orphaned", output, "no job of today's workflow makes it")
