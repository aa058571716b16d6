"""The command `affectflow`: one module a subcommand, imported when it is called."""

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from affectflow import __version__
from affectflow.cli.completion import OPTION, add_completion, complete_files
from affectflow.cli.examples import with_example
from affectflow.cli.places import dashed
from affectflow.core import advice
from affectflow.core.advice import DEFAULT_SETTINGS
from affectflow.core.errors import InputError
from affectflow.core.project import project_of

# Name: (module, what it does). The module has `add_options(parser)` and `main(arguments) -> int`.
COMMANDS = {
    "doctor": ("affectflow.cli.doctor", "check the installation and the inputs, and say how to fix what is missing"),
    "init": ("affectflow.cli.init", "create a project folder with workflow, settings and profiles"),
    "demo": ("affectflow.cli.demo", "make the synthetic demo corpus in a folder"),
    "predict": ("affectflow.cli.predict", "score any videos with a trained system"),
    "check-submission": (
        "affectflow.cli.check_submission",
        "compare a prediction file with the organisers' sample",
    ),
    "resume": ("affectflow.cli.resume", "continue after an interruption: end leftover jobs, unlock, run the rest"),
    "trace": ("affectflow.cli.trace", "show how a file, a cell of a table or one score was made"),
    "why": ("affectflow.cli.why", "say whether a file would be made again, and why"),
    "verify": ("affectflow.cli.verify", "re-read every byte behind the results, and report every mismatch"),
    "seal": ("affectflow.cli.seal", "print one digest over everything behind results, signed if a key is given"),
    "adopt": ("affectflow.cli.adopt", "accept artifacts that were copied here with their records"),
    "crate": ("affectflow.cli.crate", "write a finished run as an RO-Crate: results, records and workflow in one zip"),
    "dvc": ("affectflow.cli.dvc", "write dvc.yaml: the stages of DVC for a settings file"),
    "sync-mlflow": ("affectflow.cli.sync_mlflow", "log to MLflow what was missed while its store did not answer"),
    "ui": ("affectflow.cli.ui", "open MLflow's web page with all runs"),
    "weights": ("affectflow.cli.weights", "list, download and verify published weights"),
}


_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)
"""What the file system says where this user, or nobody, may write here."""


def parser(words: Sequence[str], every: bool = False) -> argparse.ArgumentParser:
    """The parser of a command line.

    Args:
        words: its words; the command that they name has its options.
        every: whether all commands have theirs, for which every module is imported.
    """
    options = argparse.ArgumentParser(prog="affectflow", description="In-the-wild video to auditable scores of affect.")
    options.add_argument("--version", action="version", version=__version__)
    add_completion(options)
    every = every or any(word.startswith(OPTION) for word in words)
    commands = options.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, meaning) in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning, allow_abbrev=False, **with_example(name))
        if every or name in words[:1]:
            importlib.import_module(module).add_options(command)
    if every:
        complete_files(options)
    return options


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; returns the exit status (2 for bad input, 130 for an interruption, 141 for a closed pipe)."""
    words = sys.argv[1:] if argv is None else argv
    options = parser(words)
    if hint := dashed(words):
        options.error(hint)
    arguments = options.parse_args(words)
    files = settings_of(arguments)
    advice.note_settings(files, project=project_of(files[-1]))
    try:
        return int(importlib.import_module(COMMANDS[arguments.command][0]).main(arguments))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def settings_option(options: argparse.ArgumentParser) -> None:
    """Add `--settings FILE`, the run whose models or folders a command uses."""
    options.add_argument(
        "--settings",
        type=Path,
        action="append",
        metavar="FILE",
        help=f"settings of the run (default: {DEFAULT_SETTINGS}); a later file overrides earlier ones",
    )


def settings_of(arguments: argparse.Namespace) -> list[Path]:
    """What `--settings` names, or the file that is read without it."""
    return chosen_settings(arguments) or [DEFAULT_SETTINGS]


def chosen_settings(arguments: argparse.Namespace) -> list[Path]:
    """What `--settings` names, nothing where it is the file that the workflow reads by itself."""
    files: list[Path] = getattr(arguments, "settings", None) or []
    return [] if files == [DEFAULT_SETTINGS] else files


if __name__ == "__main__":
    sys.exit(main())
