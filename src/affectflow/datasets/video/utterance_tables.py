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


def lay_on_frames(given: Path, videos: Sequence[Path], track: Track, out: Path) -> None:
    """Write the label table of frames: every decoded frame of an utterance carries the utterance's annotation.

    Args:
        given: label table with one row a subject, each an utterance with a video of its own name.
        videos: tables of what decoding found, one a shard.
        track: what is annotated.
        out: the label table to write.

    Raises:
        InputError: a subject has more than one row, or its video was not decoded.
    """
    frames = {row["video"]: row["frames"] for path in videos for row in read_parquet(path, VIDEOS).to_pylist()}
    table = read_parquet(given, labels_schema(track))
    rows = _one_row_each(given, table)
    if missing := sorted(rows.keys() - frames.keys()):
        raise InputError(f"{given}: {len(missing)} utterance(s) have no decoded frames, such as {missing[0]}")
    counts = [frames[subject] for subject in rows]
    laid = table.take(pa.array(np.repeat(np.fromiter(rows.values(), np.int64, len(rows)), counts)))
    number = np.concatenate([np.zeros(0, np.int32), *(np.arange(count, dtype=np.int32) for count in counts)])
    columns = {name: in_one_piece(laid[name]) for name in laid.column_names}
    write_parquet(out, columns | {"frame": number}, labels_schema(track))


def utterance_tables(given: Path, manifest: Path, track: Track, labels: Path, videos: Path) -> None:
    """Write the label table and the manifest of utterances; one of whose clip no frame was decoded is in neither.

    Args:
        given: label table with one row a subject, each an utterance.
        manifest: of the utterances' clips.
        track: what is annotated.
        labels: the label table to write: a row an utterance of every video that has labels.
        videos: the manifest to write: a row a video; `frames` are its utterances, `rows` those with labels.

    Raises:
        InputError: a subject is no utterance or has more than one row, or a video is in two splits.
    """
    table = read_parquet(given, labels_schema(track))
    rows = _one_row_each(given, table)
    clips = {row["subject"]: row for row in read_parquet(manifest, MANIFEST).to_pylist() if row["frames"]}
    grouped = by_video(clips)
    known: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for video, its in grouped.items():
        splits = {clips[subject]["split"] for subject in its}
        if len(splits) > 1:
            raise InputError(f"{manifest}: utterances of video {video} are in the splits {', '.join(sorted(splits))}")
        labelled = sum(subject in rows for subject in its)
        members.append(
            dict.fromkeys(MANIFEST.names)
            | {"subject": video, "video": video, "split": splits.pop(), "path": str(Path(clips[its[0]]["path"]).parent)}
            | {"frames": len(its), "rows": labelled or None, "difference": len(its) - labelled if labelled else None}
            | {"damaged": sum(clips[subject]["damaged"] for subject in its)}
        )
        if labelled:
            known += [{"subject": video, "frame": place, "row": rows.get(name)} for place, name in enumerate(its)]
    taken = table.take(pa.array([row["row"] for row in known], pa.int64()))
    columns = {name: [row[name] for row in known] for name in ("subject", "frame")}
    write_parquet(labels, columns | {n: in_one_piece(taken[n]) for n in track.targets}, labels_schema(track))
    write_parquet(videos, members, MANIFEST)


def _one_row_each(given: Path, table: pa.Table) -> dict[str, int]:
    subjects = table["subject"].to_pylist()
    rows = {subject: row for row, subject in enumerate(subjects)}
    if len(rows) < len(subjects):
        again = next(subject for row, subject in enumerate(subjects) if rows[subject] != row)
        raise InputError(f"{given}: subject {again} has more than one row; expected one an utterance")
    return rows
