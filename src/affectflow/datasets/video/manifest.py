"""The manifest of a track: one row a subject, with frames and label rows reconciled."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from affectflow.artifacts.schemas import MANIFEST, VIDEOS, labels_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.shard import Video

log = logging.getLogger(__name__)

_SHOWN = 20
_FROM_VIDEO = (
    *("path", "digest", "frames", "rate", "width", "height", "has_audio"),
    *("expected", "damaged", "sound_damaged", "notes"),
)


def manifest_table(
    shards: Sequence[tuple[str, Sequence[Video]]],
    splits: Mapping[str, str],
    videos: Sequence[Path],
    labels: Path | None,
    track: Track,
    tolerance: int,
    label_files: Mapping[str, Sequence[Path]],
    out: Path,
    partial: bool = False,
    leave_out: bool = False,
) -> None:
    """Write the manifest; rows in the order of shards, their videos and subjects.

    Shards hold the videos of all tracks: `splits` says which of their subjects are the track's.
    A subject's label rows and its video's decoded frames are matched by frame number; where their counts
    differ by at most `tolerance` frames, `difference` records by how much, and what has no counterpart is not
    used. Where clips are annotated as a whole there is nothing to match: a clip has one row, and `difference` is null,
    as it is of a subject whose video has no frame.

    Args:
        shards: name and videos, with their subjects, of each shard.
        splits: split by subject of the track.
        videos: tables of what decoding found, one a shard.
        labels: label table of the track; none for a corpus without labels.
        track: what they annotate.
        tolerance: largest difference in frames that is reconciled.
        label_files: label files by subject, for messages.
        out: the manifest to write.
        partial: whether label files may annotate a part of their videos alone, so that only rows may be too many.
        leave_out: whether videos may be without any frame (`decode.unreadable`); they are named in the log.

    Raises:
        InputError: a video was not decoded, a subject of the track has no video, a labelled subject is not one of
            the track's, or a subject of the training or validation split has no labels; counts differ by more than
            `tolerance` (names each such subject, both counts and both files), or a video has no frame without
            `leave_out`.
    """
    decoded = {row["video"]: row for path in videos for row in read_parquet(path, VIDEOS).to_pylist()}
    rows_of = _label_rows(labels, track)
    rows: list[dict[str, Any]] = []
    for shard, members in shards:
        for video in members:
            subjects = [subject.subject for subject in video.subjects if subject.subject in splits]
            if subjects and video.video not in decoded:
                raise InputError(f"{video.path}: shard {shard} has no decoded frames of it; run its decode job again")
            for subject in subjects:
                row = {name: decoded[video.video][name] for name in _FROM_VIDEO}
                row |= {"subject": subject, "video": video.video, "shard": shard}
                row |= {"split": splits[subject], "rows": rows_of.get(subject)}
                comparable = row["rows"] is not None and row["frames"] and not track.per_clip
                row["difference"] = row["frames"] - row["rows"] if comparable else None
                rows.append(row)
    label_names = {subject: _describe_files(files) for subject, files in label_files.items()}
    _check_members(rows, splits, rows_of, label_names)
    _check_counts(rows, tolerance, partial, label_names)
    _check_frames(rows, leave_out)
    write_parquet(out, rows, MANIFEST)


def _label_rows(labels: Path | None, track: Track) -> dict[str, int]:
    if labels is None:
        return {}
    counts = pc.value_counts(read_parquet(labels, labels_schema(track))["subject"]).to_pylist()
    return {count["values"]: count["counts"] for count in counts}


def _check_members(
    rows: Sequence[dict[str, Any]],
    splits: Mapping[str, str],
    labelled: Iterable[str],
    label_names: Mapping[str, str],
) -> None:
    problems = [
        f"{label_names.get(subject, 'labels')}: subject {subject} has labels and is in no split; remove the label file"
        for subject in labelled
        if subject not in splits
    ]
    with_video = {row["subject"] for row in rows}
    problems += [
        f"{label_names.get(subject, 'the test list')}: subject {subject} of the {split} split has no video; add its "
        "video or take it out of the split"
        for subject, split in splits.items()
        if subject not in with_video
    ]
    problems += [
        f"{row['path']}: subject {row['subject']} of the {row['split']} split has no labels; add its label file or "
        "take it out of the split"
        for row in rows
        if row["rows"] is None and row["split"] != "test" and row["frames"]
    ]
    _refuse(problems)


def _check_counts(
    rows: Sequence[dict[str, Any]], tolerance: int, partial: bool, label_names: Mapping[str, str]
) -> None:
    problems = [
        f"subject {row['subject']}: {row['path']} has {row['frames']} frames, "
        f"{label_names.get(row['subject'], 'its label file')} has {row['rows']} rows; they may differ by "
        f"at most {tolerance} (corpus.tolerance): replace the file that is wrong"
        for row in rows
        if row["difference"] is not None
        and abs(row["difference"]) > tolerance
        and not (partial and row["difference"] > 0)
    ]
    _refuse(problems)


def _check_frames(rows: Sequence[dict[str, Any]], leave_out: bool) -> None:
    """Name the subjects of whose videos no frame could be decoded."""
    frameless = [f"{row['subject']} ({row['split']})" for row in rows if not row["frames"]]
    if not frameless:
        return
    names = ", ".join(frameless[:_SHOWN]) + (", …" if len(frameless) > _SHOWN else "")
    if not leave_out:
        raise InputError(
            f"no frame was decoded of {len(frameless)} subject(s): {names}; set decode.unreadable: leave_out, as when "
            "they were decoded, or mend their videos or leave them out (corpus.exclude)"
        )
    log.warning("no frame can be decoded of %d subject(s), which are left out: %s", len(frameless), names)


def _describe_files(files: Sequence[Path]) -> str:
    """A subject's label files in a message."""
    return f"{files[0]}" + (f" and {len(files) - 1} more" if len(files) > 1 else "")


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more subjects" if len(problems) > _SHOWN else ""
        raise InputError("\n".join(problems[:_SHOWN]) + more)
