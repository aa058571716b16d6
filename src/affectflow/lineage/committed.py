"""Whether a record's commit has the code that the record says ran."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from affectflow.artifacts.record import Code
from affectflow.lineage.code import PACKAGE, lock_files, syntax_digest
from affectflow.lineage.git import files_at

_SHOWN = 3


class Commits:
    """Asks git once for each file of each commit."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._digests: dict[tuple[str, str], str | None] = {}
        self._locks: dict[str, str | None] = {}

    def contradictions(self, code: Code) -> Iterator[str]:
        """What a record says of a commit that the commit does not hold, in words.

        Nothing is said of code that differed from its commit, as the record then has it, nor of a commit that the
        repository here does not know. A commit of a project without the package tells of its scripts alone.
        """
        commit = code.commit
        if commit is None or code.dirty is not False or (lock := self._lock(commit)) is None:
            return
        if lock != code.lock:
            yield f"the lock of commit {commit[:12]} is not the one that it names"
        self._fetch(commit, [name for name in (PACKAGE, *code.modules) if (commit, name) not in self._digests])
        whole = self._digests[commit, PACKAGE] is not None
        comparable = {name: digest for name, digest in code.modules.items() if whole or name.split(".")[0] != PACKAGE}
        different = [name for name, digest in comparable.items() if self._digests[commit, name] != digest]
        if different:
            suffix = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
            yield f"commit {commit[:12]} has other code of {', '.join(different[:_SHOWN])}{suffix}"

    def _fetch(self, commit: str, names: list[str]) -> None:
        places = {name: _places(name) for name in names}
        contents = files_at(self._root, commit, [place for candidates in places.values() for place in candidates]) or {}
        for name, candidates in places.items():
            text = next((contents[place] for place in candidates if place in contents), None)
            self._digests[commit, name] = None if text is None else syntax_digest(text)

    def _lock(self, commit: str) -> str | None:
        """SHA-256 of the lock in a commit; None where git does not know the commit, or it holds no lock."""
        if commit not in self._locks:
            names = [path.relative_to(self._root).as_posix() for path in lock_files(self._root)]
            contents = files_at(self._root, commit, names)
            whole = contents is not None and len(contents) == len(names)
            lock = b"".join(contents[name] for name in names) if contents is not None and whole else None
            self._locks[commit] = None if lock is None else hashlib.sha256(lock).hexdigest()
        return self._locks[commit]


def _places(module: str) -> tuple[str, ...]:
    """Where the file of a module may be; a script is named by its file."""
    if module.split(".")[0] != PACKAGE:
        return (module,)
    path = f"src/{module.replace('.', '/')}"
    return (f"{path}.py", f"{path}/__init__.py")
