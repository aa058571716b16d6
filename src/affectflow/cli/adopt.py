"""`affectflow adopt`: take over artifacts that came with their records (a clone, dvc pull, dvc checkout)."""

import argparse
import shutil
import sys
from pathlib import Path

from affectflow.artifacts.record import record_path
from affectflow.cli.main import chosen_settings, settings_option
from affectflow.core.advice import affectflow
from affectflow.lineage.adopt import adopt
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import planned


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--delete", action="store_true", help="delete refused artifacts with their records, so that they are made again"
    )
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 where nothing that is there was refused, 1 otherwise."""
    with planned(settings=chosen_settings(arguments), check=False) as plan:
        outcome = adopt(plan, Chain(Path()))
    for finding in outcome.refused:
        print(f"refused: {finding.path}: {finding.what}", file=sys.stderr)
    print(f"{outcome.files} file(s) are taken over; the outputs of {outcome.absent} job(s) are not there")
    if arguments.delete:
        for path in sorted({Path(finding.path) for finding in outcome.refused}):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            record_path(path).unlink(missing_ok=True)
        print(f"{len(outcome.refused)} file(s) were deleted; the workflow makes them again")
        return 0
    if outcome.refused:
        print(f"delete what was refused to have it made again: `{affectflow('adopt --delete')}`", file=sys.stderr)
    return 1 if outcome.refused else 0
