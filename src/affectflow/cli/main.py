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
    "doctor": ("affectflow.cli.doctor", "say what is installed and usable, and how to mend what is not"),
    "init": ("affectflow.cli.init", "lay out a project folder: workflow, settings, profiles"),
    "demo": ("affectflow.cli.demo", "make the synthetic demo corpus in a folder"),
    "predict": ("affectflow.cli.predict", "score any videos with a trained, fused system"),
    "check-submission": (
        "affectflow.cli.check_submission",
        "find every way in which a prediction file would be refused",
    ),
    "resume": ("affectflow.cli.resume", "go on after an interruption: end jobs that outlived it, unlock, run the rest"),
    "trace": ("affectflow.cli.trace", "show what is behind a file, a cell of a table or one score"),
    "why": ("affectflow.cli.why", "say whether a file would be made again, and the first causes"),
    "verify": ("affectflow.cli.verify", "re-read every byte behind the results, and name what does not hold"),
    "seal": ("affectflow.cli.seal", "one digest over everything behind results; with a key, signed"),
    "adopt": ("affectflow.cli.adopt", "take over artifacts that came with their records"),
    "crate": ("affectflow.cli.crate", "write a finished run as an RO-Crate: results, records and workflow in one zip"),
    "dvc": ("affectflow.cli.dvc", "write dvc.yaml: the stages of DVC for a settings file"),
    "track": ("affectflow.cli.track", "log to MLflow what a store that did not answer has missed"),
    "ui": ("affectflow.cli.ui", "show every run in MLflow's page"),
    "weights": ("affectflow.cli.weights", "list, fetch and verify published weights"),
}


_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)
"""What the file system says where this user, or nobody, may write here."""


def parser(given: Sequence[str], every: bool = False) -> argparse.ArgumentParser:
    """The parser of a command line.

    Args:
        given: its words; the command that they name has its options.
        every: whether all commands have theirs, for which every module is imported.
    """
    options = argparse.ArgumentParser(prog="affectflow", description="In-the-wild video to auditable scores of affect.")
    options.add_argument("--version", action="version", version=__version__)
    add_completion(options)
    every = every or any(word.startswith(OPTION) for word in given)
    commands = options.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, meaning) in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning, allow_abbrev=False, **with_example(name))
        if every or name in given[:1]:
            importlib.import_module(module).add_options(command)
    if every:
        complete_files(options)
    return options


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; returns the exit status (2 for bad input, 130 for an interruption, 141 for a closed pipe)."""
    given = sys.argv[1:] if argv is None else argv
    options = parser(given)
    if hint := dashed(given):
        options.error(hint)
    arguments = options.parse_args(given)
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
        help=f"settings of the run (default: {DEFAULT_SETTINGS}); more of them are laid over those before",
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
