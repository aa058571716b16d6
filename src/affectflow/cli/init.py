"""`affectflow init`: lay out a folder in which the workflow runs."""

import argparse
import os
from pathlib import Path

from affectflow.cli.dvc_stages import PACKAGE
from affectflow.cli.parts import PARTS, copy_parts
from affectflow.core.errors import InputError
from affectflow.workflow.template import template


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, metavar="DIR", help="the project's folder; created if it is missing")


def main(arguments: argparse.Namespace) -> int:
    """Lay out the project and say how to go on."""
    folder: Path = arguments.folder
    lay_out(folder)
    print(f"{folder}: holds the workflow and the settings of the demo, {', '.join(PARTS)}")
    print("Next, to run the demo:")
    print(f"  cd {folder} && snakemake --cores 8 --resources gpu=2 results/test_track1.csv")
    return 0


def lay_out(folder: Path) -> None:
    """Copy the workflow's files and settings into a folder, which may hold others.

    Raises:
        InputError: the folder is a file, or something of the same name is there; nothing is written then.
    """
    source = template()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder")
    if existing := [part for part in PARTS if os.path.lexists(folder / part)]:
        raise InputError(f"{folder}: holds {', '.join(existing)} already; name another folder")
    copy_parts(source, folder)
    stages = folder / "dvc.yaml"
    lines = stages.read_text(encoding="utf-8").splitlines(keepends=True)
    # The package is installed and no part of the project, so that DVC would miss it.
    stages.write_text("".join(line for line in lines if line.strip() != f"- {PACKAGE}"), encoding="utf-8")
