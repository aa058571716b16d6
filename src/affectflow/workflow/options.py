"""Types of command-line options that several scripts share."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from affectflow.artifacts.atomic import write_text
from affectflow.core.tracks import AbsentUnits, Edition, Track, TrackName, track_of
from affectflow.datasets.video.shard import Video

_INLINE_CHARACTERS = 4096


def option_text(values: Any, folder: Path) -> str:
    """The inverse of `json_or_file`: values as JSON, or as `@FILE` in `folder` where they are long.

    Linux refuses a command whose text is longer than 128 KiB, and a job's whole command is one text: what grows
    with a corpus goes by a file. Its name is the digest of what it holds, so that the same values are the same text.
    """
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    if len(text) <= _INLINE_CHARACTERS:
        return text
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        write_text(path, text, recorded=False)
    return f"@{path.as_posix()}"


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


def label_files(files: Mapping[str, Sequence[str]]) -> dict[str, tuple[Path, ...]]:
    """Label files by subject, of an option that names them as text."""
    return {subject: tuple(map(Path, paths)) for subject, paths in files.items()}


def branch_option(options: argparse.ArgumentParser, name: str, meaning: str, required: bool = True) -> None:
    """Add `--<name> BRANCH=PATH`, given once for each branch: a list of pairs."""
    options.add_argument(
        f"--{name}",
        type=named_path,
        action="append",
        default=[],
        required=required,
        metavar="BRANCH=PATH",
        help=f"{meaning} of a branch; once for each",
    )


def prediction_option(options: argparse.ArgumentParser) -> None:
    """Add `--prediction BRANCH=PATH`."""
    branch_option(options, "prediction", "predictions")


def fused_options(options: argparse.ArgumentParser) -> None:
    """Add what fuses a method: `--weights`, `--method` and `--prediction`."""
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="method of the weights file")
    prediction_option(options)


def shard_option(options: argparse.ArgumentParser) -> None:
    """Add `--shard`, the videos of a shard: a tuple of `Video`."""
    options.add_argument(
        "--shard", type=_videos, required=True, metavar="JSON", help="list of {video, path, subjects}, or @FILE"
    )


def _videos(text: str) -> tuple[Video, ...]:
    return Video.from_json(json_or_file(text))


def track_options(options: argparse.ArgumentParser) -> None:
    """Add `--track`, `--edition` and `--absent-units`; `chosen_track` joins them."""
    options.add_argument("--track", choices=get_args(TrackName), required=True, help="what is predicted")
    options.add_argument("--edition", choices=get_args(Edition), required=True, help="release of the annotations")
    absent_units_option(options)


def absent_units_option(options: argparse.ArgumentParser) -> None:
    """Add `--absent-units`."""
    options.add_argument(
        "--absent-units",
        choices=get_args(AbsentUnits),
        default="zero",
        help="what a unit that is neither present nor predicted counts in the mean F1",
    )


def chosen_track(args: argparse.Namespace) -> Track:
    """The track that `track_options` asked for."""
    return track_of(args.track, args.edition, args.absent_units)
