"""One score of one frame, taken apart: from the digits in a table to the bytes of the video."""

import csv
import io
import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.record import Record
from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import as_array, read_parquet, rows_of
from affectflow.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.branch_trace import BranchScore, branch_score
from affectflow.report.table_fusion import fusion_of, predicted
from affectflow.streams.needs import artifact_file, resized
from affectflow.streams.rows import ArtifactRows
from affectflow.tracks import Track
from affectflow.training.late_fusion import fused

DIGITS = 6
"""Digits after the point in the tables of scores."""


@dataclass(frozen=True)
class ScoreTrace:
    """Everything behind the scores of one frame of one subject."""

    table: str
    track: Track
    method: str
    weights: str
    thresholds: dict[str, float]
    """Probability from which an action unit is active, by unit."""
    subject: str
    frame: int
    time: float
    """Seconds on the video's own timeline."""
    video: str
    source: str
    source_digest: str
    shard: str
    frames: int
    """Of the subject."""
    values: dict[str, float]
    """Fused, by output: the sum of weight x branch value."""
    written: dict[str, str] | None
    """The digits in the table, by target; none where the table has no row a frame."""
    annotated: dict[str, float | None] | None
    """The labels of the frame, where its split has any."""
    branches: tuple[BranchScore, ...]
    files: dict[str, str]
    """The shard's artifacts by kind, in the order in which they are made: frames, resized/<size>, sound, faces, body,
    mel, features/<set>; those that the system needs."""

    def given(self, output: str) -> list[BranchScore]:
        """The branches that an output is fused from."""
        return [branch for branch in self.branches if output in branch.weights]

    def outputs(self, target: str) -> tuple[str, ...]:
        """The outputs that predict a target."""
        return self.track.outputs[self.track.outputs_of(target)]

    def digits(self, target: str) -> str:
        """What the weighted sums say of a target, in the digits of the tables: the number, the class's number, or
        whether the unit is active."""
        if self.track.name == "va":
            return f"{self.values[target]:z.{DIGITS}f}"
        if self.track.name == "au":
            return str(int(np.float32(self.values[target]) >= np.float32(self.thresholds[target])))
        values = [self.values[output] for output in self.outputs(target)]
        return str(values.index(max(values)))

    def said(self, target: str) -> str:
        """The same for people."""
        digits = self.digits(target)
        return digits if self.track.name == "va" else self.words(float(digits))

    def words(self, value: float) -> str:
        """What a target's number says: a class by its name, a unit as active or not."""
        if self.track.name == "va":
            return f"{value:g}"
        return self.track.header[int(value)] if self.track.name == "expr" else ("inactive", "active")[int(value)]

    def same(self, target: str) -> bool:
        """Whether the table, where it has a row a frame, says just these digits."""
        return self.written is None or self.written[target] == self.digits(target)

    @property
    def agrees(self) -> bool:
        """Whether the table's digits are those of the weighted sum."""
        return all(map(self.same, self.track.targets))


