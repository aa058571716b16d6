"""Aff-Wild2 on disk: the layouts of all its releases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from affectflow.config.data.corpora import AffWild2Corpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import Release, TrackName, track_of
from affectflow.datasets.video.chosen_tests import choose_tests
from affectflow.datasets.video.headers import check_header, is_header
from affectflow.datasets.video.label_text import read_header
from affectflow.datasets.video.layout import CHALLENGE_FOLDERS, OFFICIAL, SPLIT_FOLDERS
from affectflow.datasets.video.listing import Listing, videos_at
from affectflow.datasets.video.official_tests import OfficialTests, find_tests
from affectflow.datasets.video.shard import Side, Subject, Video
from affectflow.datasets.video.video_names import describe_non_videos
from affectflow.remote.objects import S3Object

_SIDES: dict[str, Side] = {"_left": "left", "_right": "right", "_main": "only"}


@dataclass(frozen=True)
class _Members:
    """The subjects of a track, before any is left out."""

    splits: dict[str, str]
    labels: dict[str, Path]
    test_list: Path | None
    sample: Path | None
    remarks: tuple[str, ...]
    """Which of the two were found, in words."""


def list_affwild2(corpus: AffWild2Corpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """List what each of `tracks` has of a copy of Aff-Wild2.

    The subject `<video>_left` is the left of two annotated people in `<video>`, `_right` the right one, `_main`
    the main one; any other subject bears its video's name. Tracks differ in their subjects and may differ in their
    splits. A label file without a video is an error; a video that no track has labels or a test list for is left out
    and named in `unused`. Of each track the headers of one label file a split are read: a corpus of another edition is
    seen before any work.

    Raises:
        InputError: a folder is missing, a subject has labels and no video, or is in two splits of a track, labels are
            of another edition, two files that say what is tested disagree, or `corpus.exclude` names what no track has.
    """
    non_videos: list[str] = []
    files = videos_at(_video_folder(corpus), non_videos)
    official_tests = _find_test_files(corpus, files)
    members = {track: _members(corpus, track, official_tests) for track in tracks}
    for track, track_members in members.items():
        _check_edition(corpus, track, track_members, files)
    known_names = {s for track_members in members.values() for s in track_members.splits}
    known_names |= {video for s in known_names if (video := _video_of(s, files)[0])}
    for name in corpus.exclude:
        if name not in known_names:
            raise InputError(f"corpus.exclude: no subject or video of {', '.join(tracks)} is named {name!r}")
    videos = {track: _videos(corpus, track_members, files) for track, track_members in members.items()}
    used = {video.video for track_videos in videos.values() for video in track_videos}
    unused = tuple(path for name, path in files.items() if name not in used)
    return {
        track: Listing(
            videos=videos[track],
            splits={s: track_members.splits[s] for s in _drop_excluded(corpus, track_members.splits, files)},
            labels={s: (track_members.labels[s],) for s in _drop_excluded(corpus, track_members.labels, files)},
            test_list=track_members.test_list,
            sample=track_members.sample,
            unused=unused,
            excluded=corpus.exclude,
            remarks=(
                *describe_non_videos(non_videos),
                *track_members.remarks,
                *(() if "test" in track_members.splits.values() else official_tests.passed),
            ),
            held_out=corpus.root / corpus.held_out[track] if track in corpus.held_out else None,
        )
        for track, track_members in members.items()
    }


def _video_folder(corpus: AffWild2Corpus) -> Path | str:
    return corpus.root / corpus.videos if isinstance(corpus.videos, Path) else corpus.videos


def _find_test_files(corpus: AffWild2Corpus, files: Mapping[str, Path | S3Object]) -> OfficialTests:
    other_folders = [corpus.videos, corpus.cropped_aligned, *corpus.held_out.values()]
    skip = {corpus.root / folder for folder in other_folders if isinstance(folder, Path)} | {
        corpus.root / "cropped_aligned"
    }
    return find_tests(corpus.root, corpus.edition, lambda name: _video_of(name, files)[0] is not None, skip)


def _members(corpus: AffWild2Corpus, track: TrackName, official_tests: OfficialTests) -> _Members:
    challenge = _challenge_folder(corpus, track)
    splits: dict[str, str] = {}
    labels: dict[str, Path] = {}
    for split in ("train", "validation"):
        for path in _label_files(challenge, split):
            if path.stem in splits:
                raise InputError(f"{path} and {labels[path.stem]}: subject {path.stem} is in two splits; remove one")
            splits[path.stem], labels[path.stem] = split, path
    tests = choose_tests(corpus, track, official_tests, labels.keys())
    subjects = tests.subjects or [path.stem for path in _label_files(challenge, "test")]
    for subject in subjects:
        if subject in splits:
            raise InputError(
                f"{tests.list or tests.sample or challenge}: subject {subject} is named for the test split but has the "
                f"label file {labels[subject]} of the {splits[subject]} split; remove one"
            )
        splits[subject] = "test"
    return _Members(splits, labels, tests.list, tests.sample, tests.remarks)


def _check_edition(
    corpus: AffWild2Corpus, track: TrackName, members: _Members, files: Mapping[str, Path | S3Object]
) -> None:
    first_files = {
        members.splits[s]: members.labels[s] for s in reversed(_drop_excluded(corpus, members.labels, files))
    }
    for path in first_files.values():
        header = read_header(path)
        if header.strip():  # the job that reads labels names a file that is empty
            check_header(path, header, track_of(track, corpus.edition))


def _drop_excluded(corpus: AffWild2Corpus, subjects: Iterable[str], files: Mapping[str, Path | S3Object]) -> list[str]:
    """Those of `subjects` that the settings do not leave out, neither themselves nor with their video."""
    left_out = set(corpus.exclude)
    return [s for s in subjects if left_out.isdisjoint((s, _video_of(s, files)[0]))]


def _videos(corpus: AffWild2Corpus, members: _Members, files: Mapping[str, Path | S3Object]) -> tuple[Video, ...]:
    people: dict[str, list[Subject]] = {}
    missing: list[str] = []
    for subject in sorted(_drop_excluded(corpus, members.splits, files)):
        video, side = _video_of(subject, files)
        if video is None:
            missing.append(f"{subject} ({members.labels.get(subject, members.test_list)})")
        else:
            people.setdefault(video, []).append(Subject(subject, side))
    if missing:
        raise InputError(
            f"{_video_folder(corpus)}: no video for {len(missing)} subject(s): {', '.join(missing[:20])}"
            f"{', …' if len(missing) > 20 else ''}; add the videos or remove the subjects' files"
        )
    return tuple(Video(name, files[name], tuple(people[name])) for name in sorted(people))


def _challenge_folder(corpus: AffWild2Corpus, track: TrackName) -> Path:
    root = corpus.root / corpus.annotations if corpus.annotations else corpus.root
    folders = _challenge_folders([root], track)
    if not folders and not corpus.annotations:
        folders = _challenge_folders(sorted(p for p in root.iterdir() if p.is_dir()), track)
    expected = " or ".join(CHALLENGE_FOLDERS[track])
    if not folders:
        raise InputError(
            f"{root}: no folder {expected} in it or in its folders; set corpus.annotations, or leave track {track} out "
            "(setting tracks)"
        )
    matching = [path for path in folders if len(folders) == 1 or _is_of_edition(path.parent, corpus.edition)]
    if len(matching) != 1:
        state = f"both hold labels{f' of {corpus.edition}' if matching else f', and neither of {corpus.edition}'}"
        raise InputError(
            f"{' and '.join(map(str, matching or folders))}: {state}; set corpus.annotations to one's parent"
        )
    return matching[0]


def _is_of_edition(annotations: Path, edition: Release) -> bool:
    """Whether no header in a folder of annotations is another edition's, of tracks whose header differs by edition."""
    headers = {track: {track_of(track, release).header for release in get_args(Release)} for track in OFFICIAL}
    for track in (track for track, names in headers.items() if len(names) > 1):
        for folder in _challenge_folders([annotations], track):
            for path in _label_files(folder, "train")[:1]:
                if not is_header(read_header(path).split(","), track_of(track, edition)):
                    return False
    return True


def _challenge_folders(roots: Sequence[Path], track: TrackName) -> list[Path]:
    return [root / name for root in roots for name in CHALLENGE_FOLDERS[track] if (root / name).is_dir()]


def _label_files(challenge: Path, split: str) -> list[Path]:
    folders = [challenge / name for name in SPLIT_FOLDERS[split] if (challenge / name).is_dir()]
    if len(folders) > 1:
        raise InputError(f"{' and '.join(map(str, folders))}: both hold the {split} split; remove one")
    return sorted(p for folder in folders for p in folder.glob("*.txt") if not p.name.startswith("."))


def _video_of(subject: str, files: Mapping[str, Path | S3Object]) -> tuple[str | None, Side]:
    if subject in files:
        return subject, "only"
    for suffix, side in _SIDES.items():
        if subject.endswith(suffix) and subject.removesuffix(suffix) in files:
            return subject.removesuffix(suffix), side
    return None, "only"
