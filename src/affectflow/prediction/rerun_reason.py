"""Why a job must run again: whether its results are still the ones that it would make."""

from collections.abc import Iterable
from pathlib import Path

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.job import Job
from affectflow.artifacts.record import read_record, record_path
from affectflow.core.errors import InputError
from affectflow.lineage.differences import code_differences, option_differences


def find_rerun_reason(job: Job, outputs: Iterable[Path]) -> str | None:
    """The first reason to run the job, in words; None where all outputs are whole and were made by one like it.

    Args:
        job: what would run; it has noted what it reads.
        outputs: what it would write.
    """
    return next((reason for path in outputs if (reason := _compare(job, path))), None)


def _compare(job: Job, path: Path) -> str | None:
    if not path.is_file():
        return f"{path.name} is missing"
    try:
        record = read_record(record_path(path))
    except FileNotFoundError:
        return f"{path.name} has no record"
    except InputError as error:
        return str(error)
    status, artifact = path.stat(), record.artifact
    if (status.st_size, status.st_mtime_ns) != (artifact.bytes, artifact.modified) and file_digest(
        path
    ) != artifact.sha256:
        return f"{path.name} was changed after it was made"
    differences = option_differences(record.options, job.options) + code_differences(record.code, job.code)
    before, now = ({item.path: item.sha256 for item in inputs} for inputs in (record.inputs, job.inputs))
    differences += [f"{name} changed" for name in sorted(before | now) if before.get(name) != now.get(name)]
    return differences[0] if differences else None
