"""Settings that are paths: relative ones are of the project's folder, wherever a command or a program is started."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ValidationInfo

Place = TypeVar("Place", Path, str, Path | str)

SQLITE = "sqlite:///"
"""Before the path of a tracking store that is a file."""


def _resolve(value: Place, info: ValidationInfo) -> Place:
    """A path as it is reached from the working folder; an address as it is."""
    project: Path = info.context or Path()
    if project == Path() or "://" in str(value):
        return value
    return type(value)(project / value)


def _resolve_store(value: str, info: ValidationInfo) -> str:
    """An address of a tracking store; of a SQLite file, with its path as it is reached from the working folder."""
    if not value.startswith(SQLITE):
        return value
    return f"{SQLITE}{_resolve(Path(value.removeprefix(SQLITE)), info)}"


def _resolve_file(value: str, info: ValidationInfo) -> str:
    """A path as it is reached from the working folder; a word stays a word."""
    return _resolve(value, info) if "/" in value else value


InProject = AfterValidator(_resolve)
"""Marks a setting whose relative paths are of the project's folder."""
ProjectPath = Annotated[Path, InProject]
WordOrFile = Annotated[str, AfterValidator(_resolve_file)]
"""A word, or the path of a file, which has a slash."""
StoreAddress = Annotated[str, AfterValidator(_resolve_store)]
