"""What a job had made, for as long as a run that makes it again goes on.

Snakemake plans all that comes after a job that will run, before anyone knows whether that job makes other bytes than
before, and removes the old outputs of each. Links to them are kept, so that a job which finds what it reads, its
settings and its code to be those of the artifact that lay there gives it back and ends: only what changed for it is
made anew.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectflow.artifacts import ledger
from affectflow.artifacts.atomic import move_into_place, write_text
from affectflow.artifacts.digest import files_of, path_digest
from affectflow.artifacts.job import Job, running
from affectflow.artifacts.record import SOURCES, Record, read_record, record_path
from affectflow.core.errors import InputError
from affectflow.lineage.options import BOOKKEEPING
from affectflow.remote.objects import SCHEME

FOLDER = ledger.FOLDER / "kept"

# Their subject is the records themselves, or this very run.
_NEVER = SOURCES | {"report", "leaderboard_entry", "leaderboard", "log_scores"}


def keep(jobs: Iterable[Sequence[str]]) -> None:
    """Keep links to the outputs of jobs that are about to be made again.

    Args:
        jobs: the outputs of each.
    """
    for outputs in jobs:
        paths = [Path(path) for path in outputs]
        if all(path.exists() for path in paths):
            try:
                records = [read_record(record_path(path)) for path in paths]
                if records[0].rule not in _NEVER:
                    _keep(paths, records)
            except (FileNotFoundError, InputError):
                continue  # made without a record, or altered: nothing to give back
            except OSError as error:
                print(f"warning: nothing is kept of earlier results: no links here ({error.strerror})", file=sys.stderr)
                return


def _keep(paths: list[Path], records: list[Record]) -> None:
    for path in paths:
        for original in (path, record_path(path)):
            _link(original, FOLDER / original)
    name = _index_name(records[0].rule, records[0].options, records[0].code.fingerprint)
    write_text(FOLDER / f"{name}.json", json.dumps([path.as_posix() for path in paths]), recorded=False)


def _link(path: Path, target: Path) -> None:
    _remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        for file in files_of(path):
            _link(file, target / file.relative_to(path))
    else:
        os.link(path, target)


def give_back(job: Job) -> bool:
    """Put what an earlier job made in its place again, where this job would make it from the same.

    The record says when it was made, and names today's records of what it was made from.

    Args:
        job: which has noted what it knows to read.

    Returns:
        Whether it did, so that nothing is left to do.

    Raises:
        InputError: something that the job reads is missing, or is not what its record says.
    """
    index = FOLDER / f"{_index_name(job.rule, job.options, job.code.fingerprint)}.json"
    try:
        paths = [Path(path) for path in json.loads(index.read_text(encoding="utf-8"))]
        records = [read_record(record_path(FOLDER / path)) for path in paths]
    except (FileNotFoundError, InputError):
        return False
    if not all(_is_whole(FOLDER / path, record) for path, record in zip(paths, records, strict=True)):
        return False
    for record in records:
        local_inputs = [Path(item.path) for item in record.inputs if not item.path.startswith(SCHEME)]
        if dict(record.seeds) != dict(job.seeds) or not all(path.exists() for path in local_inputs):
            return False
        job.reads(local_inputs)
    old_digests = {item.path: item.sha256 for record in records for item in record.inputs}
    if any(old_digests.get(item.path) != item.sha256 for item in job.inputs):
        return False
    for path, record in zip(paths, records, strict=True):
        _put_back(job, path, record)
    index.unlink()
    print(
        f"kept: what was made on {records[0].end} from the same, with the same settings and code ({job.rule})",
        file=sys.stderr,
    )
    return True


def _is_whole(path: Path, record: Record) -> bool:
    if not path.exists():
        return False
    # Now, as Snakemake would say: older than what it was made from, it would look out of date. Before the digest is
    # taken, which then need not be taken again for the new record.
    os.utime(path)
    return path_digest(path) == record.artifact.sha256


def _put_back(job: Job, path: Path, record: Record) -> None:
    link = FOLDER / path
    with running(job.in_the_name_of(record)):
        move_into_place(link, path)
    record_path(link).unlink()


def forget() -> None:
    """Remove all links: a run has ended, and what it gave back is in its place."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _index_name(rule: str, options: Mapping[str, Any], fingerprint: str) -> str:
    relevant = {name: value for name, value in options.items() if name not in BOOKKEEPING}
    return hashlib.sha256(json.dumps([rule, relevant, fingerprint], sort_keys=True).encode()).hexdigest()[:16]


def might_be_given_back(workflow: Any, outdated: Collection[str]) -> Iterator[list[str]]:
    """The outputs of those of Snakemake's jobs which may find that nothing changed for them.

    Args:
        workflow: Snakemake's, with its plan.
        outdated: outputs that this project forced Snakemake to make again.
    """
    for job in workflow.dag.needrun_jobs():
        reason, outputs = workflow.dag.reason(job), [str(path) for path in job.output]
        by_force = reason.forced and not any(path in outdated for path in outputs)
        if outputs and not (by_force or reason.params_changed or reason.code_changed):
            yield outputs
