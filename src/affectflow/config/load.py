"""Read settings from YAML files, with errors that say what to change."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from affectflow.config.settings import Run
from affectflow.config.validate import validated
from affectflow.errors import InputError
from affectflow.project import project_of


def load_run(paths: Path | Sequence[Path], overrides: Mapping[str, Any] | None = None) -> Run:
    """Settings of a run from one or more YAML files, each merged over the one before key by key, then `overrides`.

    A mapping with the key `extends` starts from the file named there (relative to the file that names it)
    and changes only what it gives. Other relative paths are of the project of the last file (`project_of`).

    Raises:
        InputError: a file is missing or is not YAML, or a key or value is wrong; names each of them.
    """
    files = [paths] if isinstance(paths, Path) else paths
    values: Any = {}
    for path in files:
        values = merge(values, read_extended(path))
    return validated(Run, merge(values, overrides or {}), ", ".join(map(str, files)), project_of(files[-1]))


def read_extended(path: Path) -> dict[str, Any]:
    """A YAML file as `read_yaml`, laid over the files that it extends."""
    values: dict[str, Any] = _extended(read_yaml(path), path.parent)
    return values


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping; a key given twice is an error."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such settings file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds {type(values).__name__}, expected keys with values")
    return values


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that does not let a later key silently win over an earlier one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if not key.tag.endswith(":merge")]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is given twice", node.value[position][0].start_mark
                )
        return super().construct_mapping(node, deep)


# YAML 1.1 reads 1e-3 as text; settings mean the number.
_UniqueKeys.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def merge(base: Any, over: Any) -> Any:
    """`over` laid on `base`: mappings key by key, everything else replaced."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merge(base.get(key), value) for key, value in over.items()}}
    return over


def _extended(values: Any, folder: Path) -> Any:
    if not isinstance(values, dict):
        return values
    own = {key: _extended(value, folder) for key, value in values.items() if key != "extends"}
    if "extends" not in values:
        return own
    return merge(read_extended(folder / str(values["extends"])), own)
