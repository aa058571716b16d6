"""What the jobs of a workflow run with: the interpreter that runs Snakemake and the code of its own checkout, or the
installed package in a project without it."""

import os
import sys
from pathlib import Path

import affectflow
from affectflow.core.errors import InputError


def prepare_environment(root: Path) -> None:
    """Make `python` and `import affectflow` mean, for every job, what they mean here.

    A conda environment, where one is asked for, goes before both. A project without the package runs with the installed
    one, which jobs import by themselves.

    Raises:
        InputError: this process has imported the project from another checkout than `root`, so that code
            fingerprints and the code that runs would differ.
    """
    _first("PATH", Path(sys.executable).parent)
    source = (root / "src").resolve()
    if not (source / affectflow.__name__).exists():
        return
    imported = Path(affectflow.__file__).resolve().parents[1]
    if imported != source:
        raise InputError(
            f"affectflow is imported from {imported}, expected {source}: this checkout is not the installed one; "
            "run `make install` here"
        )
    _first("PYTHONPATH", source)


def _first(variable: str, folder: Path) -> None:
    folders = [part for part in os.environ.get(variable, "").split(os.pathsep) if part]
    os.environ[variable] = os.pathsep.join([str(folder), *folders])
