"""The record of an artifact: `<artifact>.record.json`, which says what made it, from what, and when.

A record names its inputs by digest and, where those have records, by the seals of these: records form a chain from
a score to the source files. One that is altered breaks its seal; one that is sealed anew, the link of what follows it.
"""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from affectflow.core.errors import InputError

SUFFIX = ".record.json"
FORMAT = 1

SOURCES = frozenset({"demo", "demo_images"})
"""Rules whose artifacts are sources: files that a user may change, which the workflow then notices by itself."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Artifact(_Part):
    """The file or folder that the record stands beside."""

    path: str
    """Relative to the project's folder where it lies below it."""
    sha256: str
    """Of the file; of a folder, of the list of its files."""
    bytes: int
    modified: int
    """Time of its last change in nanoseconds: where size and time agree, its digest need not be computed anew."""
    files: dict[str, str] | None = None
    """Of a folder: SHA-256 of each file in it."""


class Input(_Part):
    """A file or folder that the job read."""

    path: str
    """As an artifact's; of an object in storage, its address `s3://bucket/key`."""
    sha256: str
    record: str | None = None
    """Seal of its record; none for a source."""


class Code(_Part):
    """The code that the job ran."""

    fingerprint: str
    modules: dict[str, str]
    """Digest of the syntax of the script and of each module of this project that it reaches."""
    packages: dict[str, str]
    """Locked version of each package that those reach."""
    installed: dict[str, str] = {}
    """Installed version of each of these that is installed, with its local part (`2.13.0+cpu`). Records that were
    written before there was one have no such key."""
    lock: str
    """SHA-256 of the lock."""
    commit: str | None = None
    """Of git; none outside a repository."""
    dirty: bool | None = None
    """Whether files that git knows differed from the commit."""

    @model_serializer(mode="wrap")
    def _drop_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return {name: value for name, value in values.items() if value or name != "installed"}


class Machine(_Part):
    """Where the job ran."""

    host: str
    device: str
    threads: int
    python: str
    platform: str


class Tracked(_Part):
    """The MLflow run of a training."""

    run: str
    uri: str


class Record(_Part):
    """The lineage of one artifact."""

    format: int = FORMAT
    artifact: Artifact
    rule: str
    options: dict[str, Any]
    """The script's options but those that name files: settings groups as mappings."""
    seeds: dict[str, int]
    inputs: tuple[Input, ...]
    code: Code
    machine: Machine
    mlflow: Tracked | None = None
    measured: dict[str, float] = {}
    """What the job measured of itself while it made the artifact, by name: it differs between equal runs. A record of a
    job that measured nothing has no such key, as those that were written before there was one."""
    notes: tuple[str, ...] = ()
    """What a reader of the artifact is to know of what it was made from, in sentences; a record without any has no such
    key."""
    start: str
    """UTC, ISO 8601."""
    end: str

    @model_serializer(mode="wrap")
    def _drop_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return {name: value for name, value in values.items() if value or name not in ("measured", "notes")}

    @cached_property
    def seal(self) -> str:
        """SHA-256 of the record's text without the seal itself."""
        return hashlib.sha256(_text(self.model_dump(mode="json")).encode()).hexdigest()


def record_path(artifact: Path) -> Path:
    """Where the record of an artifact lies."""
    return artifact.with_name(artifact.name + SUFFIX)


def artifact_path(record: Path) -> Path:
    """The artifact that a record stands beside."""
    return record.with_name(record.name.removesuffix(SUFFIX))


def record_text(record: Record) -> str:
    """A record with its seal, as it is stored."""
    return _text({**record.model_dump(mode="json"), "seal": record.seal})


def read_record(path: Path) -> Record:
    """Read a record (`path` is the record's own).

    Raises:
        FileNotFoundError: there is none.
        InputError: it is damaged, or its text is not exactly what was sealed.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        values = json.loads(text)
        seal = values.pop("seal")
        record = Record.model_validate(values)
        whole = _text({**values, "seal": seal})
    except (ValueError, KeyError, AttributeError, TypeError, ValidationError) as error:
        raise InputError(f"{path}: not a readable record ({str(error).splitlines()[0]})") from error
    if hashlib.sha256(_text(values).encode()).hexdigest() != seal or text != whole:
        raise InputError(f"{path}: altered after it was written: its seal does not fit its text")
    return record


def _text(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
