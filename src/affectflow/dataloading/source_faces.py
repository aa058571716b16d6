"""Training sources of single faces as raw tensors: still pictures, and frames of video corpora."""

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
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.augment import draw
from affectflow.dataloading.joined import Joined, Member
from affectflow.dataloading.membership import label_files, source_index, still_members, subsampled
from affectflow.dataloading.rows import ArtifactRows
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.preprocessing.media.square import square

Floats = NDArray[np.float32]


class _Member(Member, Protocol):
    """Faces of one corpus."""

    targets: Floats
    """Shape (faces, targets of the tasks), NaN where not annotated."""

    def jpeg(self, face: int) -> memoryview | None: ...


class Faces(Joined[_Member]):
    """The annotated faces of a split of sources, one after the other: those of the first source's first member first.

    A sample is a sequence of one frame, as `make_inputs` takes it: `face` uint8 (1, size, size, 3); `face_found` and
    `mask` bool (1,), true; `target` float32 (1, targets of the tasks), NaN where not annotated; `number` int64, its
    place; `source` int64, the number of its source; with `augment`, `draw` float32 (8,).
    """

    def __init__(
        self,
        branch: Branch,
        tasks: Tasks,
        members: Members,
        split: str,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        """
        Args:
            branch: its sources, picture and cross_split_subjects.
            tasks: what is learnt. Annotations are placed in its targets by name: what a corpus does not annotate,
                and what its source does not count, is NaN.
            members: where the sources' members lie.
            split: which faces.
            augment: random changes; none when not given.
            seed: fixes the random changes.

        Raises:
            InputError: a file is missing or damaged, or no face of a member is annotated.
        """
        super().__init__(
            branch.sources,
            split,
            lambda name, training_source: _Stills(
                members.images[name] / f"{split}.arrow", tasks, training_source, split
            ),
            lambda name, training_source, title: _Frames(
                members.corpora[name], tasks, training_source, split, branch, title
            ),
        )
        self.epoch = 0
        self._size, self._seed = branch.picture.face_size, seed
        self._augment = augment if augment is not None and augment != Augment() else None
        self.targets: Floats = np.concatenate([member.targets for member in self.members])
        """Shape (faces, targets of the tasks), NaN where not annotated."""
        self.owners = np.arange(len(self.targets))
        """The sample of each frame of `targets`: itself."""

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        member, face = self.place(number)
        jpeg = member.jpeg(face)
        try:
            assert jpeg is not None, "sources hold found faces"
            picture = square(jpeg, self._size, (0.0, 0.0))
        except ValueError as error:
            raise InputError(f"{member.describe(face)}: {error}; delete the file and run again") from error
        item = {
            "face": torch.from_numpy(picture)[None],
            "face_found": torch.ones(1, dtype=torch.bool),
            "mask": torch.ones(1, dtype=torch.bool),
            "target": torch.from_numpy(self.targets[number])[None],
            "number": torch.tensor(number),
            "source": torch.tensor(self.source_of(number)),
        }
        if self._augment is not None:
            item["draw"] = draw(self._augment, self._seed, self.epoch, number, columns=0, bands=0)
        return item


class _Stills:
    """Faces of a corpus of still pictures."""

    def __init__(self, path: Path, tasks: Tasks, training_source: TrainingSource, split: str) -> None:
        self.left_out: tuple[str, ...] = ()
        self._path, self._table = path, read_arrow(path, IMAGES)
        self._rows, self.targets = still_members(self._table, tasks, training_source, split, path)

    def jpeg(self, face: int) -> memoryview | None:
        return memoryview(self._table.column("face")[int(self._rows[face])].as_buffer())

    def __len__(self) -> int:
        return len(self.targets)

    def describe(self, sample: int) -> str:
        return f"{self._path}: picture {self._table.column('image')[int(self._rows[sample])].as_py()!r}"


class _Frames:
    """Found faces of a video corpus, of every n-th frame, or fewer of some expressions."""

    def __init__(
        self, corpus: FaceCorpus, tasks: Tasks, training_source: TrainingSource, split: str, branch: Branch, title: str
    ) -> None:
        index, in_set = source_index(corpus, tasks, training_source, split, branch.cross_split_subjects)
        self._work, self._rows, self._subjects = corpus.work, ArtifactRows(corpus.work), index.subjects
        self.left_out = index.left_out
        if split == "train":
            in_set &= ~subsampled(index, tasks, training_source)
        places, numbers, targets = [], [], []
        for place, subject in enumerate(self._subjects):
            own = in_set[subject.offset : subject.offset + subject.frames]
            chosen: NDArray[np.bool_] = self._rows.faces_found(subject.shard, subject.subject, subject.frames) & own
            chosen &= np.arange(subject.frames) % training_source.every == 0
            frames = np.flatnonzero(chosen)
            places.append(np.full(len(frames), place, np.int32))
            numbers.append(frames.astype(np.int32))
            targets.append(index.targets[subject.offset + frames])
        self._places, self._numbers = np.concatenate(places), np.concatenate(numbers)
        self.targets: Floats = np.concatenate(targets)
        if not len(self.targets):
            raise InputError(
                f"{label_files(corpus, training_source)}: {title} is empty: split {split!r} has "
                f"{len(index.subjects)} subjects and {index.frames} decoded frames, of which no found face in every "
                f"{training_source.every}. is annotated; check the label files, and faces in {corpus.work}"
            )

    def jpeg(self, face: int) -> memoryview | None:
        subject, frame = self._subjects[self._places[face]], self._numbers[face : face + 1].astype(np.int64)
        return self._rows.pictures("faces", subject.shard, subject.subject, subject.frames, frame)[0]

    def __len__(self) -> int:
        return len(self.targets)

    def describe(self, sample: int) -> str:
        return f"{self._work}: face of {self._subjects[self._places[sample]].subject!r}, frame {self._numbers[sample]}"
