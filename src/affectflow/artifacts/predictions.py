"""Prediction tables as arrays: one row for every decoded frame of every subject, without gaps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affectflow.artifacts.schemas import MANIFEST, predictions_schema
from affectflow.artifacts.tables import as_array, in_one_piece, read_parquet, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track

Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Predictions:
    """A track's outputs for frames; frame f of `subjects[i]` is row `starts[i] + f`."""

    source: Path
    """The file they were read from, for messages."""
    subjects: tuple[str, ...]
    """In the file's order."""
    starts: NDArray[np.int64]
    """First row of each subject and, last, the number of rows; shape (subjects + 1,)."""
    values: Scores
    """Shape (rows, outputs of the track), within the track's bounds unless they were read unclipped."""

    @property
    def frames(self) -> dict[str, int]:
        """Number of frames by subject."""
        return dict(zip(self.subjects, np.diff(self.starts).tolist(), strict=True))


def read_predictions(path: Path, track: Track, clip: bool = True) -> Predictions:
    """Read a prediction table of a track; values are clipped to the track's bounds, but where `clip` is false.

    The branches are clipped before they are fused: an average of them then stays in the range by itself and
    its score follows from their moments exactly.

    Raises:
        InputError: the file is missing or damaged or of another track, a subject's rows are not together and in the
            order of its frames from 0 without gaps, or a value is missing or not a number.
    """
    table = read_parquet(path, predictions_schema(track))
    encoded = in_one_piece(table["subject"]).dictionary_encode()
    if table["subject"].null_count or table["frame"].null_count:
        raise InputError(f"{path}: a row without subject or frame; delete the file and run again")
    codes = as_array(encoded.indices)
    subjects = tuple(encoded.dictionary.to_pylist())
    starts = np.flatnonzero(np.diff(codes, prepend=-1, append=-1)) if len(codes) else np.zeros(1, np.int64)
    if len(starts) != len(subjects) + 1:
        run_codes = codes[starts[:-1]]
        repeated = next(i for i, code in enumerate(run_codes) if code in run_codes[:i])
        raise InputError(
            f"{path}: rows of subject {subjects[run_codes[repeated]]} are in two places, the second from row "
            f"{starts[repeated]} on; expected each subject's rows together"
        )
    expected = np.arange(len(codes)) - np.repeat(starts[:-1], np.diff(starts))
    wrong = np.flatnonzero(as_array(table["frame"]) != expected)
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{path}: row {row} of subject {subjects[codes[row]]} is frame {table['frame'][row].as_py()}, "
            f"expected frame {expected[row]}: every decoded frame once, in order"
        )
    values = np.empty((len(codes), len(track.outputs)), np.float32)
    for column, name in enumerate(track.outputs):
        values[:, column] = as_array(table[name])
        not_finite = np.flatnonzero(~np.isfinite(values[:, column]))
        if len(not_finite):
            row = int(not_finite[0])
            raise InputError(
                f"{path}: {name} of subject {subjects[codes[row]]}, frame {expected[row]} is {values[row, column]}, "
                "expected a number; the branch that predicted it is broken: train it again"
            )
    if clip:
        np.clip(values, *track.bounds, out=values)
    return Predictions(path, subjects, starts, values)


def write_predictions(path: Path, track: Track, like: Predictions, values: Scores) -> None:
    """Write new values, shape (rows, outputs), for the frames of `like`."""
    counts = np.diff(like.starts)
    subject = pa.array(like.subjects, pa.string()).take(pa.array(np.repeat(np.arange(len(counts)), counts)))
    frame = np.arange(like.starts[-1]) - np.repeat(like.starts[:-1], counts)
    columns = {"subject": subject, "frame": frame.astype(np.int32)}
    columns |= {name: values[:, column] for column, name in enumerate(track.outputs)}
    write_parquet(path, columns, predictions_schema(track))


def read_branches(paths: Mapping[str, Path], track: Track) -> dict[str, Predictions]:
    """Read the predictions of several branches for the same frames, by branch.

    Raises:
        InputError: as `read_predictions`, or two branches differ in subjects or frames; names the first
            difference.
    """
    branches = {name: read_predictions(path, track) for name, path in paths.items()}
    first, *others = branches.values()
    for other in others:
        _check_same_frames(first, other)
    return branches


def _check_same_frames(first: Predictions, other: Predictions) -> None:
    pairs = zip(first.frames.items(), other.frames.items(), strict=False)
    for (subject, frames), (other_subject, other_frames) in pairs:
        if subject != other_subject:
            problem = f"subject {subject} in the one stands where {other_subject} is in the other"
        elif frames != other_frames:
            problem = f"subject {subject} has {frames} frames in the one and {other_frames} in the other"
        else:
            continue
        raise InputError(f"{first.source} and {other.source}: {problem}; predict both branches again")
    if len(first.subjects) != len(other.subjects):
        longer, shorter = (first, other) if len(first.subjects) > len(other.subjects) else (other, first)
        raise InputError(
            f"{first.source} and {other.source}: subject {longer.subjects[len(shorter.subjects)]} is only in "
            f"{longer.source}; predict both branches again"
        )


def check_complete(predictions: Predictions, manifest: Path, split: str, track: Track) -> None:
    """Check that predictions cover exactly the decoded frames of a split, or its clips (one row each). A subject of
    whose video no frame was decoded has none.

    Raises:
        InputError: a subject is missing, is not of the split, or has another number of frames.
    """
    table = read_parquet(manifest, MANIFEST)
    table = table.filter(pc.and_(pc.equal(table["split"], split), pc.greater(table["frames"], 0)))
    rows = dict(zip(table["subject"].to_pylist(), table["frames"].to_pylist(), strict=True))
    expected = dict.fromkeys(rows, 1) if track.per_clip else rows
    actual = predictions.frames
    for subject in sorted(expected.keys() | actual.keys()):
        if expected.get(subject) != actual.get(subject):
            raise InputError(
                f"{predictions.source}: {actual.get(subject, 'no')} frames of subject {subject}, but "
                f"{manifest} has {expected.get(subject, 'no')} of it in the {split} split; predict again"
            )
