"""Training sources of sequences of frozen features: of the run's own corpus, and still pictures as sequences of one
frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.system.branch import Branch
from affectflow.config.training.sources import TrainingSource
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.cutting import Cutting, learnt_from
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.feature_rows import StillFeatures
from affectflow.dataloading.joined import Joined, Member
from affectflow.dataloading.membership import label_files, source_index, still_members
from affectflow.dataloading.source import Source
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.dataloading.variation import Variation

Floats = NDArray[np.float32]
_READ = ("features", "mask", "counted", "target")


class _Member(Member, Protocol):
    """Sequences of one corpus."""

    epoch: int

    def __getitem__(self, sample: int) -> dict[str, Tensor]: ...

    def frames(self) -> tuple[Floats, NDArray[np.int64]]:
        """Annotations of the frames that are learnt from, and the sample of each."""
        ...


@dataclass(frozen=True)
class _ReadSpec:
    """What is read of each member."""

    branch: Branch
    tasks: Tasks
    features: Mapping[str, Path]
    split: str
    variation: Variation


class SourceSequences(Joined[_Member]):
    """The sequences of a split of sources, one after the other: those of the first source's first member first.

    A sample holds `features` float32 (time, features); `mask` bool (time,), true for real frames; `counted` bool
    (time,), those of them that the source has annotations of; `target` float32 (time, targets of the tasks), NaN where
    not annotated; `source` int64, the number of its source; `number` int64, its place."""

    def __init__(
        self, branch: Branch, tasks: Tasks, members: Members, features: Mapping[str, Path], split: str, seed: int = 0
    ) -> None:
        """
        Args:
            branch: its sources, sequence, features and cross_split_subjects.
            tasks: what is learnt. Annotations are placed in its targets by name.
            members: where the sources' members lie.
            features: folder of the features of each branch that it reads.
            split: which sequences; of `train` they overlap as `sequence.stride` says, and are of any copy.
            seed: fixes the draw of copies.

        Raises:
            InputError: a file is missing or damaged, or no frame of a member is annotated.
        """
        spec = _ReadSpec(branch, tasks, features, split, Variation(seed=seed, copies=branch.augmented_copies(split)))
        super().__init__(
            branch.sources,
            split,
            lambda name, training_source: _Stills(members.images[name], name, training_source, spec),
            lambda name, training_source, title: _Frames(members.corpora[name], training_source, title, spec),
        )
        self._epoch = 0
        learnt_frames = [member.frames() for member in self.members]
        self.targets: Floats = np.concatenate([targets for targets, _ in learnt_frames])
        """Annotations of all frames that are learnt from, once for each sample that they are in, shape (frames,
        targets of the tasks)."""
        self.owners: NDArray[np.int64] = np.concatenate(
            [first + owners for first, (_, owners) in zip(self.starts, learnt_frames, strict=False)]
        )
        """The sample of each of them."""

    @property
    def epoch(self) -> int:
        """Which epoch the copies are drawn for."""
        return self._epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._epoch = number
        for member in self.members:
            member.epoch = number

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        member, sample = self.place(number)
        tensors = member[sample]
        place = torch.tensor(self.source_of(number))
        return {name: tensors[name] for name in _READ} | {"number": torch.tensor(number), "source": place}


class _Frames:
    """Sequences of a video corpus, in which any frame of the source is.

    Args:
        corpus: where it lies.
        training_source: the source.
        title: what the source is called in messages.
        spec: what is read of it.
    """

    def __init__(self, corpus: FaceCorpus, training_source: TrainingSource, title: str, spec: _ReadSpec) -> None:
        branch, split = spec.branch, spec.split
        index, self._counted = source_index(corpus, spec.tasks, training_source, split, branch.cross_split_subjects)
        stride = branch.sequence.stride if split == "train" else None
        self._data = open_sequences(
            Source(index, corpus.work, branch, spec.features),
            Cutting(stride, annotated_only=True, counted=self._counted),
            spec.variation,
        )
        self.left_out = index.left_out
        if not len(self):
            raise InputError(
                f"{label_files(corpus, training_source)}: {title} is empty: split {split!r} has "
                f"{len(index.subjects)} subjects and {index.frames} decoded frames, of which no sequence of found "
                "faces is annotated; check the label files, and faces"
            )

    @property
    def epoch(self) -> int:
        """Which epoch the copies are drawn for."""
        return self._data.epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._data.epoch = number

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        return self._data[sample]

    def describe(self, sample: int) -> str:
        """A sequence in words."""
        return self._data.describe(sample)

    def frames(self) -> tuple[Floats, NDArray[np.int64]]:
        """Annotations of the frames that are learnt from, and the sample of each."""
        rows, owners = [], []
        index = self._data.index
        for sample, (place, start, end) in enumerate(self._data.samples.tolist()):
            subject = index.subjects[place]
            own = subject.offset + start + np.flatnonzero(learnt_from(index, subject, self._counted)[start:end])
            rows.append(own)
            owners.append(np.full(len(own), sample))
        return index.targets[np.concatenate(rows)], np.concatenate(owners)


class _Stills:
    """Pictures of a corpus, each a sequence of one frame.

    Args:
        folder: of its stored pictures.
        images: its name.
        training_source: the source.
        spec: what is read of it.
    """

    def __init__(self, folder: Path, images: str, training_source: TrainingSource, spec: _ReadSpec) -> None:
        split, self._variation = spec.split, spec.variation
        self.epoch = 0
        self.left_out: tuple[str, ...] = ()
        self._path = folder / f"{split}.arrow"
        self._length = spec.branch.sequence.length
        table = read_arrow(self._path, IMAGES)
        self._rows, self._targets = still_members(table, spec.tasks, training_source, split, self._path)
        self._names: list[str] = table.column("image").to_pylist()
        self._features = StillFeatures(spec.features, split, images, self._names, self._variation.copies)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        row = int(self._rows[sample])
        feature = self._features.read(row, self._variation.copy(self.epoch, sample))
        features = np.zeros((self._length, len(feature)), np.float32)
        features[0] = feature
        target = np.full((self._length, self._targets.shape[1]), np.nan, np.float32)
        target[0] = self._targets[sample]
        real = torch.arange(self._length) == 0
        return {
            "features": torch.from_numpy(features),
            "target": torch.from_numpy(target),
            "mask": real,
            "counted": real,
        }

    def frames(self) -> tuple[Floats, NDArray[np.int64]]:
        """As of `_Frames`."""
        return self._targets, np.arange(len(self._rows))

    def describe(self, sample: int) -> str:
        """A picture in words."""
        return f"{self._path}: picture {self._names[int(self._rows[sample])]!r}"
