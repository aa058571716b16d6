"""Read settings from YAML files, with errors that say what to change."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectflow.config.reading import merge
from affectflow.config.sharing import read_extended
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.project import project_of


def load_run(paths: Path | Sequence[Path], overrides: Mapping[str, Any] | None = None) -> Run:
    """Settings of a run from one or more YAML files, each merged over the one before key by key, then `overrides`.

    A mapping with the key `extends` starts from the file named there (relative to the file that names it), one with
    `like` from the template of that name under the same file's `templates`; it changes only what it gives. Other
    relative paths are of the project of the last file (`project_of`).

    Raises:
        InputError: a file is missing or is not YAML, or a key or value is wrong; names each of them.
    """
    files = [paths] if isinstance(paths, Path) else paths
    values: Any = {}
    for path in files:
        values = merge(values, read_extended(path))
    return validated(Run, merge(values, dict(overrides or {})), ", ".join(map(str, files)), project_of(files[-1]))
