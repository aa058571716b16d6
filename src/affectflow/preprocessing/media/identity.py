"""Which program it is: the SHA-256 of its file, noted for as long as the file is the same one."""

import json
import platform
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.digest import read_digest
from affectflow.artifacts.sources import identity
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary


def program_digest(binary: Path, notes: Path | None = None) -> str:
    """SHA-256 of a program's file. Libraries that it loads are not in it.

    Args:
        binary: the program; a link is followed.
        notes: folder in which digests are noted by size, times and inode, so that not every start reads 80 MB; none to
            read the file.
    """
    if digest := _read_note(binary, notes).get("sha256"):
        return str(digest)
    digest = read_digest(binary)
    _write_note(binary, notes, sha256=digest)
    return digest


def planned_identity(choice: str, notes: Path) -> str:
    """Version and digest of the ffmpeg that a setting names; it is tried where no trial of the same file is noted.

    Args:
        choice: "packaged", "path" or a file (`decode.ffmpeg`).
        notes: folder in which it is noted. Each job that decodes tries it again.

    Raises:
        InputError: there is none, or it cannot do what is needed.
    """
    binary = Path(ffmpeg_binary(choice))
    if noted_identity := _read_note(binary, notes).get("tried"):
        return str(noted_identity)
    from affectflow.preprocessing.media.trial import usable  # it loads what decodes, which no other start needs

    program_identity = usable(choice, notes).identity
    _write_note(binary, notes, tried=program_identity)
    return program_identity


def _read_note(binary: Path, notes: Path | None) -> dict[str, str]:
    entry = _read(notes).get(str(binary.resolve())) if notes else None
    return entry if isinstance(entry, dict) and entry.get("is") == identity(binary) else {}


def _write_note(binary: Path, notes: Path | None, **values: str) -> None:
    if notes:
        entry = {**_read_note(binary, notes), "is": identity(binary), **values}
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
