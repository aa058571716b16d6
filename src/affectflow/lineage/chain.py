"""The records behind a file, read as they are needed."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from affectflow.artifacts.digest import walk_files
from affectflow.artifacts.layout import CHECKPOINTS, LOGS, RESULTS
from affectflow.artifacts.record import SUFFIX, Record, read_record, record_path
from affectflow.core.errors import InputError

# What is never an artifact of the workflow, and can be large.
_ELSEWHERE = {".git", ".dvc", ".venv", ".snakemake", CHECKPOINTS, LOGS, "mlruns", "mlartifacts"}


class Chain:
    """Records of a project's folder by the artifact's path, as records spell it."""

    def __init__(self, folder: Path = Path()) -> None:
        self.folder = folder
        self._records: dict[str, Record | InputError | None] = {}

    def record(self, name: str) -> Record | None:
        """The record of an artifact; none for a source.

        Raises:
            InputError: it is damaged or altered.
        """
        if name not in self._records:
            try:
                self._records[name] = read_record(record_path(self.folder / name))
            except FileNotFoundError:
                self._records[name] = None
            except InputError as error:
                self._records[name] = error
        entry = self._records[name]
        if isinstance(entry, InputError):
            raise entry
        return entry

    def read(self) -> list[Record]:
        """Those that were read so far."""
        return [record for record in self._records.values() if isinstance(record, Record)]

    def behind(self, names: Iterable[str]) -> dict[str, Record | None]:
        """The artifacts `names` and everything that they were made from, each before what was made from it.

        Raises:
            InputError: a record is damaged or altered, or an artifact is said to be made from itself.
        """
        order: dict[str, Record | None] = {}
        trail: dict[
            str, None
        ] = {}  # from the artifact that was asked for to the one that is looked at, each made from the next
        stack = [(name, False) for name in names]
        while stack:
            name, expanded = stack.pop()
            if expanded:
                del trail[name]
                order[name] = self.record(name)
            elif name in trail:
                cycle = [*trail][[*trail].index(name) :]
                raise InputError(
                    f"{name}: is made from itself, as records say: {' from '.join([*cycle, name])}. No run writes "
                    "such records: at least one of them is forged"
                )
            elif name not in order:
                trail[name] = None
                stack.append((name, True))
                record = self.record(name)
                stack.extend((item.path, False) for item in (record.inputs if record else ()) if item.path not in order)
        return order

    def recorded(self) -> list[str]:
        """Every artifact of the folder that has a record, also where a folder is a link."""
        top = (path for path in self.folder.iterdir() if path.is_dir() and path.name not in _ELSEWHERE)
        return sorted(Path(name).relative_to(self.folder).as_posix() for path in top for name in recorded_below(path))


def recorded_below(path: Path) -> list[str]:
    """Every artifact below a folder that has a record, also where a folder is a link."""
    return sorted(file.as_posix().removesuffix(SUFFIX) for file in walk_files(path) if file.name.endswith(SUFFIX))


def input_digests(ancestry: Mapping[str, Record | None]) -> dict[str, str]:
    """SHA-256 of every file that the jobs behind `ancestry` read, by path."""
    return {item.path: item.sha256 for record in ancestry.values() if record for item in record.inputs}


def users(records: dict[str, Record]) -> dict[str, set[str]]:
    """Files below `results/` that each file has a part in, by the file's path."""
    results_by_file: dict[str, set[str]] = {}
    inputs = {name: [item.path for item in record.inputs] for name, record in records.items()}
    for result in (name for name in records if name.startswith(f"{RESULTS}/")):
        stack, visited = [result], {result}
        while stack:
            name = stack.pop()
            results_by_file.setdefault(name, set()).add(result)
            fresh = [path for path in inputs.get(name, ()) if path not in visited]
            visited.update(fresh)
            stack.extend(fresh)
    return results_by_file
