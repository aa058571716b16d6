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
    dotted = ".".join(str(part) for part in _walk(model, location)[0])
    if problem["type"] == "extra_forbidden":
        known = sorted({key for its in _walk(model, location[:-1])[1] for key in its.model_fields})
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return f"{dotted}: no such setting; {hint}"
    if problem["type"] == "missing":
        return f"{dotted}: is missing"
    if problem["type"] == "union_tag_not_found":
        return f"{dotted}.kind: is missing"
    message = problem["msg"].removeprefix("Value error, ")
    found = problem["input"]
    shown = "" if isinstance(found, Mapping) else f" (found {masked(repr(found))})"
    return f"{dotted or 'settings'}: {message}{shown}"


def _walk(model: type[BaseModel], location: list[Any]) -> tuple[list[Any], list[type[BaseModel]]]:
    """A location below `model` as people write it, without the tags by which unions pick a group; the groups there."""
    written, there = [], list(_leaves(model))
    for part in location:
        picked = [leaf for leaf in there if _is_group(leaf) and part in _tags(leaf)]
        if picked and len(there) > 1:
            there = picked
        else:
            written.append(part)
            there = [inner for leaf in there for held in _held(leaf, part) for inner in _leaves(held)]
    return written, [leaf for leaf in there if _is_group(leaf)]


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(group: type[BaseModel]) -> tuple[Any, ...]:
    return typing.get_args(group.model_fields["kind"].annotation) if "kind" in group.model_fields else ()


def _held(leaf: Any, part: Any) -> Iterable[Any]:
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
