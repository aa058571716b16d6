"""Check values against settings models, with errors that say what to change."""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from affectflow.config.base import Settings
from affectflow.errors import InputError

Group = TypeVar("Group", bound=Settings)


def validated(model: type[Group], values: Any, source: str) -> Group:
    """`values` as `model`; `source` names where they stand, for the error."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(model, problem)}" for problem in error.errors())
        raise InputError(f"{source}: {error.error_count()} setting(s) to change:\n{lines}") from error


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
