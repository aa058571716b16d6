"""The organisers' files that say what a test set holds, recognised by their content: every release names them anew."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from affectflow.core.tracks import Release, TrackName, track_of
from affectflow.datasets.video.headers import is_header
from affectflow.datasets.video.layout import OFFICIAL, SPLIT_FOLDERS

_DEPTH = 4
"""Folders below the corpus's own that are looked into."""
_HEAD, _LONGEST_LIST = 4096, 1 << 20
_SUFFIXES = (".txt", ".csv")
_IMAGES = "image_location"
_OTHER_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "devel"})
_UNFILLED = frozenset({"sample", "samples", "example", "examples"})


@dataclass
class OfficialTests:
    """What was found, nearest to the corpus's folder first."""

    lists: dict[TrackName, list[Path]] = field(default_factory=lambda: {track: [] for track in OFFICIAL})
    """Names of subjects, one a line."""
    samples: dict[TrackName, list[Path]] = field(default_factory=lambda: {track: [] for track in OFFICIAL})
    """Every row that a prediction file must have, without values."""
    passed: list[str] = field(default_factory=list)
    """Files of either form that are not taken, and why, in words."""


def find_tests(root: Path, edition: Release, is_known: Callable[[str], bool], skip: Collection[Path]) -> OfficialTests:
    """Look through the folders of a corpus for lists of test subjects and sample prediction files.

    A sample has a header `image_location,…`, which tells its track, then a row an image, such as `video1/00001.jpg,`,
    without values (or with some that stand for them, where its name says sample or example). A list has a name a line
    and nothing else, some of them of videos here, or says `test` in its own name; the name of the file, or of the
    nearest folder that does, tells its track by a word (`OfficialFiles.words`).

    Args:
        root: the corpus's folder.
        edition: release of the annotations; samples of another one are passed.
        is_known: whether a subject's or video's name is one of the corpus.
        skip: folders that hold videos, faces or labels; those named after a video are not looked into either.
    """
    tests = OfficialTests()
    for path in _find_texts(root, is_known, skip, _DEPTH):
        head = _read_head(path)
        first, _, rest = head.partition("\n")
        if first.partition(",")[0].strip() == _IMAGES:
            _take_sample(tests, root, path, first, rest.partition("\n")[0], edition)
        elif _is_list(path, head, is_known):
            if track := _track_by_name(root, path):
                tests.lists[track].append(path)
            else:
                tests.passed.append(f"{path}: is a list of names, and neither its name nor its folder's says a track")
    for paths in (*tests.lists.values(), *tests.samples.values()):
        paths.sort(key=lambda path: (len(path.parts), path))
    return tests


def _find_texts(folder: Path, is_known: Callable[[str], bool], skip: Collection[Path], depth: int) -> Iterator[Path]:
    labels = {name for names in SPLIT_FOLDERS.values() for name in names}
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            descend = path not in skip and entry.name not in labels and not is_known(entry.name)
            yield from _find_texts(path, is_known, skip, depth - 1) if depth and descend else ()
        elif path.suffix.lower() in _SUFFIXES and entry.is_file():
            yield path


def _read_head(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_HEAD).decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def _take_sample(tests: OfficialTests, root: Path, path: Path, header: str, row: str, edition: Release) -> None:
    names = header.split(",")[1:]
    editions = {track: [e for e in get_args(Release) if is_header(names, track_of(track, e))] for track in OFFICIAL}
    track = next((track for track, matching in editions.items() if matching), None) or _track_by_name(root, path)
    if track is None:
        tests.passed.append(f"{path}: has the form of a sample prediction file, and its columns are of no track")
    elif editions[track] and edition not in editions[track]:
        releases = " and ".join(editions[track])
        tests.passed.append(f"{path}: is the sample of {releases}, and corpus.edition is {edition}")
    elif row.partition(",")[2].strip(", \r") and _UNFILLED.isdisjoint(_words(path.stem)):
        tests.passed.append(f"{path}: has the form of a sample prediction file, but holds values")
    else:
        tests.samples[track].append(path)


def _is_list(path: Path, head: str, is_known: Callable[[str], bool]) -> bool:
    words, size = _words(path.stem), path.stat().st_size
    if not words.isdisjoint(_OTHER_SPLITS) or not 0 < size <= _LONGEST_LIST:
        return False
    text = head if size <= _HEAD else path.read_text(encoding="utf-8-sig", errors="replace")
    names = [line.strip() for line in text.splitlines() if line.strip()]
    only_names = all(is_known(name) or re.fullmatch(r"[^\s,;/\\]+", name) for name in names)
    return only_names and (any(map(is_known, names)) or "test" in words)


def _track_by_name(root: Path, path: Path) -> TrackName | None:
    """The one track of which a file's own name says a word, else the nearest folder's below the corpus's own."""
    for part in (path.stem, *(parent.name for parent in path.parents if parent != root and root in parent.parents)):
        if tracks := [track for track, files in OFFICIAL.items() if not _words(part).isdisjoint(files.words)]:
            return tracks[0] if len(tracks) == 1 else None
    return None


def _words(name: str) -> set[str]:
    return set(re.findall("[a-z]+", name.lower()))
