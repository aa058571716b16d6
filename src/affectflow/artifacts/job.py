"""The job that this process is: what it reads is noted once, what it writes gets a record."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from affectflow.artifacts import ledger, sources
from affectflow.artifacts.digest import digest_of, file_digest, folder_digests, path_digest
from affectflow.artifacts.layout import is_made
from affectflow.artifacts.record import (
    SOURCES,
    Artifact,
    Code,
    Input,
    Machine,
    Record,
    Tracked,
    read_record,
    record_path,
)
from affectflow.core.errors import InputError


@dataclass
class Job:
    """One run of a rule's script."""

    rule: str
    options: Mapping[str, Any]
    code: Code
    machine: Machine
    seeds: Mapping[str, int] = field(default_factory=dict)
    ledger: Path | None = None
    """Folder of the ledger; none for a job that is not the workflow's."""
    mlflow: Tracked | None = None
    measured: dict[str, float] = field(default_factory=dict)
    """What it has measured of itself so far, by name."""
    notes: tuple[str, ...] = ()
    """What is to be known of what it read."""
    start: str = field(default_factory=lambda: _now())
    end: str | None = None
    """When what it writes was made; None for now."""
    _inputs: dict[str, Input] = field(default_factory=dict)
    _editable: set[str] = field(default_factory=set)
    _sources: dict[str, tuple[str, str]] = field(default_factory=dict)
    _stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def reads(self, paths: Iterable[Path]) -> None:
        """Note files or folders that the job is about to read.

        Raises:
            InputError: one is missing, or is not what its record says.
        """
        for path in paths:
            name = relative(path)
            if name in self._inputs:
                continue
            self._stamps[path] = _stamp(path)
            identity = sources.identity(path)
            entry, editable = _describe_path(path)
            if self.ledger is not None and entry.record is None and is_made(name):
                raise InputError(f"{path}: its record is gone; delete it, too, to have both made again")
            self._inputs[name] = entry
            if editable:
                self._editable.add(name)
                self._sources[name] = identity, entry.sha256

    def note_fetched(self, address: str, sha256: str) -> None:
        """Note that the job got these bytes of a file that lies on no disk of this machine."""
        self._inputs[address] = Input(path=address, sha256=sha256)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What was noted to be read, by path."""
        return tuple(self._inputs[name] for name in sorted(self._inputs))

    def record(self, written: Path, final: Path) -> Record:
        """The record of an artifact that lies complete at `written` and will be `final`.

        Raises:
            InputError: a file that the job has read was changed meanwhile.
        """
        for path, stamp in self._stamps.items():
            if _stamp(path) != stamp:
                raise InputError(f"{path}: was changed while {self.rule} read it; run again")
        return Record(
            artifact=describe_artifact(written, final),
            rule=self.rule,
            options=dict(self.options),
            seeds=dict(self.seeds),
            inputs=self.inputs,
            code=self.code,
            machine=self.machine,
            mlflow=self.mlflow,
            measured=dict(self.measured),
            notes=self.notes,
            start=self.start,
            end=self.end or _now(),
        )

    def in_the_name_of(self, record: Record) -> "Job":
        """This job, writing again what an earlier one had made from the same: the seals of what it has read itself are
        today's."""
        unread = (item.path for item in record.inputs if item.path not in self._inputs)
        return replace(
            self,
            options=record.options,
            code=record.code,
            machine=record.machine,
            mlflow=record.mlflow,
            measured=dict(record.measured),
            notes=record.notes,
            start=record.start,
            end=record.end,
            _inputs={item.path: self._inputs.get(item.path, item) for item in record.inputs},
            _editable=self._editable | {path for path in unread if _is_source(Path(path))},
        )

    def enter(self, record: Record) -> None:
        """Add what a record stands beside to the ledger, where the job has one, with what it was made from; a corpus
        that a job made is a source all the same."""
        if self.ledger is not None and self.rule not in SOURCES:
            inputs = ledger.inputs_of(record, self._editable)
            ledger.append(self.ledger, ledger.entries_of(record.artifact, record.seal, inputs))
            sources.note(self.ledger, self._sources)
            self._sources.clear()  # also for those that write in the name of earlier jobs, and share it


_current: list[Job] = []


def current() -> Job | None:
    """The job that this process is, if it is one."""
    return _current[-1] if _current else None


def note(device: str | None = None, **measured: float) -> None:
    """Let the records of what this process is about to write say what it ran on and what it measured; outside of a job
    nothing happens.

    Args:
        device: as `affectflow.compute.devices.describe_device` says it; as noted before where it is not given.
        measured: numbers by name, which differ between equal runs.
    """
    if (job := current()) is not None:
        job.machine = job.machine if device is None else job.machine.model_copy(update={"device": device})
        job.measured |= measured


@contextmanager
def running(job: Job) -> Iterator[Job]:
    """Let `job` be the current job for the length of a `with` block."""
    _current.append(job)
    try:
        yield job
    finally:
        _current.pop()


def relative(path: Path) -> str:
    """A path as records spell it: relative to the working folder where it lies below it, else absolute."""
    working_folder = Path.cwd()
    full = Path(os.path.normpath(working_folder / path))  # links are not followed: the name is what was given
    return full.relative_to(working_folder).as_posix() if full.is_relative_to(working_folder) else full.as_posix()


def describe_artifact(written: Path, final: Path) -> Artifact:
    """Digest, size and time of a file or folder."""
    status = written.stat()
    if not written.is_dir():
        return Artifact(
            path=relative(final), sha256=file_digest(written), bytes=status.st_size, modified=status.st_mtime_ns
        )
    files = folder_digests(written)
    return Artifact(
        path=relative(final),
        sha256=digest_of(files),
        bytes=sum((written / name).stat().st_size for name in files),
        modified=status.st_mtime_ns,
        files=files,
    )


def describe_input(path: Path) -> Input:
    """An input by its record, where it has one and size and time still agree; read anew otherwise.

    Raises:
        InputError: the path is missing, or is not what its record says.
    """
    return _describe_path(path)[0]


def _describe_path(path: Path) -> tuple[Input, bool]:
    """The same, and whether it is a source, which a user may change."""
    name = relative(path)
    try:
        record = read_record(record_path(path))
    except FileNotFoundError:
        return Input(path=name, sha256=path_digest(path)), True
    artifact, stamp, editable = record.artifact, _stamp(path), record.rule in SOURCES
    if stamp == (artifact.bytes, artifact.modified) and artifact.files is None:
        return Input(path=name, sha256=artifact.sha256, record=record.seal), editable
    digest = path_digest(path)
    if digest == artifact.sha256:
        return Input(path=name, sha256=digest, record=record.seal), editable
    if editable:
        return Input(path=name, sha256=digest), True
    raise InputError(
        f"{path}: is not the file that {record.rule} made (SHA-256 {digest[:16]}…, its record says "
        f"{artifact.sha256[:16]}…); delete it, to have it made again, or restore it with its record"
    )


def _is_source(path: Path) -> bool:
    """Whether a user may change a file: no job made it, or one that makes a corpus."""
    try:
        return read_record(record_path(path)).rule in SOURCES
    except FileNotFoundError:
        return True


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
    return status.st_size, status.st_mtime_ns


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
