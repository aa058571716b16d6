"""Clips of a split as raw tensors, each read as a whole."""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.dataloading.cutting import ALL, Cutting
from affectflow.dataloading.dataset import Sequences, open_sequences
from affectflow.dataloading.index import SplitIndex
from affectflow.dataloading.sequences import padded
from affectflow.dataloading.source import Source
from affectflow.dataloading.steps import steps_read
from affectflow.dataloading.streams.readers import Readers
from affectflow.dataloading.variation import AS_IT_IS, Variation


class Clips(Sequences):
    """A split of a track of clips: a sample is one clip, of whose steps the first `branch.sequence.length` are read.

    A step is a frame, or with `sequence.step` every so many seconds the frame whose time is nearest. A sample holds
    each stream of features, float32 (time, numbers); `mask` bool (time,), true for steps of the clip and false for
    padding, which repeats its last one; `target` float32 (1, targets), NaN where not annotated; `counted` bool (1,),
    true: the one thing that is predicted counts; `subject` and `start` int64, the clip's place in the index and 0.
    """

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        place, sequence = int(self.samples[sample, 0]), self.source.branch.sequence
        subject = self.index.subjects[place]
        steps = steps_read(sequence, subject.frames, partial(self.readers.times, subject))
        places, mask = padded(0, len(steps), sequence.length)
        tensors = {
            "mask": mask,
            "target": self.index.targets[[place]],
            "counted": np.ones(1, np.bool_),
            "subject": np.int64(place),
            "start": np.int64(0),
            **self.readers.read(subject, steps[places], 0),
        }
        return {name: torch.as_tensor(value) for name, value in tensors.items()}

    def describe(self, sample: int) -> str:
        """A clip in words."""
        return f"clip {self.index.subjects[int(self.samples[sample, 0])].subject!r}"


def clips_of(index: SplitIndex, annotated_only: bool) -> NDArray[np.int64]:
    """(clip, 0, its frames) of every clip, or of those that are annotated; shape (clips, 3)."""
    places = np.flatnonzero(~np.isnan(index.targets).any(axis=1) | (not annotated_only))
    frames = np.array([index.subjects[place].frames for place in places.tolist()], np.int64)
    return np.stack([places, np.zeros_like(places), frames], axis=1)


def open_samples(
    source: Source, cutting: Cutting = ALL, variation: Variation = AS_IT_IS, cache_bytes: int = 0
) -> Sequences:
    """The samples of a branch: sequences of frames, as of `open_sequences`, or clips, which are not cut."""
    if not source.branch.per_clip:
        return open_sequences(source, cutting, variation, cache_bytes)
    return Clips(source, clips_of(source.index, cutting.annotated_only), Readers(source, variation.copies))
