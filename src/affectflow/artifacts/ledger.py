"""The ledger: what each file was when the job of this folder that made it ended, one line a file.

Records travel with their artifacts; the ledger stays, beside Snakemake's own notes of which settings and code each
output was last made with. Together they tell whether a file is still the one that those notes are about.
"""

import json
import os
import platform
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from affectflow.advice import affectflow
from affectflow.artifacts.record import Artifact
from affectflow.errors import InputError

FOLDER = Path(".snakemake") / "affectflow"
"""Where a run of the workflow keeps what concerns this machine alone, relative to the project's folder."""


@dataclass(frozen=True)
class Entry:
    """A file as it was last seen to be right."""

    path: str
    sha256: str
    bytes: int
    modified: int
    time: int
    """When the line was written, in nanoseconds."""


def append(folder: Path, artifacts: Iterable[Artifact]) -> None:
    """Add lines, one for each file of a folder; whole, also when several processes of a machine write at once.

    Each machine has a file of its own: not every shared file system appends whole lines from several.
    """
    entries = [entry for artifact in artifacts for entry in _entries(artifact)]
    text = "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"ledger-{platform.node()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _entries(artifact: Artifact) -> Iterator[Entry]:
    now = time.time_ns()
    if artifact.files is None:
        yield Entry(artifact.path, artifact.sha256, artifact.bytes, artifact.modified, now)
        return
    for name, digest in artifact.files.items():
        path = Path(artifact.path) / name
        status = path.stat()
        yield Entry(path.as_posix(), digest, status.st_size, status.st_mtime_ns, now)


def read(folder: Path) -> dict[str, Entry]:
    """The last entry of each file.

    Raises:
        InputError: a line is damaged.
    """
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("ledger-*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise InputError(
                    f"{path}, line {number}: not a line of the ledger ({error}); delete the file and run "
                    f"`{affectflow('adopt')}`, which checks every artifact anew"
                ) from error
            if entry.path not in entries or entries[entry.path].time <= entry.time:
                entries[entry.path] = entry
    return entries
