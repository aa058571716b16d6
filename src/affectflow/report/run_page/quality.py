"""Data quality: what was found in every video, and what is odd about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import MANIFEST, VIDEOS, labels_schema
from affectflow.artifacts.tables import as_array, in_one_piece, read_parquet, spans
from affectflow.core.tracks import Track
from affectflow.report.drawing.result_tables import framed
from affectflow.report.run_page.streams import Member, Seen

_RATE = 0.01
"""Relative difference from which on two frame rates are called different."""
_UNEVEN = 0.5
"""Share of the median interval by which an interval must differ for a rate to be called variable: the rounding of
timestamps to milliseconds stays below it."""

MOST = 1000
"""Subjects in the table at most."""


@dataclass(frozen=True)
class InTrack:
    """A subject in one track."""

    split: str
    rows: int | None
    """Of its label file; None without one."""
    difference: int | None
    """Decoded frames less rows."""
    unannotated: int
    """Rows without any annotation."""


@dataclass(frozen=True, eq=False)
class Condition:
    """A subject and its video."""

    member: Member
    video: dict[str, Any]
    """Its row of VIDEOS."""
    seen: Seen
    tracks: dict[str, InTrack]

    @property
    def readable(self) -> bool:
        """Whether any frame of the video was decoded."""
        return bool(self.video["frames"])

    @property
    def oddities(self) -> list[str]:
        """What a person should look at, in words."""
        row = self.video
        if not self.readable:
            return ["cannot be decoded: in no training, prediction or score"]
        oddities = []
        if not row["has_audio"]:
            oddities.append("no sound")
        if uneven(self.seen.times):
            oddities.append("variable frame rate")
        if row["container_rate"] and abs(row["container_rate"] / row["rate"] - 1) > _RATE:
            oddities.append(f"container says {row['container_rate']:.2f} frames/s")
        if row["damaged"]:
            oddities.append(f"{row['damaged']} of {row['expected'] or row['frames']} frames damaged")
        if row["sound_damaged"]:
            oddities.append(f"{row['sound_damaged']:.2f} s of sound damaged")
        if not self.seen.face.any():
            oddities.append("no face in any frame")
        if not self.seen.body.any():
            oddities.append("no body in any frame")
        oddities += row["notes"] or []
        oddities += [
            f"{track}: {in_track.difference:+d} frames"
            for track, in_track in self.tracks.items()
            if in_track.difference
        ]
        return oddities


def uneven(times: NDArray[np.float64]) -> bool:
    """Whether frames do not follow each other in equal intervals."""
    if len(times) < 3:
        return False
    intervals = np.diff(times)
    return bool((np.abs(intervals / np.median(intervals) - 1) > _UNEVEN).any())


def members_of(manifests: Iterable[Path]) -> list[Member]:
    """Every subject of any track, once, by name."""
    tables = (read_parquet(path, MANIFEST).select(["subject", "video", "shard", "frames"]) for path in manifests)
    return sorted({Member(**row) for table in tables for row in table.to_pylist()}, key=lambda m: m.subject)


def conditions(
    work: Path,
    members: Sequence[Member],
    seen: Mapping[str, Seen],
    manifests: Mapping[Track, Path],
    labels: Mapping[Track, Path],
) -> list[Condition]:
    """Every subject's condition: those whose videos cannot be decoded, then those with the most oddities first.

    Args:
        work: folder of the corpus's artifacts.
        members: the subjects.
        seen: what was found of them.
        manifests: by track.
        labels: label table by track, of those that have one.
    """
    videos = {
        row["video"]: row
        for shard in sorted({member.shard for member in members})
        for row in read_parquet(work / f"videos/{shard}.parquet", VIDEOS).to_pylist()
    }
    tracks: dict[str, dict[str, InTrack]] = {}
    for track, path in manifests.items():
        unannotated = _unannotated(track, labels[track]) if track in labels else {}
        for row in read_parquet(path, MANIFEST).to_pylist():
            in_track = InTrack(row["split"], row["rows"], row["difference"], unannotated.get(row["subject"], 0))
            tracks.setdefault(row["subject"], {})[track.name] = in_track
    unsorted = [Condition(m, videos[m.video], seen[m.subject], tracks[m.subject]) for m in members]
    return sorted(unsorted, key=lambda c: (c.readable, -len(c.oddities), _mean(c.seen.face), c.member.subject))


def _unannotated(track: Track, path: Path) -> dict[str, int]:
    table = read_parquet(path, labels_schema(track))
    null = np.ones(len(table), bool)
    for target in track.targets:
        null &= as_array(pa.chunked_array([in_one_piece(table[target]).is_null().cast("uint8")])).astype(bool)
    return {subject: int(null[rows].sum()) for subject, rows in spans(table["subject"]).items()}


def summary(conditions: Sequence[Condition]) -> list[tuple[str, str]]:
    """Figures of the whole corpus: what they count, and the count."""
    every = {c.member.video: c for c in conditions}.values()
    videos = [c for c in every if c.readable]
    frames = sum(len(c.seen.times) for c in conditions)
    return [
        ("videos", str(len(every))),
        ("videos that cannot be decoded", str(len(every) - len(videos))),
        ("subjects", str(len(conditions))),
        ("decoded frames", f"{sum(len(c.seen.times) for c in videos):,}"),
        ("hours", f"{sum(float(c.seen.times[-1] - c.seen.times[0]) for c in videos) / 3600:.2f}"),
        ("frames with a face", _share(sum(int(c.seen.face.sum()) for c in conditions), frames)),
        ("frames with a body", _share(sum(int(c.seen.body.sum()) for c in conditions), frames)),
        ("videos without sound", str(sum(not c.video["has_audio"] for c in videos))),
        ("videos of variable rate", str(sum(uneven(c.seen.times) for c in videos))),
        ("damaged frames", f"{sum(c.video['damaged'] or 0 for c in videos):,}"),
        ("videos with damaged frames", str(sum(bool(c.video["damaged"]) for c in videos))),
        ("videos with damaged sound", str(sum(bool(c.video["sound_damaged"]) for c in videos))),
        ("count mismatches", str(sum(bool(t.difference) for c in conditions for t in c.tracks.values()))),
        ("unannotated rows", f"{sum(t.unannotated for c in conditions for t in c.tracks.values()):,}"),
    ]


def _mean(flags: NDArray[np.uint8]) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _share(part: int, total: int) -> str:
    return f"{100 * part / total:.1f} %" if total else "–"


def as_html(conditions: Sequence[Condition], tracks: Sequence[str], most: int = MOST) -> str:
    """The table of subjects, of which `most` are shown."""
    heads = ["subject", "video", "frames", "frames/s", "face", "body", "sound", *tracks, "odd"]
    rows = []
    for c in conditions[:most]:
        frames = len(c.seen.times)
        rows.append(
            [
                escape(c.member.subject),
                escape(Path(c.video["path"]).name),
                str(frames),
                f"{c.video['rate']:.2f}" if c.readable else "–",
                _meter(int(c.seen.face.sum()), frames),
                _meter(int(c.seen.body.sum()), frames),
                _sound(c),
                *(_in_track(c.tracks.get(track)) for track in tracks),
                "<br>".join(map(escape, c.oddities)),
            ]
        )
    table = framed(heads, rows, "Data quality by subject", (2, 3))
    if len(conditions) <= most:
        return table
    return (
        f'<p class="note">To keep this file small, {most:,} of {len(conditions):,} subjects are in the table, '
        f"those with the most that is odd; the figures above are of all.</p>{table}"
    )


def _sound(condition: Condition) -> str:
    if condition.video["has_audio"]:
        return f"{condition.video['audio_seconds']:.1f} s"
    return '<span class="bad">none</span>' if condition.readable else "–"


def _meter(part: int, total: int) -> str:
    share = part / total if total else 0
    return f'<span class="meter" style="--share:{share:.3f}">{100 * share:.1f} %</span>'


def _in_track(in_track: InTrack | None) -> str:
    if in_track is None:
        return '<span class="dim">–</span>'
    rows = "no labels" if in_track.rows is None else "1 row" if in_track.rows == 1 else f"{in_track.rows} rows"
    unannotated = f", {in_track.unannotated} unannotated" if in_track.unannotated else ""
    return f"{escape(in_track.split)}<br><span class='dim'>{rows}{unannotated}</span>"
