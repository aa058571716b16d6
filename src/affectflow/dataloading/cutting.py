"""Where in a split sequences lie."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.index import SplitIndex, SubjectFrames
from affectflow.dataloading.sequences import runs, starts
from affectflow.dataloading.source import Source
from affectflow.dataloading.streams.readers import Readers


@dataclass(frozen=True, eq=False)
class Cutting:
    """How a split is cut into sequences."""

    stride: int | None = None
    """Frames from one sequence to the next; their length when not given."""
    annotated_only: bool = False
    """Leave out sequences in which no frame is learnt from; of a branch that carries a state along them, subjects of
    which none is."""
    counted: NDArray[np.bool_] | None = None
    """Which frames are learnt from, shape (frames of the index,); those that are annotated when not given."""


ALL = Cutting()
"""One sequence after the other, of all frames."""


def cut_sequences(source: Source, readers: Readers, cutting: Cutting) -> NDArray[np.int64]:
    """(subject, first frame, frame before which it ends) of every sequence: those of a subject in order, and of one
    after the other. Shape (sequences, 3)."""
    branch, samples = source.branch, [np.empty((0, 3), np.int64)]
    length, stride = branch.sequence.length, cutting.stride or branch.sequence.length
    for place, subject in enumerate(source.index.subjects):
        for begin, end, face in stretches(source, readers, subject):
            first = begin + starts(end - begin, length, stride, branch.sequence.cut)
            ends = np.minimum(first + length, end)
            if cutting.annotated_only:
                cumulative = np.concatenate([[0], np.cumsum(learnt_from(source.index, subject, cutting.counted))])
                # A state is carried from each sequence to the next: none between two may lack.
                some = cumulative[-1] > 0 if branch.carries else cumulative[ends] > cumulative[first]
                chosen = np.broadcast_to(some & face, first.shape)
                first, ends = first[chosen], ends[chosen]
            samples.append(np.stack([np.full_like(first, place), first, ends], axis=1))
    return np.concatenate(samples)


def stretches(source: Source, readers: Readers, subject: SubjectFrames) -> Iterator[tuple[int, int, bool]]:
    """First frame and end of what sequences may lie in, in order, and whether it may be learnt from."""
    if source.branch.sequence.missing_faces == "keep":
        yield 0, subject.frames, True
        return
    yield from runs(readers.face_found(subject))


def learnt_from(index: SplitIndex, subject: SubjectFrames, counted: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Which frames of a subject are learnt from, shape (frames,); `counted` as of `Cutting`."""
    own = slice(subject.offset, subject.offset + subject.frames)
    if counted is not None:
        return counted[own]
    return np.asarray((~np.isnan(index.targets[own])).any(axis=1))
