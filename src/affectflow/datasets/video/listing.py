"""What a corpus consists of, by its file names alone: quick enough for every start of the workflow."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import splitext
from typing import TypeVar

from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName, track_of
from affectflow.datasets.video.shard import Subject, Video
from affectflow.datasets.video.video_names import check_lengths, is_video
from affectflow.remote.objects import S3Object, list_objects

_SHOWN, _FAULTS = 20, 5


@dataclass(frozen=True)
class Listing:
    """What one track has of a corpus, by its files; nothing of them has been read but lists of names."""

    videos: tuple[Video, ...]
    """Videos that are used, with their subjects."""
    splits: dict[str, str]
    """`train`, `validation` or `test` by subject."""
    labels: dict[str, tuple[Path, ...]]
    """Label files by subject, of those that have any."""
    test_list: Path | None = None
    """Official list of test subjects."""
    sample: Path | None = None
    """Official sample prediction file."""
    unused: tuple[Path | S3Object, ...] = ()
    """Videos that belong to no split of any listed track: neither labelled nor in a test list."""
    excluded: tuple[str, ...] = ()
    """Subjects or videos that the settings leave out."""
    remarks: tuple[str, ...] = ()
    """What else is left out, in words."""
    held_out: Path | None = None
    """Folder of test labels for the declared demo test score."""

    def subjects(self, split: str) -> list[str]:
        """Subjects of a split, sorted."""
        return sorted(subject for subject, subject_split in self.splits.items() if subject_split == split)


def all_videos(listings: Mapping[TrackName, Listing]) -> tuple[Video, ...]:
    """The videos of all tracks, each once with the subjects that any track has in it; sorted by name.

    Preprocessing handles these, once for all tracks.

    Raises:
        InputError: two tracks disagree about a video's file or about the side of a subject.
    """
    first: dict[str, Video] = {}
    subjects: dict[str, dict[str, Subject]] = {}
    for track, listing in listings.items():
        for video in listing.videos:
            known_video = first.setdefault(video.video, video)
            if known_video.path != video.path:
                raise InputError(f"{known_video.path} and {video.path}: track {track} has another video {video.video}")
            merged = subjects.setdefault(video.video, {})
            for subject in video.subjects:
                if merged.setdefault(subject.subject, subject) != subject:
                    raise InputError(
                        f"{video.path}: subject {subject.subject} is {merged[subject.subject].side!r} in one track and "
                        f"{subject.side!r} in track {track}; name its label files alike"
                    )
    return tuple(
        replace(first[name], subjects=tuple(subjects[name][s] for s in sorted(subjects[name])))
        for name in sorted(first)
    )


def without_test(listings: Mapping[TrackName, Listing]) -> dict[TrackName, str]:
    """A note for each track that has labels and no test subject."""
    return {
        track: f"track {track} has no test subject: results/test_track{track_of(track).number}.csv cannot be made, and "
        "is left out"
        for track, listing in listings.items()
        if listing.labels and not listing.subjects("test")
    }


def notes(listings: Mapping[TrackName, Listing]) -> list[str]:
    """What is left out of the run, in words: nothing is skipped silently."""
    messages = []
    if unused := list(dict.fromkeys(path for listing in listings.values() for path in listing.unused)):
        names = ", ".join(_short(path) for path in unused[:_SHOWN]) + (", …" if len(unused) > _SHOWN else "")
        messages.append(f"{len(unused)} video(s) without labels and in no test list are left out: {names}")
    if excluded := list(dict.fromkeys(name for listing in listings.values() for name in listing.excluded)):
        messages.append(f"left out by corpus.exclude: {', '.join(excluded)}")
    remarks = dict.fromkeys(remark for listing in listings.values() for remark in listing.remarks)
    return [*messages, *without_test(listings).values(), *remarks]


def describe_unused_faults(faults: Sequence[str]) -> list[str]:
    """The remark on wrong lines of the corpus's tables that nothing uses; each fault names its line."""
    shown = "; ".join(faults[:_FAULTS]) + ("; …" if len(faults) > _FAULTS else "")
    return [f"{len(faults)} line(s) that are not used are wrong: {shown}"] if faults else []


def _short(path: Path | S3Object) -> str:
    """A video's file name; of a folder of pictures also the folder that it lies in."""
    return path.name if isinstance(path, S3Object) or path.suffix else f"{path.parent.name}/{path.name}"


def find_videos(folder: Path, non_videos: list[str] | None = None) -> dict[str, Path]:
    """Media files under `folder` and its subfolders, by stem; links are followed, hidden files are left out.

    Args:
        folder: where they lie.
        non_videos: gets the names of files there that are no videos by their names.

    Raises:
        InputError: a folder is missing, must not be read or lies in itself by a link, a link leads nowhere, two files
            share a stem, or a name is too long for what is made of it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the corpus's videos there")
    return _by_stem(_videos_below(folder, (), [] if non_videos is None else non_videos))


def _videos_below(folder: Path, ancestors: tuple[str, ...], non_videos: list[str]) -> Iterator[Path]:
    """In the order of names; `ancestors` are the real paths of the folders that led here."""
    real_path = os.path.realpath(folder)
    if real_path in ancestors:
        raise InputError(f"{folder}: is a link to {real_path}, in which it lies; remove the link")
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except PermissionError as error:
        raise InputError(f"{folder}: must not be read; its videos would be left out") from error
    for entry in ordered:  # what the system said of an entry while it listed it is not asked again
        if entry.is_dir():
            yield from _videos_below(folder / entry.name, (*ancestors, real_path), non_videos)
        elif is_video(entry.name):
            if not entry.is_file():
                raise InputError(f"{folder / entry.name}: is no file, or a link that leads nowhere; mend or remove it")
            yield folder / entry.name
        elif not entry.name.startswith("."):
            non_videos.append(entry.name)


def videos_at(place: Path | str, non_videos: list[str] | None = None) -> Mapping[str, Path | S3Object]:
    """Media files of a corpus by stem, in a folder or at an address `s3://bucket/prefix`, by the same rules;
    `non_videos` as of `find_videos`.

    Raises:
        InputError: the folder or bucket is missing or must not be listed, or two files share a stem.
    """
    if isinstance(place, Path):
        return find_videos(place, non_videos)
    objects = list(list_objects(place))
    if non_videos is not None:
        non_videos += [item.name for item in objects if not is_video(item.name) and not item.name.startswith(".")]
    return _by_stem(item for item in objects if is_video(item.name))


File = TypeVar("File", Path, S3Object)


def _by_stem(files: Iterable[File]) -> dict[str, File]:
    files_by_stem: dict[str, File] = {}
    for file in files:
        stem = splitext(file.name)[0]
        if stem in files_by_stem:
            raise InputError(
                f"{file} and {files_by_stem[stem]} are both named {stem!r}: results would overwrite each other; "
                "rename or remove one"
            )
        files_by_stem[stem] = file
    check_lengths(files_by_stem)
    return files_by_stem


def read_names(path: Path) -> list[str]:
    """Names in a text file, one a line, in its order.

    Raises:
        InputError: the file is missing or names one twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected a list of subjects, one a line") from error
    names = [line.strip() for line in lines if line.strip()]
    repeated = _find_repeated(names)
    if repeated:
        raise InputError(f"{path}: names {', '.join(repeated)} more than once")
    return names


def _find_repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
