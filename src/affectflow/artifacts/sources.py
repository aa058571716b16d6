"""What source files hold: read once, and again only when anything that the file system tells of them has changed.

A file put in another's place can have its size and an older date (unzip, rsync, cp -p, tar; DVC's hard links keep
dates). Its inode, or the time at which the file system last touched it, is then another one.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from affectflow.artifacts.digest import files_of, path_digest
from affectflow.artifacts.lines import append_lines, read_lines

_KIND = "sources"


def identity(path: Path) -> str:
    """Size, times of change and inode of a file; of a folder, one digest over those of all files in it.

    Raises:
        FileNotFoundError: there is none.
    """
    return _identity(path, os.stat(path))  # noqa: PTH116


def _identity(path: Path | str, status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        path = Path(path)
        parts = sorted(f"{file.relative_to(path).as_posix()} {_stamp(file.stat())}" for file in files_of(path))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return _stamp(status)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def note(folder: Path, entries: Mapping[str, tuple[str, str]]) -> None:
    """Note the identity and SHA-256 of sources, by path."""
    append_lines(folder, _KIND, ({"path": path, "is": mark, "sha256": sha} for path, (mark, sha) in entries.items()))


class Sources:
    """Digests of source files of a project's folder.

    Args:
        folder: the project's.
        notes: where they are noted.
    """

    def __init__(self, folder: Path, notes: Path) -> None:
        self._folder, self._notes = folder, notes
        self._entries = {line["path"]: (line["is"], line["sha256"]) for line in read_lines(notes, _KIND)}
        self._new_entries: dict[str, tuple[str, str]] = {}

    def digest(self, path: str) -> str | None:
        """SHA-256 of a source as it is now; None where there is none."""
        full = os.path.join(self._folder, path)  # noqa: PTH118  text, not Path: there are thousands at every start
        try:
            current = _identity(full, os.stat(full))  # noqa: PTH116
        except FileNotFoundError:
            return None
        entry = self._entries.get(path)
        if entry is None or entry[0] != current:
            entry = self._entries[path] = self._new_entries[path] = current, path_digest(Path(full))
        return entry[1]

    def save(self) -> None:
        """Note what had to be read anew."""
        note(self._notes, self._new_entries)
        self._new_entries = {}
