"""What one preprocessing job handles: videos and the subjects in them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from affectflow.remote.objects import SCHEME, S3Object

Side = Literal["only", "left", "right"]

_LONGEST = 200


@dataclass(frozen=True)
class Subject:
    """One annotated person in a video; `side` tells which, where two are annotated, or `person` where one is chosen by
    the number among the people that were found, from 1."""

    subject: str
    side: Side = "only"
    person: int | None = None


@dataclass(frozen=True)
class Numbering:
    """How a video that is a folder of pictures is read: what its first picture's number is, and pictures a second."""

    first: int
    rate: float


@dataclass(frozen=True)
class Video:
    """A media file, or a folder of pictures with their numbering, and its annotated people."""

    video: str
    path: Path | S3Object
    subjects: tuple[Subject, ...] = ()
    numbering: Numbering | None = None

    def label(self, subject: Subject) -> str:
        """What messages call one of its people: names of annotated subjects begin with the video's."""
        name = subject.subject
        return name if name.startswith(self.video) else f"{self.video}, person {name}"

    @staticmethod
    def from_json(rows: Sequence[dict[str, Any]]) -> "tuple[Video, ...]":
        """Videos of a script's `--shard` option."""
        return tuple(
            Video(
                row["video"],
                _path(row),
                tuple(Subject(**s) for s in row.get("subjects", ())),
                Numbering(**row["numbering"]) if "numbering" in row else None,
            )
            for row in rows
        )

    def to_json(self, subjects: bool = True, source: bool = False) -> dict[str, Any]:
        """The inverse of `from_json`, without the subjects where a job does not depend on them.

        `source` is for the job that reads the video. It adds how its pictures are numbered, and the ETag of a video in
        storage: Snakemake, which compares the contents of local files, sees nothing else of it.
        """
        row: dict[str, Any] = {"video": self.video, "path": str(self.path)}
        if source and isinstance(self.path, S3Object):
            row["etag"] = self.path.etag
        if source and self.numbering:
            row["numbering"] = asdict(self.numbering)
        if subjects:
            row["subjects"] = [_subject(subject) for subject in self.subjects]
        return row


def _subject(subject: Subject) -> dict[str, Any]:
    row = asdict(subject)
    return {name: value for name, value in row.items() if value is not None}


def _path(row: dict[str, Any]) -> Path | S3Object:
    path = row["path"]
    return S3Object.at(path, row.get("etag")) if path.startswith(SCHEME) else Path(path)


def shards(videos: Iterable[Video], per_shard: int) -> dict[str, tuple[Video, ...]]:
    """Group videos in shards of `per_shard` on average.

    With one video a shard, the shard bears the video's name where that is a plain one. Otherwise a video's shard
    follows from a hash of its name, and the number of shards grows one at a time by splitting one of them in two
    (linear hashing: Litwin, VLDB 1980). So a new video changes the one shard that it joins, and every
    `per_shard`-th new video also splits a shard; all others stay as they are, whatever the corpus's size.
    """
    ordered = sorted(videos, key=lambda v: v.video)
    if per_shard == 1:
        return {_plain(v.video): (v,) for v in ordered}
    count = max(1, -(-len(ordered) // per_shard))
    groups: dict[str, list[Video]] = {}
    for video in ordered:
        groups.setdefault(_shard(video.video, count), []).append(video)
    return {name: tuple(groups[name]) for name in sorted(groups)}


def _shard(video: str, count: int) -> str:
    """The shard of a video among `count`: named by the last bits of the hash that its videos share, and how many."""
    bits = (count - 1).bit_length()
    number = int(hashlib.sha256(video.encode()).hexdigest()[:8], 16) % (1 << bits)
    half = (1 << bits) >> 1
    if number >= count:  # that shard is yet to be split from the one without the highest bit
        number -= half
    if number < half and number + half >= count:
        bits -= 1
    return f"shard-{number:05d}-of-{1 << bits:05d}"


def _plain(name: str) -> str:
    """A file stem that no shell or file system stumbles over; hashed where `name` is not one itself, or so long that
    no file with a suffix and a record beside it could be named after it."""
    if len(name) <= _LONGEST and name.isascii() and all(c.isalnum() or c in "-_." for c in name) and name[0].isalnum():
        return name
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name).strip("-_.")
    return f"{cleaned[: _LONGEST - 9] or 'video'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
