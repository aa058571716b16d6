"""OMG-Emotion on disk: the organisers' lists of utterances, and the clips that their `prepare_data.py` cuts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from affectflow.config.data.corpora import OmgCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.problems import refuse
from affectflow.datasets.video.listing import Listing, describe_unused_faults
from affectflow.datasets.video.omg_list import Fault, read_list
from affectflow.datasets.video.shard import Subject, Video
from affectflow.datasets.video.utterances import Utterance, by_video, clip_number, utterance_of


def list_omg(corpus: OmgCorpus) -> Listing:
    """What a copy of OMG-Emotion has: every utterance is a video and a subject, `<video>_utterance_<number>`.

    The lists are read whole, so that a bad line ends the run before any work. Videos have left YouTube since the lists
    were made: an utterance without a clip is left out, as is a clip that no list names; both are named at every start,
    as is what is wrong with lines of utterances that are left out. Test labels, where the list has them, are not used:
    nothing may learn from them.

    Raises:
        InputError: a list or folder is missing, a line of an utterance with a clip is wrong, or lists it again, such a
            video is in two splits, or a split has no clip.
    """
    lists, folders = corpus.lists.model_dump(), corpus.clips.model_dump()
    splits: dict[str, str] = {}
    files: dict[str, Path] = {}
    labels: dict[str, tuple[Path, ...]] = {}
    places: dict[str, tuple[str, Path]] = {}
    missing: list[str] = []
    faults: dict[bool, list[str]] = {True: [], False: []}
    for split, name in lists.items():
        path, folder = corpus.root / name, corpus.root / folders[split]
        if not folder.is_dir():
            raise InputError(
                f"{folder}: no such folder; expected the clips of the {split} split, <video>/utterance_1.mp4"
            )
        clip_count = 0
        for utterance, affect in read_list(path, labelled=split != "test").items():
            subject, clip = utterance.subject, folder / utterance.video / utterance.file
            if isinstance(affect, Fault):
                faults[clip.is_file()].append(affect)
            if not clip.is_file():
                missing.append(subject)
                continue
            first_split, first_list = places.setdefault(utterance.video, (split, path))
            if first_split != split:
                raise InputError(
                    f"{path} and {first_list}: video {utterance.video} is in two splits; remove it from one"
                )
            clip_count += 1
            splits[subject], files[subject] = split, clip
            if split != "test":
                labels[subject] = (path,)
        if not clip_count:
            raise InputError(f"{folder}: holds no clip of {path}, such as {clip.relative_to(folder)}; see corpus.clips")
    refuse(faults[True])
    unlisted = _find_unlisted({corpus.root / name for name in folders.values()}, set(files.values()))
    return Listing(
        videos=tuple(Video(subject, files[subject], (Subject(subject),)) for subject in sorted(files)),
        splits=splits,
        labels=labels,
        sample=corpus.root / lists["test"],
        remarks=(
            *_describe_utterances("utterance(s) have no clip, as of videos that can no longer be downloaded", missing),
            *_describe_utterances("clip(s) are in no list", unlisted),
            *describe_unused_faults(faults[False]),
        ),
    )


def _find_unlisted(folders: Iterable[Path], used: set[Path]) -> list[str]:
    """Utterances whose clips lie in one of the folders and are not used."""
    subjects = []
    for folder in sorted(folders):
        for video in sorted(path for path in folder.iterdir() if path.is_dir()):
            numbers = {path: clip_number(path.name) for path in video.iterdir()}
            subjects += [
                Utterance(video.name, number).subject
                for path, number in numbers.items()
                if number is not None and path not in used
            ]
    return subjects


def _describe_utterances(description: str, subjects: Iterable[str]) -> list[str]:
    grouped: Mapping[str, tuple[str, ...]] = by_video(set(subjects))
    if not grouped:
        return []
    names = "; ".join(
        f"{video} ({', '.join(str(utterance_of(subject).number) for subject in video_subjects)})"
        for video, video_subjects in grouped.items()
    )
    return [f"{sum(map(len, grouped.values()))} {description}, and are left out: {names}"]
