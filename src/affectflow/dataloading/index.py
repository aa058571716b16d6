"""What a split holds: its subjects, where their frames lie, and their annotations."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affectflow.artifacts.layout import artifact_file
from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import read_parquet, read_present_columns
from affectflow.config.system.branch import CrossSplitSubjects
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Track


@dataclass(frozen=True)
class SubjectFrames:
    """One subject's decoded frames; `offset` is the place of its frame 0 among all frames of the split, or, of a track
    of clips, its own place among the subjects."""

    subject: str
    video: str
    shard: str
    frames: int
    offset: int
    width: int
    height: int


_OF_MANIFEST = ("subject", "video", "shard", "frames", "width", "height")


@dataclass(frozen=True)
class SplitIndex:
    """A split's subjects in the manifest's order, and the annotations of all their frames."""

    split: str
    subjects: tuple[SubjectFrames, ...]
    targets: NDArray[np.float32]
    """Shape (frames of all subjects, targets), of a track of clips (subjects, targets); NaN where not annotated."""
    left_out: tuple[str, ...] = ()
    """Subjects of the split that are not in it: see `read_indices`."""

    @property
    def frames(self) -> int:
        """Decoded frames of all subjects; of a track of clips these."""
        return len(self.targets)

    @property
    def annotated(self) -> int:
        """Frames, or clips, for which a target is known."""
        return int((~np.isnan(self.targets)).any(axis=1).sum())


@dataclass(frozen=True)
class Labelled:
    """Where the subjects of one track stand."""

    manifest: Path
    labels: Path | None
    """None where nothing is annotated."""


def artifact_files(index: SplitIndex, artifacts: Iterable[str], work: Path) -> list[Path]:
    """Files below `work` that hold the artifacts of these names for a split's subjects, each once."""
    artifacts = list(artifacts)
    shards = sorted({subject.shard for subject in index.subjects})
    return [work / artifact_file(name, shard) for shard in shards for name in artifacts]


def read_index(
    manifest: Path, labels: Path | None, split: str, track: Track, by_name: bool = False, also: Sequence[str] = ()
) -> SplitIndex:
    """Index the subjects of `split`, and of the splits `also`, with at least one decoded frame, and their annotations
    for `track`.

    Annotations are joined by frame number: rows beyond the decoded frames are dropped, and frames without a
    row are not annotated. Without `labels` no frame is. With `by_name` the labels may be of another edition: targets
    that they lack, and classes that the track lacks, are not annotated.

    Raises:
        InputError: the split holds no subject, or a file is missing or damaged.
    """
    subjects, frames = _concatenate_subjects(_decoded_subjects(manifest, [split, *also]), track.per_clip)
    targets = np.full((frames, len(track.targets)), np.nan, np.float32)
    if labels is not None:
        schema = labels_schema(track)
        table = read_present_columns(labels, schema, needed=2) if by_name else read_parquet(labels, schema)
        _fill(targets, subjects, table, track)
        if by_name and track.kind == "classes":
            targets[targets >= len(track.outputs)] = np.nan
    return SplitIndex(split, subjects, targets)


def _decoded_subjects(manifest: Path, splits: Sequence[str]) -> list[SubjectFrames]:
    """The subjects of some splits with at least one decoded frame, each by itself; InputError where there is none."""
    table = read_parquet(manifest, MANIFEST)
    rows = table.filter(pc.is_in(table["split"], value_set=pa.array(splits))).to_pylist()
    subjects = [
        SubjectFrames(**{name: row[name] for name in _OF_MANIFEST}, offset=0) for row in rows if row["frames"] > 0
    ]
    if not subjects:
        manifest_splits = ", ".join(sorted(set(table["split"].to_pylist()))) or "none"
        raise InputError(
            f"{manifest}: split {splits[0]!r} holds no subject with a decoded frame; the manifest's splits are "
            f"{manifest_splits}. Check the annotation folders and the videos of that split"
        )
    return subjects


