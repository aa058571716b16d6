"""One score of one frame, or of one clip, taken apart: from the digits in a table to the bytes of the video."""

import csv
import io
import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from affectflow.artifacts.layout import FEATURES, RESIZED, artifact_file, feature_set, resized
from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.record import Record
from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import as_array, read_parquet, rows_of
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.dataloading.rows import ArtifactRows
from affectflow.fusion.late_fusion import fused
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import fusion_of, predicted
from affectflow.report.trace.branch_trace import BranchScore, branch_score

DIGITS = 6
"""Digits after the point in the tables of scores."""


@dataclass(frozen=True)
class ScoreTrace:
    """Everything behind the scores of one frame of one subject, or of a clip that is scored as a whole."""

    table: str
    track: Track
    method: str
    weights: str
    thresholds: dict[str, float]
    """Probability from which an action unit is active, by unit."""
    subject: str
    frame: int | None
    """From 0; None of a clip."""
    time: float | None
    """Seconds on the video's own timeline; None of a clip."""
    video: str
    source: str
    source_digest: str
    shard: str
    frames: int
    """Decoded ones of the subject."""
    values: dict[str, float]
    """Fused, by output: the sum of weight x branch value."""
    written: dict[str, str] | None
    """The digits in the table, by target; none where the table has no row of its own for what is scored."""
    annotated: dict[str, float | None] | None
    """The labels of the frame or clip, where its split has any."""
    branches: tuple[BranchScore, ...]
    files: dict[str, str]
    """The shard's artifacts by kind, in the order in which they are made: frames, resized/<size>, sound, faces, body,
    mel, features/<set>; those that the system needs."""

    def branches_of(self, output: str) -> list[BranchScore]:
        """The branches that an output is fused from."""
        return [branch for branch in self.branches if output in branch.weights]

    def outputs(self, target: str) -> tuple[str, ...]:
        """The outputs that predict a target."""
        return self.track.outputs[self.track.outputs_of(target)]

    def digits(self, target: str) -> str:
        """What the weighted sums say of a target, in the digits of the tables: the number, the class's number, or
        whether the unit is active."""
        if self.track.continuous:
            return f"{self.values[target]:z.{DIGITS}f}"
        if self.track.kind == "units":
            return str(int(np.float32(self.values[target]) >= np.float32(self.thresholds[target])))
        values = [self.values[output] for output in self.outputs(target)]
        return str(values.index(max(values)))

    def describe(self, target: str) -> str:
        """The same for people."""
        digits = self.digits(target)
        return digits if self.track.continuous else self.words(float(digits))

    def words(self, value: float) -> str:
        """What a target's number says: a class by its name, a unit as active or not."""
        if self.track.continuous:
            return f"{value:g}"
        return self.track.header[int(value)] if self.track.kind == "classes" else ("inactive", "active")[int(value)]

    def target_agrees(self, target: str) -> bool:
        """Whether the table, where it has a row a frame, says just these digits."""
        return self.written is None or self.written[target] == self.digits(target)

    @property
    def agrees(self) -> bool:
        """Whether the table's digits are those of the weighted sum."""
        return all(map(self.target_agrees, self.track.targets))


def trace_score(
    chain: Chain, table: str, subject: str, frame: int | None = None, method: str | None = None
) -> ScoreTrace:
    """Take the scores of one frame, or of one clip, apart.

    Args:
        chain: the records.
        table: a table of scores, as records spell its path.
        subject: one of the table's.
        frame: counted from 0; image `00001.jpg` of the official names is frame 0. Not of a clip, which is scored as a
            whole.
        method: row of a validation table.

    Raises:
        InputError: the subject or frame is not there, or a record or artifact is missing or damaged.
    """
    fusion = fusion_of(chain, table, method)
    track = fusion.fused.predicts
    predictions = read_branches(fusion.predictions, track)
    first = next(iter(predictions.values()))
    counts = first.frames
    if subject not in counts:
        raise InputError(f"{table}: no subject {subject!r} in its {fusion.split} split; it has {_abbreviate(counts)}")
    row = int(first.starts[first.subjects.index(subject)]) + _row(track, table, subject, frame, counts[subject])
    values = _by_output(track, fused(predictions, fusion.fused)[row])
    records = {branch: predicted(chain, _name(chain, path)) for branch, path in fusion.predictions.items()}
    options = next(iter(records.values())).options
    manifest_row = _manifest_row(chain.folder / str(options["manifest"]), subject)
    work = str(options["work"])
    files = _files(chain, records.values(), work, manifest_row["shard"])
    times = _times(chain.folder / files["frames"], manifest_row["video"])
    # Where faces are looked for, their absence may end sequences.
    face_found = np.ones(len(times), np.bool_)
    if "faces" in files:
        face_found = ArtifactRows(chain.folder / work).faces_found(manifest_row["shard"], subject, len(times))
    scored_frame = None if track.per_clip else frame
    return ScoreTrace(
        table=table,
        track=track,
        method=fusion.method,
        weights=_name(chain, fusion.weights),
        thresholds=fusion.fused.thresholds,
        subject=subject,
        frame=scored_frame,
        time=None if scored_frame is None else float(times[scored_frame]),
        video=manifest_row["video"],
        source=manifest_row["path"],
        source_digest=manifest_row["digest"],
        shard=manifest_row["shard"],
        frames=len(times),
        values=values,
        written=_read_digits(chain.folder / table, track, subject, scored_frame) if fusion.split == "test" else None,
        annotated=_labels(chain.folder / fusion.labels, track, subject, scored_frame or 0) if fusion.labels else None,
        branches=tuple(
            branch_score(
                chain,
                branch,
                track,
                _by_output(track, branch_predictions.values[row]),
                fusion.fused.weights,
                _name(chain, fusion.predictions[branch]),
                scored_frame,
                face_found,
                times,
            )
            for branch, branch_predictions in predictions.items()
        ),
        files=files,
    )


