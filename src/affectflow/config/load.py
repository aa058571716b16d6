"""Read settings from YAML files, with errors that say what to change."""

import difflib
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from affectflow.config.base import Settings
from affectflow.config.settings import Run
from affectflow.errors import InputError

Group = TypeVar("Group", bound=Settings)


def load_run(paths: Path | Sequence[Path], overrides: Mapping[str, Any] | None = None) -> Run:
    """Settings of a run from one or more YAML files, each merged over the one before key by key, then `overrides`.

    A mapping with the key `extends` starts from the file named there (relative to the file that names it)
    and changes only what it gives.

    Raises:
        InputError: a file is missing or is not YAML, or a key or value is wrong; names each of them.
    """
    files = [paths] if isinstance(paths, Path) else paths
    values: Any = {}
    for path in files:
        values = merge(values, _extended(read_yaml(path), path.parent))
    return validated(Run, merge(values, overrides or {}), ", ".join(map(str, files)))


def validated(model: type[Group], values: Any, source: str) -> Group:
    """`values` as `model`; `source` names where they stand, for the error."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(model, problem)}" for problem in error.errors())
        raise InputError(f"{source}: {error.error_count()} setting(s) to change:\n{lines}") from error


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
    parent = folder / str(values["extends"])
    return merge(_extended(read_yaml(parent), parent.parent), own)


def _explain(model: type[BaseModel], problem: Any) -> str:
    location = list(problem["loc"])
    shown_location = location[:1] + location[2:] if location[:1] == ["corpus"] else location  # without the kind
    dotted = ".".join(str(part) for part in shown_location)
    if problem["type"] == "extra_forbidden":
        known = sorted(_known_keys(model, location[:-1]))
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return f"{dotted}: no such setting; {hint}"
    if problem["type"] == "missing":
        return f"{dotted}: is missing"
    message = problem["msg"].removeprefix("Value error, ")
    found = problem["input"]
    shown = "" if isinstance(found, Mapping) else f" (found {found!r})"
    return f"{dotted or 'settings'}: {message}{shown}"


def _known_keys(model: type[BaseModel], location: list[Any]) -> set[str]:
    """Keys of the settings group at `location`, below `model`."""
    groups: list[Any] = [model]
    for part in location:
        groups = [inner for group in groups for inner in _inside(group, part)]
    return {key for group in groups for key in group.model_fields}


def _inside(group: type[BaseModel], part: Any) -> Iterator[type[BaseModel]]:
    if part in group.model_fields:
        yield from _models(group.model_fields[part].annotation)
    elif "kind" in group.model_fields:  # the tag of a union picks its group
        if part in typing.get_args(group.model_fields["kind"].annotation):
            yield group
    else:  # a key of a mapping: the group stays the same
        yield group


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from _models(argument)
