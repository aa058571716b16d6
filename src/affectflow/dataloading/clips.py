"""Clips of a split as raw tensors, each read as a whole."""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.system.branch import Branch
from affectflow.dataloading.dataset import Sequences
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.sequences import padded
from affectflow.dataloading.steps import steps_read


class Clips(Sequences):
    """A split of a track of clips: a sample is one clip, of whose steps the first `branch.sequence.length` are read.

    A step is a frame, or with `sequence.step` every so many seconds the frame whose time is nearest. A sample holds
    each stream of features, float32 (time, numbers); `mask` bool (time,), true for steps of the clip and false for
    padding, which repeats its last one; `target` float32 (1, targets), NaN where not annotated; `counted` bool (1,),
    true: the one thing that is predicted counts; `subject` and `start` int64, the clip's place in the index and 0.
    """

    def _cut(self, stride: int, annotated_only: bool) -> NDArray[np.int64]:
        """(clip, 0, its frames) of every clip, or of those that are annotated."""
        places = np.flatnonzero(~np.isnan(self.index.targets).any(axis=1) | (not annotated_only))
        frames = np.array([self.index.subjects[place].frames for place in places.tolist()], np.int64)
        return np.stack([places, np.zeros_like(places), frames], axis=1)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        place = int(self.samples[sample, 0])
        subject = self.index.subjects[place]
        steps = self._steps(subject)
        places, mask = padded(0, len(steps), self.branch.sequence.length)
        tensors = {
            "mask": mask,
            "target": self.index.targets[[place]],
            "counted": np.ones(1, np.bool_),
            "subject": np.int64(place),
            "start": np.int64(0),
            **self._read_features(subject, steps[places], 0),
        }
        return {name: torch.as_tensor(value) for name, value in tensors.items()}

    def describe(self, sample: int) -> str:
        """A clip in words."""
        return f"clip {self.index.subjects[int(self.samples[sample, 0])].subject!r}"

    def _steps(self, subject: SubjectFrames) -> NDArray[np.int64]:
        times = partial(self._rows.times, subject.shard, subject.video, subject.frames)
        return steps_read(self.branch.sequence, subject.frames, times)


def kind_of(branch: Branch) -> type[Sequences]:
    """What the samples of a branch are: sequences of frames, or clips."""
    return Clips if branch.per_clip else Sequences