def _row(track: Track, table: str, subject: str, frame: int | None, count: int) -> int:
    """The place of a score among the subject's `count` rows."""
    if track.per_clip:
        if frame not in (None, 0):
            raise InputError(f"{table}: clip {subject} is scored as a whole; leave out --frame")
        return 0
    if frame is None:
        raise InputError(f"{table}: has a score a frame; name one with --frame, from 0 to {count - 1}")
    if not 0 <= frame < count:
        raise InputError(f"{table}: subject {subject} has the frames 0 to {count - 1}, not {frame}")
    return frame


def curves(chain: Chain, trace: ScoreTrace) -> dict[str, dict[str, np.ndarray]]:
    """The subject's scores over all its frames: by output, then `fused` or branch, each of shape (frames,), of those
    that it is fused from."""
    fusion = fusion_of(chain, trace.table, trace.method)
    predictions = read_branches(fusion.predictions, trace.track)
    first = next(iter(predictions.values()))
    start = int(first.starts[first.subjects.index(trace.subject)])
    rows = slice(start, start + trace.frames)
    fused_values = fused(predictions, fusion.fused)
    return {
        output: {"fused": fused_values[rows, column]}
        | {score.branch: predictions[score.branch].values[rows, column] for score in trace.branches_of(output)}
        for column, output in enumerate(trace.track.outputs)
    }


def _files(chain: Chain, prediction_records: Iterable[Record], work: str, shard: str) -> dict[str, str]:
    """A shard's artifacts by kind; a system that has no use for faces, bodies or sound makes none."""
    input_paths = {item.path for record in prediction_records for item in record.inputs}
    sizes, sets = (
        {PurePosixPath(path).parent.name for path in input_paths if PurePosixPath(path).match(f"{work}/{kind}/*/*")}
        for kind in (RESIZED, FEATURES)
    )
    kinds = ["frames", *(resized(int(size)) for size in sorted(sizes, key=int)), "sound", "faces", "body", "mel"]
    kinds += [feature_set(name) for name in sorted(sets)]
    files = {kind: f"{work}/{artifact_file(kind, shard)}" for kind in kinds}
    return {kind: name for kind, name in files.items() if chain.record(name) is not None}


def _manifest_row(manifest: Path, subject: str) -> dict[str, Any]:
    table = read_parquet(manifest, MANIFEST)
    rows = rows_of(table["subject"], subject)
    if not len(rows):
        raise InputError(f"{manifest}: has no subject {subject!r}; it is not the manifest of the predictions")
    row: dict[str, Any] = table.slice(int(rows[0]), 1).to_pylist()[0]
    return row


def _times(frames: Path, video: str) -> np.ndarray:
    # Imported here: it needs OpenCV, which a table's trace does not.
    from affectflow.preprocessing.media.pictures import Frames

    return Frames(frames).times(video)


def _by_output(track: Track, row: np.ndarray) -> dict[str, float]:
    return dict(zip(track.outputs, row.tolist(), strict=True))


def _labels(labels: Path, track: Track, subject: str, frame: int) -> dict[str, float | None]:
    table = read_parquet(labels, labels_schema(track))
    rows = rows_of(table["subject"], subject)
    rows = rows[as_array(table["frame"])[rows] == frame]
    return {target: table[target][int(rows[0])].as_py() if len(rows) else None for target in track.targets}


def _read_digits(table: Path, track: Track, subject: str, frame: int | None) -> dict[str, str]:
    if frame is None:
        return _read_clip_digits(table, track, subject)
    return _read_frame_digits(table, track, f"{subject}/{frame + 1:05d}.jpg")


def _read_clip_digits(table: Path, track: Track, clip: str) -> dict[str, str]:
    """The digits of a clip's row, whose name may be in brackets."""
    with table.open(encoding="utf-8", newline="") as lines:
        for name, *digits in csv.reader(lines):
            if name.removeprefix("[").removesuffix("]") == clip:
                return dict(zip(track.targets, digits, strict=True))
    raise InputError(f"{table}: has no row of clip {clip}")


def _read_frame_digits(table: Path, track: Track, image: str) -> dict[str, str]:
    """The digits of a frame's row; found without parsing the rows before it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([image])
    pattern = f"\n{line.getvalue()},".encode()
    with table.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begin = content.find(pattern)
        if begin < 0:
            raise InputError(f"{table}: has no row of image {line.getvalue()}: the official sample does not ask for it")
        end = content.find(b"\n", begin + 1)
        row = content[begin + len(pattern) : end if end >= 0 else len(content)].decode()
    return dict(zip(track.targets, row.split(","), strict=True))


def _name(chain: Chain, path: Path) -> str:
    return path.relative_to(chain.folder).as_posix()


def _abbreviate(names: Mapping[str, Any]) -> str:
    sorted_names = sorted(names)
    return ", ".join(sorted_names[:8]) + (", …" if len(sorted_names) > 8 else "")
