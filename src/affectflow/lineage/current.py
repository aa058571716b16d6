"""Whether what an artifact tells of still lies here, or is gone or was made anew since."""

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import NamedTuple

from affectflow.artifacts.job import describe_input
from affectflow.artifacts.record import Input
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain


class Change(NamedTuple):
    """A file that is not any more what an artifact was made from."""

    path: str
    what: str

    @property
    def gone(self) -> bool:
        """Whether there is no such file."""
        return self.what == _GONE

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


_GONE = "is gone"


def change_behind(chain: Chain, name: str, folders: Collection[str]) -> Change | None:
    """The first file behind an artifact that is gone or holds other bytes than were read; None where there is none.

    Looked at are the files that the artifact was made from, and all behind them that lie in certain folders. Bytes are
    read anew only of files whose size or time is not that of their records. A file that was made again with the same
    bytes has not changed.

    Args:
        chain: the records.
        name: of the artifact.
        folders: top folders, such as `models`; of what lies elsewhere only what the artifact itself was made from is
            looked at.
    """
    queue, visited = [name], {name}
    while queue:
        current = queue.pop(0)
        try:
            record = chain.record(current)
        except InputError:
            return Change(current, "has a record that is damaged")
        if record is None and current == name:
            return Change(name, "has no record: nothing is known of it")
        for item in record.inputs if record else ():
            inner = PurePosixPath(item.path).parts[0] in folders
            if item.path in visited or not (inner or current == name):
                continue
            if change := _describe_change(chain, item):
                return Change(item.path, change)
            visited.add(item.path)
            queue += [item.path] if inner else []
    return None


def _describe_change(chain: Chain, item: Input) -> str | None:
    path = chain.folder / item.path
    if not path.exists():
        return _GONE
    try:
        return None if describe_input(path).sha256 == item.sha256 else "is another file now"
    except InputError:
        return "is not what its record says"
