"""The header of an official file, and the edition that it speaks of."""

from pathlib import Path
from typing import get_args

from affectflow.errors import InputError
from affectflow.tracks import Edition, Track, track_of


def same_header(names: list[str], track: Track) -> bool:
    """Whether column names are those of the track's official files, but for spaces and case."""
    return [name.strip().lower() for name in names] == [name.lower() for name in track.header]


def check_header(path: Path, header: str, track: Track) -> None:
    """Check the first line of a label file.

    Raises:
        InputError: it is not the track's; names the edition of which it is.
    """
    names = header.split(",")
    if same_header(names, track):
        return
    fitting = [edition for edition in get_args(Edition) if same_header(names, track_of(track.name, edition))]
    mend = f"; it is that of {' and '.join(fitting)}: set corpus.edition, which is {track.edition}" if fitting else ""
    raise InputError(f"{path}, line 1: found the header {header!r}, expected {','.join(track.header)!r}{mend}")
