"""Annotations by utterance: laid on the frames that networks learn from, and as the tables that utterances are scored
with.

In the latter a subject is a video and a frame one of its utterances, in the order of their numbers and without gaps, so
that fusion and scores treat utterances as they treat frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from affectflow.artifacts.schemas import MANIFEST, VIDEOS, labels_schema
from affectflow.artifacts.tables import in_one_piece, read_parquet, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.utterances import by_video


def expand_to_frames(utterance_labels: Path, videos: Sequence[Path], track: Track, out: Path) -> None:
    """Write the label table of frames: every decoded frame of an utterance carries the utterance's annotation.

    Args:
        utterance_labels: label table with one row a subject, each an utterance with a video of its own name.
        videos: tables of what decoding found, one a shard.
        track: what is annotated.
        out: the label table to write.

    Raises:
        InputError: a subject has more than one row, or its video was not decoded.
    """
    frames = {row["video"]: row["frames"] for path in videos for row in read_parquet(path, VIDEOS).to_pylist()}
    table = read_parquet(utterance_labels, labels_schema(track))
    rows = _one_row_each(utterance_labels, table)
    if missing := sorted(rows.keys() - frames.keys()):
        raise InputError(
            f"{utterance_labels}: {len(missing)} utterance(s) have no decoded frames, such as {missing[0]}"
        )
    counts = [frames[subject] for subject in rows]
    expanded = table.take(pa.array(np.repeat(np.fromiter(rows.values(), np.int64, len(rows)), counts)))
    frame_numbers = np.concatenate([np.zeros(0, np.int32), *(np.arange(count, dtype=np.int32) for count in counts)])
    columns = {name: in_one_piece(expanded[name]) for name in expanded.column_names}
    write_parquet(out, columns | {"frame": frame_numbers}, labels_schema(track))


def utterance_tables(utterance_labels: Path, manifest: Path, track: Track, labels: Path, videos: Path) -> None:
    """Write the label table and the manifest of utterances; one of whose clip no frame was decoded is in neither.

    Args:
        utterance_labels: label table with one row a subject, each an utterance.
        manifest: of the utterances' clips.
        track: what is annotated.
        labels: the label table to write: a row an utterance of every video that has labels.
        videos: the manifest to write: a row a video; `frames` are its utterances, `rows` those with labels.

    Raises:
        InputError: a subject is no utterance or has more than one row, or a video is in two splits.
    """
    table = read_parquet(utterance_labels, labels_schema(track))
    rows = _one_row_each(utterance_labels, table)
    clips = {row["subject"]: row for row in read_parquet(manifest, MANIFEST).to_pylist() if row["frames"]}
    grouped = by_video(clips)
    label_rows: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for video, subjects in grouped.items():
        splits = {clips[subject]["split"] for subject in subjects}
        if len(splits) > 1:
            raise InputError(f"{manifest}: utterances of video {video} are in the splits {', '.join(sorted(splits))}")
        labelled = sum(subject in rows for subject in subjects)
        members.append(
            dict.fromkeys(MANIFEST.names)
            | {
                "subject": video,
                "video": video,
                "split": splits.pop(),
                "path": str(Path(clips[subjects[0]]["path"]).parent),
            }
            | {
                "frames": len(subjects),
                "rows": labelled or None,
                "difference": len(subjects) - labelled if labelled else None,
            }
            | {"damaged": sum(clips[subject]["damaged"] for subject in subjects)}
        )
        if labelled:
            label_rows += [
                {"subject": video, "frame": index, "row": rows.get(name)} for index, name in enumerate(subjects)
            ]
    label_values = table.take(pa.array([row["row"] for row in label_rows], pa.int64()))
    columns = {name: [row[name] for row in label_rows] for name in ("subject", "frame")}
    write_parquet(labels, columns | {n: in_one_piece(label_values[n]) for n in track.targets}, labels_schema(track))
    write_parquet(videos, members, MANIFEST)


def _one_row_each(utterance_labels: Path, table: pa.Table) -> dict[str, int]:
    subjects = table["subject"].to_pylist()
    rows = {subject: row for row, subject in enumerate(subjects)}
    if len(rows) < len(subjects):
        repeated = next(subject for row, subject in enumerate(subjects) if rows[subject] != row)
        raise InputError(f"{utterance_labels}: subject {repeated} has more than one row; expected one an utterance")
    return rows
