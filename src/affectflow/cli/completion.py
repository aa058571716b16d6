"""`affectflow --print-completion SHELL`: what a shell needs to complete commands, options and files."""

import argparse
from pathlib import Path

import shtab

OPTION = "--print-completion"


def add_completion(options: argparse.ArgumentParser) -> None:
    """Add `--print-completion`, which prints and ends; the parser must have the options of all commands then."""
    shtab.add_argument_to(options, OPTION, help="print completions for a shell; see docs/commands.md")


def complete_files(options: argparse.ArgumentParser) -> None:
    """Let arguments that are files or folders be completed from the disk, also those of subcommands."""
    for action in options._actions:
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                complete_files(command)
