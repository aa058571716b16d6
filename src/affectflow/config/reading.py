"""Read YAML as DVC does, so that a setting means the same to both.

Both read YAML 1.2 with ruamel.yaml: 010 is 10, 1:30 and off are text. PyYAML, with which Snakemake reads, takes these
for 8, 90 and false as YAML 1.1 does; what it reads of settings is not used.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError

from affectflow.core.errors import InputError


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping; a key given twice is an error."""
    try:
        values = parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such settings file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if values is None:
        raise InputError(f"{path}: is empty, expected keys with values")
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds {type(values).__name__}, expected keys with values")
    return values


def read_overrides(words: Sequence[str]) -> dict[str, Any]:
    """Settings that were given as NAME=VALUE, each value in YAML; what is given twice is merged, the later counts."""
    values: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        values = merge(values, {name: parse(value, f"--config {name}")})
    return values


def parse(text: str, source: str) -> Any:
    """What a text in YAML says; `source` names where it stands, for the error."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        location = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{source}{location}: not valid YAML: {message}") from error
    except (YAMLError, ValueError) as error:
        raise InputError(f"{source}: not valid YAML: {error}") from error


class _Constructor(SafeConstructor):
    """Names a key that is given twice in plain words."""

    def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:
        if key in mapping:
            raise DuplicateKeyError(None, None, f"key {key!r} is given twice", key_node.start_mark)
        return True


def merge(base: Any, over: Any) -> Any:
    """`over` laid on `base`: mappings key by key, everything else replaced."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merge(base.get(key), value) for key, value in over.items()}}
    return over
