"""Types of command-line options that several scripts share."""

import argparse
import json
from pathlib import Path
from typing import Any


def json_or_file(text: str) -> Any:
    """JSON as given, or read from the file named after `@`: a corpus's list can exceed a command line."""
    source = "the option"
    try:
        if text.startswith("@"):
            source = text[1:]
            text = Path(source).read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{source}: no JSON: {error}") from error


def named_path(text: str) -> tuple[str, Path]:
    """`NAME=PATH` as a pair."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected NAME=PATH")
    return name, Path(path)


def prediction_option(options: argparse.ArgumentParser) -> None:
    """Add `--prediction BRANCH=PATH`, given once for each branch: a list of pairs."""
    options.add_argument(
        "--prediction",
        type=named_path,
        action="append",
        required=True,
        metavar="BRANCH=PATH",
        help="predictions of a branch; once for each",
    )
