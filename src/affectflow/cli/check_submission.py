"""`affectflow check-submission FILE --sample OFFICIAL`: every way in which the organisers would refuse a file."""

import argparse
from pathlib import Path
from typing import get_args

from affectflow.core.tracks import Release, TrackName
from affectflow.datasets.submission.problems import Problems


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("file", type=Path, metavar="FILE", help="prediction file, or folder with one file per subject")
    options.add_argument(
        "--sample",
        type=Path,
        required=True,
        metavar="OFFICIAL",
        help="the organisers' sample prediction file; OMG-Emotion's test list; Hume-Reaction's table of splits",
    )
    options.add_argument("--track", choices=get_args(TrackName), help="default: recognised by the sample's header")
    options.add_argument("--edition", choices=get_args(Release), help="default: recognised by the sample's header")


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 where nothing is wrong, 1 otherwise."""
    problems, rows = _check(arguments)
    for kind, count in problems.count.items():
        print(f"{kind}: {count}")
        for where in problems.first[kind]:
            print(f"  {where}")
        if count > len(problems.first[kind]):
            print(f"  … and {count - len(problems.first[kind])} more")
    print(f"{arguments.file}: {f'{sum(problems.count.values())} problem(s)' if problems.count else 'fits'}: {rows}")
    return 1 if problems.count else 0


def _check(arguments: argparse.Namespace) -> tuple[Problems, str]:
    """What is wrong, and what was expected in words."""
    from affectflow.datasets.submission.check import check_submission
    from affectflow.datasets.submission.check_named import check_named
    from affectflow.datasets.submission.named_sample import read_named_sample
    from affectflow.datasets.submission.sample import read_sample
    from affectflow.datasets.video.headers import track_by_header

    if named := read_named_sample(arguments.sample, arguments.track):
        return check_named(arguments.file, named), f"{len(named.names)} rows, track {named.track.name}"
    sample = read_sample(arguments.sample)
    track = track_by_header(arguments.sample, sample.header, arguments.track, arguments.edition)
    rows = f"{len(sample.numbers)} rows of {len(sample.subjects)} subject(s), track {track.name}"
    return check_submission(arguments.file, sample, track), rows
