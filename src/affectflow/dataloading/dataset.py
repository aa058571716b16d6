"""Sequences of a split as raw tensors, read from artifacts."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.dataloading.cutting import ALL, Cutting, cut_sequences, stretches
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.sequences import padded
from affectflow.dataloading.source import Source
from affectflow.dataloading.streams.readers import Readers
from affectflow.dataloading.variation import AS_IT_IS, Variation


class Sequences(Dataset[dict[str, Tensor]]):
    """A split cut into sequences of `branch.sequence.length` frames.

    A sample holds what the branch's streams add (`affectflow.dataloading.streams`), and always `mask` bool (time,),
    true for real frames and false for padding, which repeats the last frame; `target` float32 (time, targets of the
    track), NaN where not annotated or padding; `subject` and `start` int64, the subject's place in the index and the
    first frame; where something is augmented, `draw` float32 (8,); with `counted`, `counted` bool (time,), which real
    frames are learnt from.
    """

    def __init__(
        self,
        source: Source,
        samples: NDArray[np.int64],
        readers: Readers,
        variation: Variation = AS_IT_IS,
        counted: NDArray[np.bool_] | None = None,
    ) -> None:
        """
        Args:
            source: what is read.
            samples: (subject, first frame, frame before which it ends) of every sequence, shape (sequences, 3).
            readers: of the branch's streams.
            variation: random changes.
            counted: which frames are learnt from, shape (frames of the index,); samples do not say it when not given.
        """
        self.source, self.index, self.samples, self.readers = source, source.index, samples, readers
        self.epoch = 0
        self._variation, self._counted = variation, counted

    @property
    def cache_bytes(self) -> int:
        """Memory that decoded pictures take, at most."""
        return self.readers.cache_bytes

    def stretches(self, subject: SubjectFrames) -> Iterator[tuple[int, int, bool]]:
        """First frame and end of what sequences may lie in, in order, and whether it may be learnt from."""
        return stretches(self.source, self.readers, subject)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        place, start, end = (int(v) for v in self.samples[sample])
        subject = self.index.subjects[place]
        frames, mask = padded(start, end, self.source.branch.sequence.length)
        target = np.where(mask[:, None], self.index.targets[subject.offset + frames], np.float32(np.nan))
        tensors = {"mask": mask, "target": target, "subject": np.int64(place), "start": np.int64(start)}
        tensors |= self.readers.read(subject, frames, self._variation.copy(self.epoch, sample))
        if self._counted is not None:
            tensors["counted"] = mask & self._counted[subject.offset + frames]
        item = {name: torch.as_tensor(value) for name, value in tensors.items()}
        if self._variation.augments:
            item["draw"] = self._variation.change(self.epoch, sample, item.get("mel"))
        return item

    def describe(self, sample: int) -> str:
        """A sample in words: subject and frames as the labels count them, from 0."""
        place, start, _ = (int(v) for v in self.samples[sample])
        return describe_sequence(self.index.subjects[place], start, self.source.branch.sequence.length)


def open_sequences(
    source: Source, cutting: Cutting = ALL, variation: Variation = AS_IT_IS, cache_bytes: int = 0
) -> Sequences:
    """The sequences of a split.

    Args:
        source: what is read.
        cutting: where they lie; they follow each other when not given.
        variation: random changes.
        cache_bytes: memory for decoded pictures; used only if the whole split fits.

    Raises:
        InputError: a file that the streams need is missing.
    """
    readers = Readers(source, variation.copies, cache_bytes)
    return Sequences(source, cut_sequences(source, readers, cutting), readers, variation, cutting.counted)


def describe_sequence(subject: SubjectFrames, start: int, length: int) -> str:
    """A sequence in words: subject and first to last frame, counted from 0."""
    return f"{subject.subject!r} frames {start} to {min(start + length, subject.frames) - 1}"
