"""Names of files that the workflow can take, checked at its start: Snakemake reads some parts of a path as its own."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from affectflow.artifacts.layout import WRITTEN
from affectflow.config.system.settings import Run
from affectflow.core.errors import InputError
from affectflow.datasets.video.listing import Listing

# A brace opens a wildcard. A word in angle brackets is one of Snakemake's path variables, which is replaced: <logs>.mp4
# would be logs.mp4.
_SNAKEMAKE_S_OWN = re.compile(r"[{}]|<[a-z][a-z0-9_]*>")


def literal(path: object) -> str:
    """A path as Snakemake takes it.

    Raises:
        InputError: Snakemake would take a part of it for a wildcard or a variable of its own.
    """
    if match := _SNAKEMAKE_S_OWN.search(str(path)):
        part = "a word in angle brackets" if match[0].startswith("<") else "a brace"
        raise InputError(f"{path}: the workflow takes no file whose name holds {part}; rename it")
    return str(path)


def check_names(run: Run, listings: Iterable[Listing]) -> None:
    """Check the names of all that the settings and the corpus bring.

    Raises:
        InputError: Snakemake would read one as another, or a corpus lies among what the workflow writes.
    """
    for path in _paths(run):
        literal(path)
    roots = {"corpus.root": run.corpus.root} | {
        f"images.{name}.root": images.root for name, images in run.images.items()
    }
    for setting, root in roots.items():
        if isinstance(root, Path) and (inside := Path(os.path.relpath(root)).parts[:1]) and inside[0] in WRITTEN:
            raise InputError(f"{setting}: {root} lies in {inside[0]}, which the workflow writes; choose another folder")
    for listing in listings:
        files = [listing.test_list, listing.sample, listing.held_out]
        files += [path for paths in listing.labels.values() for path in paths]
        _check_all([*(video.path for video in listing.videos), *files])


def _check_all(files: Iterable[object]) -> None:
    """Check all files, so that one start names each that must be renamed."""
    if odd := [str(file) for file in files if _SNAKEMAKE_S_OWN.search(str(file))]:
        if len(odd) == 1:
            literal(odd[0])
        raise InputError(f"{len(odd)} names hold a brace or a word in angle brackets; rename each: {', '.join(odd)}")


def _paths(value: object) -> Iterator[Path]:
    """All paths in settings."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _paths(getattr(value, name))
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _paths(inner)
