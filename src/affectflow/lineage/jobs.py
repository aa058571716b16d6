"""The jobs that made some artifacts: a record stands for one artifact, a job may have made several."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from affectflow.artifacts.record import Input, Record


@dataclass(frozen=True)
class DoneJob:
    """One run of a rule's script."""

    records: tuple[Record, ...]
    """Of what it made, in the order of their paths."""

    @property
    def first(self) -> Record:
        """What is the same in all its records is read from this one."""
        return self.records[0]

    @property
    def rule(self) -> str:
        return self.first.rule

    @cached_property
    def name(self) -> str:
        """A name that no other job has, and that stays the same: from the records' seals."""
        seals = "".join(record.seal for record in self.records)
        return f"{self.rule}-{hashlib.sha256(seals.encode()).hexdigest()[:12]}"

    @property
    def script(self) -> str | None:
        """The script that ran, relative to the repository."""
        return next((module for module in self.first.code.modules if module.endswith(".py")), None)

    @cached_property
    def inputs(self) -> list[Input]:
        """What it read, in the order of the paths."""
        inputs = {item.path: item for record in self.records for item in record.inputs}
        return [inputs[path] for path in sorted(inputs)]

    @property
    def start(self) -> str:
        return self.first.start

    @property
    def end(self) -> str:
        return max(record.end for record in self.records)


def jobs_of(records: Iterable[Record]) -> list[DoneJob]:
    """The jobs behind the records, in the order of their ends."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        options = json.dumps(record.options, sort_keys=True)
        groups.setdefault((record.rule, record.start, record.machine.host, options), []).append(record)
    jobs = [DoneJob(tuple(sorted(group, key=lambda record: record.artifact.path))) for group in groups.values()]
    return sorted(jobs, key=lambda job: (job.end, job.name))
