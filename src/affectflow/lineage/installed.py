"""Which versions of packages are installed: read from the names of folders, as every start and every job asks."""

import os
import re
import sys
from collections.abc import Mapping
from functools import cache

_SUFFIX = ".dist-info"


def installed_versions() -> dict[str, str]:
    """Version of every distribution that this process would import, with its local part (`2.13.0+cpu`), by name.

    An installer names the folder of a distribution's metadata after both. Listing these takes a millisecond or two,
    where `importlib.metadata` opens a file for each of 300 packages.
    """
    versions: dict[str, str] = {}
    for place in sys.path:
        try:
            modified = os.stat(place or ".").st_mtime_ns  # noqa: PTH116
        except OSError:
            continue
        for name, version in _list_versions(place or ".", modified).items():
            versions.setdefault(name, version)  # as an import, which takes the first
    return versions


@cache
def _list_versions(place: str, modified: int) -> dict[str, str]:
    """Of one folder, as it was when it was changed last: installing and removing change its time."""
    if not os.path.isdir(place):  # noqa: PTH112  an archive of the standard library
        return {}
    stems = (name.removesuffix(_SUFFIX) for name in os.listdir(place) if name.endswith(_SUFFIX))  # noqa: PTH208
    return {normal(name): version for name, _, version in (stem.rpartition("-") for stem in stems)}


def installed_of(packages: Mapping[str, str]) -> dict[str, str]:
    """Installed versions of those packages that are installed."""
    versions = installed_versions()
    return {name: versions[name] for name in packages if name in versions}


def not_locked(packages: Mapping[str, str], installed: Mapping[str, str]) -> dict[str, str]:
    """Installed versions, without local parts, of packages whose lock has another one.

    Args:
        packages: locked versions; two, with a blank between, where they differ by version of Python.
        installed: versions by package; a package that is missing is none of them: the lock has those of other
            machines, too.
    """
    public = {name: version.partition("+")[0] for name, version in installed.items()}
    return {name: public[name] for name in packages if name in public and public[name] not in packages[name].split()}


def normal(name: str) -> str:
    """A distribution's name as all of its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()
