"""What preprocessing found of every subject: times of its frames, and in which of them a face and a body were found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.rows import ArtifactRows
from affectflow.datasets.video.utterances import by_video


@dataclass(frozen=True, eq=False)
class Seen:
    """One subject, by decoded frame."""

    times: NDArray[np.float64]
    """Seconds."""
    face: NDArray[np.uint8]
    """1 where a face was found."""
    body: NDArray[np.uint8]


@dataclass(frozen=True)
class Member:
    """Where a subject's artifacts lie."""

    subject: str
    video: str
    shard: str
    frames: int
    """Decoded frames."""


def seen_subjects(work: Path, members: Iterable[Member]) -> dict[str, Seen]:
    """What was found of each subject; pictures in the files are not read.

    Raises:
        InputError: a file is missing or damaged, or lacks a subject or some of its frames.
    """
    by_subject: dict[str, Seen] = {}
    for shard, shard_members in groupby(sorted(members, key=lambda m: (m.shard, m.subject)), key=lambda m: m.shard):
        rows = ArtifactRows(work)  # of one shard, so that body tables of others are let go
        for member in shard_members:
            times = rows.times(shard, member.video, member.frames).copy()
            face = rows.faces_found(shard, member.subject, member.frames)
            _, body = rows.boxes(shard, member.subject, member.frames)
            by_subject[member.subject] = Seen(times, face.astype(np.uint8), body.astype(np.uint8))
    return by_subject


def seen_utterances(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    """The same by video and utterance, where subjects are utterances: when each is half over, as if their clips were
    played one after the other, and whether a face and a body were found in any of its frames."""
    seen_videos = {}
    for video, clips in by_video(name for name, subject_seen in seen.items() if len(subject_seen.times)).items():
        clips_seen = [seen[subject] for subject in clips]
        lengths = np.array([clip.times[-1] - clip.times[0] for clip in clips_seen])
        seen_videos[video] = Seen(
            times=np.cumsum(lengths) - lengths / 2,
            face=np.array([clip.face.max() for clip in clips_seen], np.uint8),
            body=np.array([clip.body.max() for clip in clips_seen], np.uint8),
        )
    return seen_videos
