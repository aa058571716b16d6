"""Which program it is: the SHA-256 of its file, noted for as long as the file is the same one."""

import json
import platform
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.digest import read_digest
from affectflow.artifacts.sources import identity


def program_digest(binary: Path, notes: Path | None = None) -> str:
    """SHA-256 of a program's file. Libraries that it loads are not in it.

    Args:
        binary: the program; a link is followed.
        notes: folder in which digests are noted by size, times and inode, so that not every start reads 80 MB; none to
            read the file.
    """
    if digest := read_note(binary, notes).get("sha256"):
        return str(digest)
    digest = read_digest(binary)
    write_note(binary, notes, sha256=digest)
    return digest


def read_note(binary: Path, notes: Path | None) -> dict[str, str]:
    """What is noted of a program; empty where nothing is, or its file is another one by now."""
    entry = _read(notes).get(str(binary.resolve())) if notes else None
    return entry if isinstance(entry, dict) and entry.get("is") == identity(binary) else {}


def write_note(binary: Path, notes: Path | None, **values: str) -> None:
    """Note something of a program, beside what is noted of the same file."""
    if notes:
        entry = {**read_note(binary, notes), "is": identity(binary), **values}
        write_text(_notes_file(notes), json.dumps({**_read(notes), str(binary.resolve()): entry}), recorded=False)


def _read(notes: Path) -> dict[str, Any]:
    try:
        values = json.loads(_notes_file(notes).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _notes_file(notes: Path) -> Path:
    # Each machine has notes of its own: an inode means nothing on another one.
    return notes / f"programs-{platform.node()}.json"
