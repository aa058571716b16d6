"""Aff-Wild2 on disk: the layouts of all its releases."""

from pathlib import Path

from affectflow.config.corpora import AffWild2Corpus
from affectflow.corpus.listing import Listing, find_videos, read_names
from affectflow.corpus.shard import Side, Subject, Video
from affectflow.errors import InputError

CHALLENGE_FOLDERS = {"va": ("VA_Set", "VA_Estimation_Challenge")}
SPLIT_FOLDERS = {
    "train": ("Train_Set", "Training_Set"),
    "validation": ("Validation_Set",),
    "test": ("Test_Set",),
}
_TASKS = {"va": "Valence_Arousal_Estimation"}
_SAMPLES = {"va": "*_VA_test_set_sample.txt"}
_SIDES: dict[str, Side] = {"_left": "left", "_right": "right", "_main": "only"}


def list_affwild2(corpus: AffWild2Corpus, track: str = "va") -> Listing:
    """List a copy of Aff-Wild2.

    The subject `<video>_left` is the left of two annotated people in `<video>`, `_right` the right one, `_main`
    the main one; any other subject bears its video's name. A label file without a video is an error; a video
    without labels that is not in the test list is left out and named in `unused`.

    Raises:
        InputError: a folder is missing, a subject has labels and no video, or is in two splits.
    """
    files = find_videos(corpus.root / corpus.videos)
    challenge = _challenge_folder(corpus, track)
    splits: dict[str, str] = {}
    labels: dict[str, Path] = {}
    for split in ("train", "validation"):
        for path in _label_files(challenge, split):
            if path.stem in splits:
                raise InputError(f"{path} and {labels[path.stem]}: subject {path.stem} is in two splits; remove one")
            splits[path.stem], labels[path.stem] = split, path
    test_list = _given_or_found(
        corpus,
        corpus.test_list,
        "names_of_videos_in_each_test_set",
        f"{_TASKS[track]}_Challenge_test_set_release.txt",
    )
    sample = _given_or_found(corpus, corpus.test_sample, "prediction_files_format", _SAMPLES[track])
    for subject in _test_subjects(challenge, test_list, sample):
        if subject in splits:
            raise InputError(
                f"{test_list or challenge}: subject {subject} is named for the test split but has the label file "
                f"{labels[subject]} of the {splits[subject]} split; remove one"
            )
        splits[subject] = "test"
    _exclude(corpus, splits, labels, files)
    people: dict[str, list[Subject]] = {}
    missing: list[str] = []
    for subject in sorted(splits):
        video, side = _video_of(subject, files)
        if video is None:
            missing.append(f"{subject} ({labels.get(subject, test_list)})")
        else:
            people.setdefault(video, []).append(Subject(subject, side))
    if missing:
        raise InputError(
            f"{corpus.root / corpus.videos}: no video for {len(missing)} subject(s): {', '.join(missing[:20])}"
            f"{', …' if len(missing) > 20 else ''}; add the videos or remove the subjects' files"
        )
    return Listing(
        videos=tuple(Video(name, files[name], tuple(people[name])) for name in sorted(people)),
        splits=splits,
        labels=labels,
        test_list=test_list,
        sample=sample,
        unused=tuple(path for name, path in files.items() if name not in people),
        excluded=corpus.exclude,
        held_out=corpus.root / corpus.held_out if corpus.held_out else None,
    )


def _exclude(corpus: AffWild2Corpus, splits: dict[str, str], labels: dict[str, Path], files: dict[str, Path]) -> None:
    for name in corpus.exclude:
        subjects = [s for s in splits if name in (s, _video_of(s, files)[0])]
        if not subjects:
            raise InputError(f"corpus.exclude: no subject or video is named {name!r}")
        for subject in subjects:
            del splits[subject]
            labels.pop(subject, None)


def _challenge_folder(corpus: AffWild2Corpus, track: str) -> Path:
    root = corpus.root / corpus.annotations if corpus.annotations else corpus.root
    found = _challenge_folders([root], track)
    if not found and not corpus.annotations:
        found = _challenge_folders(sorted(p for p in root.iterdir() if p.is_dir()), track)
    expected = " or ".join(CHALLENGE_FOLDERS[track])
    if not found:
        raise InputError(f"{root}: no folder {expected} in it or in its folders; set corpus.annotations")
    if len(found) > 1:
        raise InputError(f"{' and '.join(map(str, found))}: both hold labels; set corpus.annotations to one's parent")
    return found[0]


def _challenge_folders(roots: list[Path], track: str) -> list[Path]:
    return [root / name for root in roots for name in CHALLENGE_FOLDERS[track] if (root / name).is_dir()]


def _label_files(challenge: Path, split: str) -> list[Path]:
    folders = [challenge / name for name in SPLIT_FOLDERS[split] if (challenge / name).is_dir()]
    if len(folders) > 1:
        raise InputError(f"{' and '.join(map(str, folders))}: both hold the {split} split; remove one")
    return sorted(p for folder in folders for p in folder.glob("*.txt") if not p.name.startswith("."))


def _given_or_found(corpus: AffWild2Corpus, given: Path | None, folder: str, pattern: str) -> Path | None:
    if given:
        if not (corpus.root / given).is_file():
            raise InputError(f"{corpus.root / given}: no such file")
        return corpus.root / given
    found = sorted(corpus.root.glob(f"{folder}/{pattern}")) or sorted(corpus.root.glob(f"*/{folder}/{pattern}"))
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


def _video_of(subject: str, files: dict[str, Path]) -> tuple[str | None, Side]:
    if subject in files:
        return subject, "only"
    for suffix, side in _SIDES.items():
        if subject.endswith(suffix) and subject.removesuffix(suffix) in files:
            return subject.removesuffix(suffix), side
    return None, "only"
