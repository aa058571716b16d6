"""What every rule's script shares: options in, one library call, clear errors out."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from affectflow.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser for a rule's script; `description` is the script's docstring."""
    return argparse.ArgumentParser(description=description, allow_abbrev=False)


def settings_option(options: argparse.ArgumentParser, *names: str) -> None:
    """Add `--<name> JSON` for each settings group that the script needs."""
    for name in names:
        options.add_argument(f"--{name}", type=json.loads, default={}, metavar="JSON", help=f"{name} settings")


def run(main: Callable[[], object]) -> None:
    """Run a script's `main`; an InputError becomes one line on standard error and exit status 2."""
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def existing(text: str) -> Path:
    """An argparse type: a path that must exist."""
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{path}: no such file or folder")
    return path
