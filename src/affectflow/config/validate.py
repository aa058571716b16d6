"""Check values against settings models, with errors that say what to change."""

import difflib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union

from pydantic import BaseModel, ValidationError

from affectflow.config.base import Settings
from affectflow.config.secrets import masked
from affectflow.core.errors import InputError

Group = TypeVar("Group", bound=Settings)


def validated(model: type[Group], values: Any, source: str, project: Path = Path()) -> Group:
    """`values` as `model`; `source` names where they stand, for the error, `project` the folder that relative paths
    are of."""
    try:
        return model.model_validate(values, context=project)
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(model, problem)}" for problem in error.errors())
        raise InputError(f"{source}: {error.error_count()} setting(s) to change:\n{lines}") from error


def _explain(model: type[BaseModel], problem: Any) -> str:
    location = list(problem["loc"])
    setting = ".".join(str(part) for part in _walk(model, location)[0])
    if problem["type"] == "extra_forbidden":
        known_keys = sorted({key for group in _walk(model, location[:-1])[1] for key in group.model_fields})
        matches = difflib.get_close_matches(str(location[-1]), known_keys, n=1)
        hint = f"did you mean {matches[0]}?" if matches else f"known are {', '.join(known_keys)}"
        return f"{setting}: no such setting; {hint}"
    if problem["type"] == "missing":
        return f"{setting}: is missing"
    if problem["type"] == "union_tag_not_found":
        return f"{setting}.kind: is missing"
    message = problem["msg"].removeprefix("Value error, ")
    value = problem["input"]
    suffix = "" if isinstance(value, Mapping) else f" (found {masked(repr(value))})"
    return f"{setting or 'settings'}: {message}{suffix}"


def _walk(model: type[BaseModel], location: list[Any]) -> tuple[list[Any], list[type[BaseModel]]]:
    """A location below `model` as people write it, without the tags by which unions pick a group; the groups there."""
    path, annotations = [], list(_leaves(model))
    for part in location:
        tagged = [leaf for leaf in annotations if _is_group(leaf) and part in _tags(leaf)]
        if tagged and len(annotations) > 1:
            annotations = tagged
        else:
            path.append(part)
            annotations = [
                inner for leaf in annotations for part_type in _types_of(leaf, part) for inner in _leaves(part_type)
            ]
    return path, [leaf for leaf in annotations if _is_group(leaf)]


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(group: type[BaseModel]) -> tuple[Any, ...]:
    return typing.get_args(group.model_fields["kind"].annotation) if "kind" in group.model_fields else ()


def _types_of(leaf: Any, part: Any) -> Iterable[Any]:
    """What a group's field, or a value of a mapping or list, may be."""
    if not _is_group(leaf):
        return typing.get_args(leaf)
    return [leaf.model_fields[part].annotation] if part in leaf.model_fields else []


def _leaves(annotation: Any) -> Iterator[Any]:
    """The types that a value may be of: unions are resolved, mappings and lists are not."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(typing.get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in typing.get_args(annotation):
            yield from _leaves(option)
    else:
        yield annotation
