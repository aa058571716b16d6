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
    read_paths, named_paths = {item.path for item in record.inputs}, set(job.inputs)
    lacking = [name for name in job.inputs if name not in read_paths and not _overlaps(name, read_paths)]
    lines = [f"was not made from {name}, which today's job reads" for name in lacking]
    further = sorted(name for name in read_paths - named_paths if not _overlaps(name, named_paths))
    if further:
        explained = {path for dependency in _dependencies(job) for path in dependency.outputs} | set(
            _texts(job.options)
        )
        lines += [
            f"was made from {name}, which today's job does not read"
            for name in further
            if name not in explained and not _overlaps(name, explained)
        ]
    return lines


def _overlaps(name: str, paths: set[str]) -> bool:
    """Whether a path lies in one of `paths`, or one of these in it."""
    inner = any(parent in paths for parent in _parents(name))
    return inner or any(path.startswith(f"{name}/") for path in paths)


def _parents(name: str) -> Iterator[str]:
    while (name := posixpath.dirname(name)) not in ("", "/"):
        yield name


def _dependencies(job: PlannedJob) -> Iterator[PlannedJob]:
    stack, visited = list(job.before), set()
    while stack:
        dependency = stack.pop()
        if id(dependency) not in visited:
            visited.add(id(dependency))
            yield dependency
            stack.extend(dependency.before)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a job's options, of `NAME=PATH` the path."""
    if isinstance(value, str):
        yield from (value, value.partition("=")[2])
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