def read_indices(
    sources: Sequence[Labelled],
    split: str,
    tasks: Tasks,
    cross_split_subjects: CrossSplitSubjects,
    by_name: bool = False,
    beside: Collection[Path] = (),
    also: Sequence[str] = (),
) -> SplitIndex:
    """Index the subjects that any track has in `split`, with the annotations of those tracks that have them there.

    Tracks of Aff-Wild2 differ in their subjects and in their splits. A subject that one track trains on and another
    validates or tests on would let what is validated be seen in training.

    Args:
        sources: manifest and labels of each track, in the order of `tasks`.
        split: which subjects.
        tasks: what is annotated.
        cross_split_subjects: `leave_out`: such a subject is in no training split, and named in `left_out`; `keep`: it
            is, with the labels of the tracks that train on it.
        by_name: as of `read_index`.
        beside: manifests of tracks that count for `cross_split_subjects` alone.
        also: splits whose subjects are taken as those of `split`.

    Raises:
        InputError: as of `read_index`.
    """
    indices = [
        read_index(source.manifest, source.labels, split, track, by_name, also)
        for source, track in zip(sources, tasks.tracks, strict=True)
    ]
    manifests = {*(source.manifest for source in sources), *beside}
    if len(indices) == len(manifests) == 1:
        return indices[0]
    elsewhere: set[str] = set()
    if split == "train" and cross_split_subjects == "leave_out":
        elsewhere = {
            row["subject"]
            for manifest in sorted(manifests)
            for row in read_parquet(manifest, MANIFEST).to_pylist()
            if row["split"] not in (split, *also)
        }
    members = {subject.subject: subject for index in indices for subject in index.subjects}
    included = [members[name] for name in sorted(members) if name not in elsewhere]
    if not included:
        raise InputError(
            f"{', '.join(str(source.manifest) for source in sources)}: every subject of split {split!r} is in another "
            "split of another track; set cross_split_subjects: keep, or learn the tracks apart"
        )
    subjects, frames = _concatenate_subjects(included)
    targets = np.full((frames, len(tasks.targets)), np.nan, np.float32)
    place = {subject.subject: subject.offset for subject in subjects}
    for index, (_, _, columns) in zip(indices, tasks.parts(), strict=True):
        for subject in index.subjects:
            if (first := place.get(subject.subject)) is not None:
                own = index.targets[subject.offset : subject.offset + subject.frames]
                targets[first : first + subject.frames, columns] = own
    return SplitIndex(split, subjects, targets, tuple(sorted(elsewhere & set(members))))


def read_subjects(manifests: Iterable[Path], split: str) -> SplitIndex:
    """Index the subjects that any of the manifests has in `split`, without annotations.

    Raises:
        InputError: as of `read_index`.
    """
    decoded = [subject for path in manifests for subject in _decoded_subjects(path, [split])]
    subjects, frames = _concatenate_subjects({subject.subject: subject for subject in decoded}.values())
    return SplitIndex(split, subjects, np.empty((frames, 0), np.float32))


def _concatenate_subjects(
    subjects: Iterable[SubjectFrames], per_clip: bool = False
) -> tuple[tuple[SubjectFrames, ...], int]:
    """Subjects one after the other, and the frames of all, or how many they are."""
    concatenated, first = [], 0
    for subject in subjects:
        concatenated.append(replace(subject, offset=first))
        first += 1 if per_clip else subject.frames
    return tuple(concatenated), first


def _fill(targets: NDArray[np.float32], subjects: tuple[SubjectFrames, ...], labels: pa.Table, track: Track) -> None:
    names = pa.array([subject.subject for subject in subjects])
    place = pc.index_in(labels["subject"], value_set=names)
    labels = labels.append_column("place", place).filter(pc.is_valid(place))
    where = labels["place"].to_numpy()
    frame = labels["frame"].to_numpy()
    decoded = frame < np.array([subject.frames for subject in subjects])[where]
    row = (np.array([subject.offset for subject in subjects])[where] + frame)[decoded]
    for name in labels.column_names[2:-1]:
        values = pc.fill_null(labels[name].cast(pa.float32()), float("nan")).to_numpy()
        targets[row, track.targets.index(name)] = values[decoded]
