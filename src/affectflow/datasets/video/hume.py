"""Hume-Reaction on disk: a table of labels, a table of splits, and a folder of clips."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from affectflow.config.data.clip_corpora import HumeCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.problems import refuse
from affectflow.datasets.video.hume_partition import USUAL, find_partition
from affectflow.datasets.video.hume_tables import FILE_ID, ClipAnnotation, Entry, read_intensities, read_partition
from affectflow.datasets.video.listing import Listing, describe_unused_faults, find_videos
from affectflow.datasets.video.shard import Subject, Video
from affectflow.datasets.video.video_names import describe_non_videos

_SHOWN = 20


def list_hume(corpus: HumeCorpus) -> Listing:
    """What a copy of Hume-Reaction has: every clip is a video and a subject of its name, without the tables' brackets.

    Both tables are read whole, so that a bad line ends the run before any work; they may be one file. A clip that they
    name and that has no file is left out, as is a file that they do not name; both are named at every start. Labels of
    test clips, where the table has any, are not used: nothing may learn from them. What is wrong with labels that are
    not used is reported, and ends nothing.

    Raises:
        InputError: a table or the folder is missing, a line of a table is wrong, a clip has labels and no split, a
            training or validation clip has no labels, `corpus.exclude` names no clip, or a split has no clip.
    """
    partition, labels = find_partition(corpus), corpus.root / corpus.labels
    entries, annotations = read_partition(partition), read_intensities(labels)
    if unknown := [name for name in corpus.exclude if name not in entries]:
        raise InputError(f"corpus.exclude: no clip of {partition} is named {', '.join(map(repr, unknown))}")
    included = {clip: entry for clip, entry in entries.items() if clip not in corpus.exclude}
    non_videos: list[str] = []
    files = find_videos(corpus.root / corpus.videos, non_videos)
    non_test_clips = {clip for clip, entry in included.items() if entry.split != "test" and clip in files}
    faults = {clip: annotation.fault for clip, annotation in annotations.items() if annotation.fault}
    refuse(
        [
            *(fault for clip, fault in faults.items() if clip in non_test_clips),
            *_find_clips_without_split(labels, annotations, partition, entries),
            *_find_clips_without_labels(
                partition, {clip: entries[clip] for clip in non_test_clips - faults.keys()}, labels, annotations
            ),
        ]
    )
    return listing_of(
        files={clip: files[clip] for clip in sorted(included) if clip in files},
        splits={clip: entry.split for clip, entry in included.items() if clip in files},
        labels=labels,
        partition=partition,
        excluded=corpus.exclude,
        remarks=(
            *([] if corpus.partition or partition.name == USUAL else [f"splits are those of {partition}"]),
            *describe_missing_files(included.keys() - files.keys()),
            *_describe_clips("video(s) are in no table of the corpus, and are left out", files.keys() - entries.keys()),
            *_describe_clips(
                "test clip(s) have labels, which are not used",
                (
                    clip
                    for clip, annotation in annotations.items()
                    if annotation.intensities and clip in included and included[clip].split == "test"
                ),
            ),
            *describe_non_videos(non_videos),
            *describe_unused_faults(
                [fault for clip, fault in faults.items() if clip in entries and clip not in non_test_clips]
            ),
        ),
    )


def listing_of(
    files: Mapping[str, Path],
    splits: dict[str, str],
    labels: Path,
    partition: Path,
    excluded: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
    held_out: Path | None = None,
) -> Listing:
    """The listing of clips that are annotated in one table.

    Args:
        files: by clip, in the order of their names.
        splits: of the same clips.
        labels: the table of all training and validation clips.
        partition: the table whose test clips the submission has, in its order.
        excluded: clips that the settings leave out.
        remarks: what else is left out, in words.
        held_out: folder of test labels for the declared demo test score.

    Raises:
        InputError: a split has no clip.
    """
    for split in ("train", "validation"):
        if split not in splits.values():
            raise InputError(
                f"{partition}: none of the {len(splits)} clips that have a file is of the {split} split; expected some "
                "of each: see corpus.partition and corpus.videos"
            )
    return Listing(
        videos=tuple(Video(clip, path, (Subject(clip),)) for clip, path in files.items()),
        splits=splits,
        labels={clip: (labels,) for clip in files if splits[clip] != "test"},
        sample=partition,
        excluded=excluded,
        remarks=remarks,
        held_out=held_out,
    )


def describe_missing_files(clips: Iterable[str]) -> list[str]:
    """The remark on clips that the tables name and that have no file."""
    return _describe_clips("clip(s) of the corpus's tables have no file, and are left out", clips)


def _describe_clips(description: str, clips: Iterable[str]) -> list[str]:
    names = sorted(clips)
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return [f"{len(names)} {description}: {shown}"] if names else []


def _find_clips_without_split(
    labels: Path, annotations: Mapping[str, ClipAnnotation], partition: Path, entries: Mapping[str, Entry]
) -> Iterator[str]:
    return (
        f"{labels}, line {annotation.line}: clip {clip} has labels and no split; add it to {partition}, or remove it"
        for clip, annotation in annotations.items()
        if clip not in entries
    )


def _find_clips_without_labels(
    partition: Path, entries: Mapping[str, Entry], labels: Path, annotations: Mapping[str, ClipAnnotation]
) -> Iterator[str]:
    return (
        f"{partition}, line {entry.line}: clip {clip} is in the {entry.split} split and has no labels in {labels}; add "
        f"them ({FILE_ID} and seven intensities), or take it out"
        for clip, entry in entries.items()
        if entry.split != "test" and (clip not in annotations or annotations[clip].intensities is None)
    )
