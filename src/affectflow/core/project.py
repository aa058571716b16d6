"""The project's folder: where the workflow runs, and what relative paths in settings are of."""

import os
from pathlib import Path

OWN = (
    ".snakemake",
    ".git",
    ".dvc",
    "config",
    "docs",
    "envs",
    "profiles",
    "requirements",
    "rules",
    "src",
    "tests",
    "workflow",
)
"""Folders of a project that hold its notes, code and settings."""


def is_project(folder: Path) -> bool:
    """Whether a folder has a `Snakefile`, or what the workflow leaves (`models` and `fusion`)."""
    return (folder / "Snakefile").is_file() or ((folder / "models").is_dir() and (folder / "fusion").is_dir())


def project_of(settings: Path) -> Path:
    """The project of a settings file, the empty path where it is the working folder.

    It is the nearest folder above the file that is one; the working folder where there is none.
    """
    cwd = Path.cwd()
    for folder in Path(os.path.normpath(cwd / settings)).parents:  # links are not followed: the name is what was given
        if is_project(folder):
            return Path() if folder.resolve() == cwd.resolve() else folder
    return Path()
