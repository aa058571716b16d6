"""Model files that travel inside other packages."""

import importlib.util
from pathlib import Path

from affectflow.core.errors import InputError


def packaged_file(package: str, *parts: str) -> Path:
    """Path of a file of an installed package, found without importing the package.

    face_recognition_models, for one, cannot be imported beside a recent setuptools.

    Raises:
        InputError: the package or the file is missing.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    raise InputError(
        f"package {package}: {'/'.join(parts)} is not installed; install the packages of requirements/lock.txt"
    )
