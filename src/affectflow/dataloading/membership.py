"""Which frames and pictures belong to a source, by their annotations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.config.system.branch import CrossSplitSubjects
from affectflow.config.training.sources import TrainingSource
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.images import still_targets
from affectflow.dataloading.index import SplitIndex, read_indices
from affectflow.dataloading.source_members import FaceCorpus

Floats = NDArray[np.float32]


def source_index(
    corpus: FaceCorpus,
    tasks: Tasks,
    training_source: TrainingSource,
    split: str,
    cross_split_subjects: CrossSplitSubjects,
) -> tuple[SplitIndex, NDArray[np.bool_]]:
    """The subjects of a video corpus that a source may have faces of in a split, with the annotations that count there,
    in the targets of the tasks, and which frames are in the source by them, shape (frames,).

    Raises:
        InputError: as of `read_indices`.
    """
    part = tasks.part(training_source.learnt(split))
    sources = [corpus.sources[track.name] for track in part.tracks]
    beside = [source.manifest for source in corpus.sources.values()]
    index = read_indices(sources, split, part, cross_split_subjects, by_name=True, beside=beside)
    whole: Floats = np.full((index.frames, len(tasks.targets)), np.nan, np.float32)
    columns = {track.name: targets for track, _, targets in tasks.parts()}
    for track, _, targets in part.parts():
        whole[:, columns[track.name]] = index.targets[:, targets]
    in_set = annotated(whole, tasks, training_source)
    whole[~in_set] = np.nan
    return replace(index, targets=whole), in_set


def label_files(corpus: FaceCorpus, training_source: TrainingSource) -> str:
    """The label files of a source's own tracks, for messages."""
    return ", ".join(str(corpus.sources[track].labels) for track in training_source.tracks)


def annotated(targets: Floats, tasks: Tasks, training_source: TrainingSource) -> NDArray[np.bool_]:
    """Which frames belong to a source by their annotations, shape (frames,): those with any of its tracks', or all.

    Args:
        targets: shape (frames, targets of the tasks), NaN where not annotated.
        tasks: what the targets are of.
        training_source: the source.
    """
    own = [places for track, _, places in tasks.parts() if track.name in training_source.tracks]
    each = np.stack([~np.isnan(targets[:, places]).all(axis=1) for places in own])
    return np.asarray(each.all(axis=0) if training_source.complete else each.any(axis=0))


def still_members(
    table: pa.Table, tasks: Tasks, training_source: TrainingSource, split: str, path: Path
) -> tuple[NDArray[np.int64], Floats]:
    """The rows of stored pictures (`IMAGES`, read from `path`) that are in a source, and their annotations, shape
    (rows, targets of the tasks); InputError where none is."""
    targets = np.full((len(table), len(tasks.targets)), np.nan, np.float32)
    for track, _, places in tasks.parts():
        if track.name in training_source.learnt(split):
            targets[:, places] = still_targets(table, track)
    rows = np.flatnonzero(annotated(targets, tasks, training_source))
    if not len(rows):
        how = " and ".join(training_source.tracks) if training_source.complete else " or ".join(training_source.tracks)
        raise InputError(f"{path}: none of {len(targets)} pictures is annotated with {how}")
    return rows, targets[rows]


def subsampled(index: SplitIndex, tasks: Tasks, training_source: TrainingSource) -> NDArray[np.bool_]:
    """Which frames a source leaves out by their expression, shape (frames,)."""
    left_out: NDArray[np.bool_] = np.zeros(index.frames, np.bool_)
    if not training_source.class_subsampling:
        return left_out
    ((track, place),) = [(track, places) for track, _, places in tasks.parts() if track.name == "expr"]
    classes = index.targets[:, place.start]
    numbers = np.concatenate([np.arange(subject.frames) for subject in index.subjects])
    for name, every in training_source.class_subsampling.items():
        if name in track.outputs:
            left_out |= (classes == track.outputs.index(name)) & (numbers % every != 0)
    return left_out
