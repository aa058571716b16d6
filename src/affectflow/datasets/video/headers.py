"""Headers of official files: whose they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from affectflow.core.errors import InputError
from affectflow.core.tracks import Release, Track, TrackName, track_of
from affectflow.datasets.video.layout import OFFICIAL


def check_header(path: Path, header: str, track: Track) -> None:
    """Check the first line of a label file; spaces and case do not count.

    Raises:
        InputError: it is not the track's; names the edition of which it is.
    """
    names = header.split(",")
    if is_header(names, track):
        return
    matching = [edition for edition in get_args(Release) if is_header(names, track_of(track.name, edition))]
    hint = f"; it is that of {' and '.join(matching)}: set corpus.edition, which is {track.edition}" if matching else ""
    raise InputError(f"{path}, line 1: found the header {header!r}, expected {','.join(track.header)!r}{hint}")


def track_by_header(path: Path, header: Sequence[str], name: TrackName | None, edition: Release | None) -> Track:
    """The track of an official sample prediction file, recognised by its column names after `image_location`.

    Args:
        path: the file, for messages.
        header: its column names.
        name: the track that it must be of, if any.
        edition: the release that it must be of, if any.

    Raises:
        InputError: no such track has these columns.
    """
    candidates = [track_of(n, e) for n in OFFICIAL for e in get_args(Release) if name in (None, n)]
    for track in candidates:
        if edition in (None, track.edition) and is_header(header[1:], track):
            return track
    expected = " or ".join(dict.fromkeys(repr(",".join(track.header)) for track in candidates))
    raise InputError(
        f"{path}, line 1: found the columns {','.join(header[1:])!r} after image_location, expected {expected}"
        + (f" of edition {edition}" if edition else "")
    )


def is_header(names: Sequence[str], track: Track) -> bool:
    """Whether column names are those of a track; spaces and case do not count."""
    return [name.strip().lower() for name in names] == [name.lower() for name in track.header]