def trace_score(chain: Chain, table: str, subject: str, frame: int, method: str | None = None) -> ScoreTrace:
    """Take the scores of one frame apart.

    Args:
        chain: the records.
        table: a table of scores, as records spell its path.
        subject: one of the table's.
        frame: counted from 0; image `00001.jpg` of the official names is frame 0.
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
        raise InputError(f"{table}: no subject {subject!r} in its {fusion.split} split; it has {_some(counts)}")
    if not 0 <= frame < counts[subject]:
        raise InputError(f"{table}: subject {subject} has the frames 0 to {counts[subject] - 1}, not {frame}")
    row = int(first.starts[first.subjects.index(subject)]) + frame
    values = _by_output(track, fused(predictions, fusion.fused)[row])
    records = {branch: predicted(chain, _name(chain, path)) for branch, path in fusion.predictions.items()}
    options = next(iter(records.values())).options
    place = _manifest_row(chain.folder / str(options["manifest"]), subject)
    work = str(options["work"])
    files = _files(chain, records.values(), work, place["shard"])
    # Where faces are looked for, their absence may end sequences.
    rows = ArtifactRows(chain.folder / work)
    looked = "faces" in files
    found = rows.faces_found(place["shard"], subject, counts[subject]) if looked else np.ones(counts[subject], np.bool_)
    return ScoreTrace(
        table=table,
        track=track,
        method=fusion.method,
        weights=_name(chain, fusion.weights),
        thresholds=fusion.fused.thresholds,
        subject=subject,
        frame=frame,
        time=_time(chain.folder / files["frames"], place["video"], frame),
        video=place["video"],
        source=place["path"],
        source_digest=place["digest"],
        shard=place["shard"],
        frames=counts[subject],
        values=values,
        written=_written(chain.folder / table, track, subject, frame) if fusion.split == "test" else None,
        annotated=_labels(chain.folder / fusion.labels, track, subject, frame) if fusion.labels else None,
        branches=tuple(
            branch_score(
                chain,
                branch,
                track,
                _by_output(track, its.values[row]),
                fusion.fused.weights,
                _name(chain, fusion.predictions[branch]),
                frame,
                found,
            )
            for branch, its in predictions.items()
        ),
        files=files,
    )


def curves(chain: Chain, trace: ScoreTrace) -> dict[str, dict[str, np.ndarray]]:
    """The subject's scores over all its frames: by output, then `fused` or branch, each of shape (frames,), of those
    that it is fused from."""
    fusion = fusion_of(chain, trace.table, trace.method)
    predictions = read_branches(fusion.predictions, trace.track)
    first = next(iter(predictions.values()))
    start = int(first.starts[first.subjects.index(trace.subject)])
    rows = slice(start, start + trace.frames)
    whole = fused(predictions, fusion.fused)
    return {
        output: {"fused": whole[rows, column]}
        | {its.branch: predictions[its.branch].values[rows, column] for its in trace.given(output)}
        for column, output in enumerate(trace.track.outputs)
    }


def _files(chain: Chain, predicted: Iterable[Record], work: str, shard: str) -> dict[str, str]:
    """A shard's artifacts by kind; a system that has no use for faces, bodies or sound makes none."""
    read = {item.path for record in predicted for item in record.inputs}
    sizes, sets = (
        {PurePosixPath(path).parent.name for path in read if PurePosixPath(path).match(f"{work}/{kind}/*/*")}
        for kind in ("resized", "features")
    )
    kinds = ["frames", *(resized(int(size)) for size in sorted(sizes, key=int)), "sound", "faces", "body", "mel"]
    kinds += [f"features/{name}" for name in sorted(sets)]
    files = {kind: f"{work}/{artifact_file(kind, shard)}" for kind in kinds}
    return {kind: name for kind, name in files.items() if chain.record(name) is not None}


def _manifest_row(manifest: Path, subject: str) -> dict[str, Any]:
    table = read_parquet(manifest, MANIFEST)
    rows = rows_of(table["subject"], subject)
    if not len(rows):
        raise InputError(f"{manifest}: has no subject {subject!r}; it is not the manifest of the predictions")
    found: dict[str, Any] = table.slice(int(rows[0]), 1).to_pylist()[0]
    return found


def _time(frames: Path, video: str, frame: int) -> float:
    # Imported here: it needs OpenCV, which a table's trace does not.
    from affectflow.media.pictures import Frames

    return float(Frames(frames).times(video)[frame])


def _by_output(track: Track, row: np.ndarray) -> dict[str, float]:
    return dict(zip(track.outputs, row.tolist(), strict=True))


def _labels(labels: Path, track: Track, subject: str, frame: int) -> dict[str, float | None]:
    table = read_parquet(labels, labels_schema(track))
    rows = rows_of(table["subject"], subject)
    rows = rows[as_array(table["frame"])[rows] == frame]
    return {target: table[target][int(rows[0])].as_py() if len(rows) else None for target in track.targets}


def _written(table: Path, track: Track, subject: str, frame: int) -> dict[str, str]:
    """The digits of a frame's row; found without parsing the rows before it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([f"{subject}/{frame + 1:05d}.jpg"])
    wanted = f"\n{line.getvalue()},".encode()
    with table.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begin = content.find(wanted)
        if begin < 0:
            raise InputError(f"{table}: has no row of image {line.getvalue()}: the official sample does not ask for it")
        end = content.find(b"\n", begin + 1)
        row = content[begin + len(wanted) : end if end >= 0 else len(content)].decode()
    return dict(zip(track.targets, row.split(","), strict=True))


def _name(chain: Chain, path: Path) -> str:
    return path.relative_to(chain.folder).as_posix()


def _some(names: Mapping[str, Any]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
