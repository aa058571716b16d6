"""What preprocessing found of every subject: times of its frames, and in which of them a face and a body were found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import as_array, read_arrow, read_parquet, spans
from affectflow.errors import InputError
from affectflow.media.pictures import Frames


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


def shard_files(work: Path, shard: str) -> tuple[Path, Path, Path]:
    """Files of a shard that `seen_subjects` reads: frames, faces, body."""
    return work / f"frames/{shard}.arrow", work / f"faces/{shard}.arrow", work / f"body/{shard}.parquet"


def seen_subjects(work: Path, members: Iterable[Member]) -> dict[str, Seen]:
    """What was found of each subject; pictures in the files are not read.

    Raises:
        InputError: a file is missing or damaged, or lacks a subject or some of its frames.
    """
    by_shard: dict[str, list[Member]] = {}
    for member in members:
        by_shard.setdefault(member.shard, []).append(member)
    found: dict[str, Seen] = {}
    for shard, its in sorted(by_shard.items()):
        path, *tables = shard_files(work, shard)
        frames = Frames(path)
        faces, bodies = map(_found, _read(*tables))
        for member in its:
            times = frames.times(member.video)
            pair = [
                _whole(each, member.subject, len(times), p) for each, p in zip((faces, bodies), tables, strict=True)
            ]
            found[member.subject] = Seen(times.copy(), *pair)
    return found


def _read(faces: Path, body: Path) -> tuple[pa.Table, pa.Table]:
    return read_arrow(faces, FACES), read_parquet(body, BODY)


def _found(table: pa.Table) -> Mapping[str, NDArray[np.uint8]]:
    flags = as_array(table["found"].cast("uint8"))
    return {name: flags[rows].copy() for name, rows in spans(table["subject"]).items()}


def _whole(found: Mapping[str, NDArray[np.uint8]], subject: str, frames: int, path: Path) -> NDArray[np.uint8]:
    if len(found.get(subject, ())) != frames:
        raise InputError(
            f"{path}: {len(found.get(subject, ()))} rows of subject {subject}, expected its {frames} decoded frames; "
            "delete the file and run again"
        )
    return found[subject]
