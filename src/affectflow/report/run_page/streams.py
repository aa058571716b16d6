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
    found: dict[str, Seen] = {}
    for shard, its in groupby(sorted(members, key=lambda m: (m.shard, m.subject)), key=lambda m: m.shard):
        rows = ArtifactRows(work)  # of one shard, so that body tables of others are let go
        for member in its:
            times = rows.times(shard, member.video, member.frames).copy()
            face = rows.faces_found(shard, member.subject, member.frames)
            _, body = rows.boxes(shard, member.subject, member.frames)
            found[member.subject] = Seen(times, face.astype(np.uint8), body.astype(np.uint8))
    return found


def seen_utterances(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    """The same by video and utterance, where subjects are utterances: when each is half over, as if their clips were
    played one after the other, and whether a face and a body were found in any of its frames."""
    found = {}
    for video, clips in by_video(name for name, its in seen.items() if len(its.times)).items():
        its = [seen[subject] for subject in clips]
        lengths = np.array([clip.times[-1] - clip.times[0] for clip in its])
        found[video] = Seen(
            times=np.cumsum(lengths) - lengths / 2,
            face=np.array([clip.face.max() for clip in its], np.uint8),
            body=np.array([clip.body.max() for clip in its], np.uint8),
        )
    return found
