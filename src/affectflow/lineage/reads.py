"""Whether a job has read what today's job of its place reads."""

import posixpath
from collections.abc import Iterator
from typing import Any

from affectflow.artifacts.record import Record
from affectflow.lineage.plan import PlannedJob


def input_differences(record: Record, job: PlannedJob) -> list[str]:
    """What the job that made an artifact read and today's would not, and the other way round, in words.

    A script may read more than the workflow names: files in a folder that is an input or an option, what an option
    names, and what lies behind an input.
    """
    read, named = {item.path for item in record.inputs}, set(job.inputs)
    lacking = [name for name in job.inputs if name not in read and not _around(name, read)]
    lines = [f"was not made from {name}, which today's job reads" for name in lacking]
    further = sorted(name for name in read - named if not _around(name, named))
    if further:
        known = {path for other in _behind(job) for path in other.outputs} | set(_texts(job.options))
        lines += [
            f"was made from {name}, which today's job does not read"
            for name in further
            if name not in known and not _around(name, known)
        ]
    return lines


def _around(name: str, others: set[str]) -> bool:
    """Whether a path lies in one of others, or one of these in it."""
    inner = any(above in others for above in _above(name))
    return inner or any(other.startswith(f"{name}/") for other in others)


def _above(name: str) -> Iterator[str]:
    while (name := posixpath.dirname(name)) not in ("", "/"):
        yield name


def _behind(job: PlannedJob) -> Iterator[PlannedJob]:
    stack, seen = list(job.before), set()
    while stack:
        other = stack.pop()
        if id(other) not in seen:
            seen.add(id(other))
            yield other
            stack.extend(other.before)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a job's options, of `NAME=PATH` the path."""
    if isinstance(value, str):
        yield from (value, value.partition("=")[2])
    elif isinstance(value, dict):
        for its in value.values():
            yield from _texts(its)
    elif isinstance(value, list):
        for its in value:
            yield from _texts(its)
