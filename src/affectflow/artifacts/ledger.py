"""What each file of this folder was when its job ended, and what that job had read: lines that only jobs of this folder
write.

Snakemake's own notes say with which settings and code an output was made last. The ledger belongs to the same folder as
those notes; together they tell whether a file is still the one that those notes are about, and whether what it was made
from is still the same.
"""

import hashlib
import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectflow.artifacts.lines import append_lines, read_lines
from affectflow.artifacts.record import Artifact, Record

FOLDER = Path(".snakemake") / "affectflow"
"""Where a run of the workflow keeps what concerns this machine alone, relative to the project's folder."""

KIND = "ledger"
"""Of its files of lines."""


@dataclass(frozen=True)
class Inputs:
    """What a job had read."""

    made: Mapping[str, str]
    """Files that jobs made: the seal of the record of each, by path."""
    sources: Mapping[str, str]
    """Files that no job made, or that a user may change: SHA-256 of each, by path."""


@dataclass(frozen=True)
class Entry:
    """A file as it was last seen to be right."""

    path: str
    sha256: str
    bytes: int
    modified: int
    time: int = field(default_factory=time.time_ns)
    """When the line was written, in nanoseconds."""
    seal: str | None = None
    """Of the record of the artifact that it is or lies in."""
    inputs: Inputs | None = None
    """None where they are not known."""


def entries_of(artifact: Artifact, seal: str | None = None, inputs: Inputs | None = None) -> Iterator[Entry]:
    """An entry for a file; of a folder, one for each file in it."""
    if artifact.files is None:
        yield Entry(artifact.path, artifact.sha256, artifact.bytes, artifact.modified, seal=seal, inputs=inputs)
        return
    for name, digest in artifact.files.items():
        path = Path(artifact.path) / name
        status = path.stat()
        yield Entry(path.as_posix(), digest, status.st_size, status.st_mtime_ns, seal=seal, inputs=inputs)


def inputs_of(record: Record, editable: Collection[str]) -> Inputs:
    """What the job of a record had read.

    Args:
        record: of an artifact.
        editable: inputs that are sources although they have a record.
    """
    seals = {item.path: item.record for item in record.inputs if item.record is not None and item.path not in editable}
    return Inputs(seals, {item.path: item.sha256 for item in record.inputs if item.path not in seals})


def append(folder: Path, entries: Iterable[Entry]) -> None:
    """Add lines, all by one write; what several files were made from stands in a line of its own.

    Raises:
        InputError: the disk is full.
    """
    lines: dict[str, dict[str, Any]] = {}
    for entry in entries:
        values: dict[str, Any] = {
            "path": entry.path,
            "sha256": entry.sha256,
            "bytes": entry.bytes,
            "modified": entry.modified,
            "time": entry.time,
        }
        if entry.inputs is not None:
            inputs: dict[str, Any] = {"made": dict(entry.inputs.made), "sources": dict(entry.inputs.sources)}
            name = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]
            lines.setdefault(name, {"read": name, **inputs})
            values |= {"seal": entry.seal, "read": name}
        lines[f"/{entry.path}"] = values
    append_lines(folder, KIND, lines.values())


def read(folder: Path) -> dict[str, Entry]:
    """The last entry of each file. A line that is torn is passed over, and said, and those that name it with it."""
    inputs: dict[str, Inputs] = {}
    latest: dict[str, dict[str, Any]] = {}
    for line in read_lines(folder, KIND):
        if "path" not in line:
            inputs[line["read"]] = Inputs(line["made"], line["sources"])
        elif line["path"] not in latest or latest[line["path"]]["time"] <= line["time"]:
            latest[line["path"]] = line
    return {path: _entry(line, inputs) for path, line in latest.items() if "read" not in line or line["read"] in inputs}


def _entry(line: dict[str, Any], inputs: Mapping[str, Inputs]) -> Entry:
    seal, job_inputs = line.get("seal"), inputs.get(line.get("read", ""))
    return Entry(line["path"], line["sha256"], line["bytes"], line["modified"], line["time"], seal, job_inputs)
