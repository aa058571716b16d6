"""Aff-Wild2 on disk: the layouts of all its releases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.config.corpora import AffWild2Corpus
from affectflow.corpus.layout import CHALLENGE_FOLDERS, SPLIT_FOLDERS, TEST_LISTS, TEST_SAMPLES
from affectflow.corpus.listing import Listing, read_names, videos_at
from affectflow.corpus.shard import Side, Subject, Video
from affectflow.errors import InputError
from affectflow.remote.objects import S3Object
from affectflow.tracks import TrackName

_SIDES: dict[str, Side] = {"_left": "left", "_right": "right", "_main": "only"}


@dataclass(frozen=True)
class _Members:
    """The subjects of a track, before any is left out."""

    splits: dict[str, str]
    labels: dict[str, Path]
    test_list: Path | None
    sample: Path | None


def list_affwild2(corpus: AffWild2Corpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """List what each of `tracks` has of a copy of Aff-Wild2.

    The subject `<video>_left` is the left of two annotated people in `<video>`, `_right` the right one, `_main`
    the main one; any other subject bears its video's name. Tracks differ in their subjects and may differ in their
    splits. A label file without a video is an error; a video that no track has labels or a test list for is left out
    and named in `unused`.

    Raises:
        InputError: a folder is missing, a subject has labels and no video, or is in two splits of a track, or
            `corpus.exclude` names what no track has.
    """
    files = videos_at(_video_folder(corpus))
    members = {track: _members(corpus, track) for track in tracks}
    known = {s for its in members.values() for s in its.splits}
    known |= {video for s in known if (video := _video_of(s, files)[0])}
    for name in corpus.exclude:
        if name not in known:
            raise InputError(f"corpus.exclude: no subject or video of {', '.join(tracks)} is named {name!r}")
    videos = {track: _videos(corpus, its, files) for track, its in members.items()}
    used = {video.video for its in videos.values() for video in its}
    unused = tuple(path for name, path in files.items() if name not in used)
    return {
        track: Listing(
            videos=videos[track],
            splits={s: its.splits[s] for s in _kept(corpus, its.splits, files)},
            labels={s: (its.labels[s],) for s in _kept(corpus, its.labels, files)},
            test_list=its.test_list,
            sample=its.sample,
            unused=unused,
            excluded=corpus.exclude,
            held_out=corpus.root / corpus.held_out[track] if track in corpus.held_out else None,
        )
        for track, its in members.items()
    }


def _video_folder(corpus: AffWild2Corpus) -> Path | str:
    return corpus.root / corpus.videos if isinstance(corpus.videos, Path) else corpus.videos


def _members(corpus: AffWild2Corpus, track: TrackName) -> _Members:
    challenge = _challenge_folder(corpus, track)
    splits: dict[str, str] = {}
    labels: dict[str, Path] = {}
    for split in ("train", "validation"):
        for path in _label_files(challenge, split):
            if path.stem in splits:
                raise InputError(f"{path} and {labels[path.stem]}: subject {path.stem} is in two splits; remove one")
            splits[path.stem], labels[path.stem] = split, path
    test_list = _given_or_found(corpus, corpus.test_list.get(track), TEST_LISTS[track])
    sample = _given_or_found(corpus, corpus.test_sample.get(track), TEST_SAMPLES[track].format(release="*"))
    for subject in _test_subjects(challenge, test_list, sample):
        if subject in splits:
            raise InputError(
                f"{test_list or challenge}: subject {subject} is named for the test split but has the label file "
                f"{labels[subject]} of the {splits[subject]} split; remove one"
            )
        splits[subject] = "test"
    return _Members(splits, labels, test_list, sample)


def _kept(corpus: AffWild2Corpus, subjects: Iterable[str], files: Mapping[str, Path | S3Object]) -> list[str]:
    """Those of `subjects` that the settings do not leave out, neither themselves nor with their video."""
    left_out = set(corpus.exclude)
    return [s for s in subjects if left_out.isdisjoint((s, _video_of(s, files)[0]))]


def _videos(corpus: AffWild2Corpus, members: _Members, files: Mapping[str, Path | S3Object]) -> tuple[Video, ...]:
    people: dict[str, list[Subject]] = {}
    missing: list[str] = []
    for subject in sorted(_kept(corpus, members.splits, files)):
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
    found = _challenge_folders([root], track)
    if not found and not corpus.annotations:
        found = _challenge_folders(sorted(p for p in root.iterdir() if p.is_dir()), track)
    expected = " or ".join(CHALLENGE_FOLDERS[track])
    if not found:
        raise InputError(
            f"{root}: no folder {expected} in it or in its folders; set corpus.annotations, or leave track {track} out "
            "(setting tracks)"
        )
    if len(found) > 1:
        raise InputError(f"{' and '.join(map(str, found))}: both hold labels; set corpus.annotations to one's parent")
    return found[0]


def _challenge_folders(roots: Sequence[Path], track: TrackName) -> list[Path]:
    return [root / name for root in roots for name in CHALLENGE_FOLDERS[track] if (root / name).is_dir()]


def _label_files(challenge: Path, split: str) -> list[Path]:
    folders = [challenge / name for name in SPLIT_FOLDERS[split] if (challenge / name).is_dir()]
    if len(folders) > 1:
        raise InputError(f"{' and '.join(map(str, folders))}: both hold the {split} split; remove one")
    return sorted(p for folder in folders for p in folder.glob("*.txt") if not p.name.startswith("."))


def _given_or_found(corpus: AffWild2Corpus, given: Path | None, pattern: str) -> Path | None:
    if given:
        if not (corpus.root / given).is_file():
            raise InputError(f"{corpus.root / given}: no such file")
        return corpus.root / given
    found = sorted(corpus.root.glob(pattern)) or sorted(corpus.root.glob(f"*/{pattern}"))
    if len(found) > 1:
        raise InputError(
            f"{' and '.join(map(str, found))}: both could be meant; name one in corpus.test_list or corpus.test_sample"
        )
    return found[0] if found else None


def _test_subjects(challenge: Path, test_list: Path | None, sample: Path | None) -> list[str]:
    """From the official list, else the official sample, else the file names of the test folder."""
    if test_list:
        return read_names(test_list)
    if sample:
        with sample.open(encoding="utf-8-sig") as lines:
            next(lines, None)
            return list(dict.fromkeys(line.split("/", 1)[0] for line in lines if "/" in line))
    return [path.stem for path in _label_files(challenge, "test")]


def _video_of(subject: str, files: Mapping[str, Path | S3Object]) -> tuple[str | None, Side]:
    if subject in files:
        return subject, "only"
    for suffix, side in _SIDES.items():
        if subject.endswith(suffix) and subject.removesuffix(suffix) in files:
            return subject.removesuffix(suffix), side
    return None, "only"
