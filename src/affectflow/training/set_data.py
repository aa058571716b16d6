"""The faces of several sets as batches: every step takes one of each (paper 001, section VI-B)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.branch import Branch
from affectflow.config.settings import Loader
from affectflow.errors import InputError
from affectflow.streams.sets import Faces, Members
from affectflow.tasks import Tasks
from affectflow.training.batches import Batches, batch_loader, in_order, joint_batches, part, share
from affectflow.training.data import BranchData


class SetData(BranchData):
    """Faces of the train split, a batch of each set joined to one, and of the validation split, in order.

    Raises:
        InputError: a track of which no face is annotated, or missing artifacts.
    """

    def __init__(self, branch: Branch, tasks: Tasks, members: Members, seed: int, loader: Loader) -> None:
        """
        Args:
            branch: what is trained.
            tasks: what it predicts.
            members: where the members of its sets lie.
            seed: fixes order and augmentation.
            loader: how data are read.
        """
        super().__init__()
        self._branch, self._tasks, self._members = branch, tasks, members
        self._seed, self._workers = seed, loader.workers
        self.train = Faces(branch, tasks, members, "train", branch.augment, seed)
        self.validation = Faces(branch, tasks, members, "validation")
        for faces in (self.train, self.validation):
            for track, _, places in tasks.parts():
                if np.isnan(faces.targets[:, places]).all():
                    raise InputError(
                        f"sets {', '.join(branch.sets)}: of {len(faces)} faces to {faces.split} none is annotated with "
                        f"{' or '.join(track.targets[:3])}; check the members of the sets with track {track.name}"
                    )
        self.steps = len(self._steps(0))
        self.frames = len(self.train)
        self.annotated = len(self.validation)
        self.left_out = self.train.left_out

    @property
    def targets(self) -> NDArray[np.float32]:
        """As of `BranchData`."""
        return self.train.targets

    def inputs(self) -> dict[str, tuple[int, ...]]:
        """As of `BranchData`."""
        side = self._branch.picture.size
        return {"face": (3, side, side)}

    def artifacts(self) -> list[Path]:
        """As of `BranchData`; with the manifests and labels of video corpora."""
        sets = self._branch.sets.values()
        every = (self._members.files(sets, split, self._tasks, self._branch) for split in ("train", "validation"))
        return list(dict.fromkeys(file for files in every for file in files))

    def splits(self) -> dict[str, Mapping[str, Any]]:
        """As of `BranchData`."""
        return {
            its.split: {"faces": its.sizes, "left_out": list(its.left_out)} for its in (self.train, self.validation)
        }

    def describe(self, batch: Mapping[str, Tensor]) -> str:
        """File, subject and frame, or picture, of each face."""
        return f"faces {'; '.join(map(self.train.name, batch['face_number'].tolist()))}"

    def train_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        self.train.epoch = trainer.current_epoch
        batches = share(self._steps(trainer.current_epoch), trainer.global_rank, trainer.world_size)
        return batch_loader(self.train, batches, self._workers)

    def val_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        mine = part(len(self.validation), trainer.global_rank, trainer.world_size)
        return batch_loader(self.validation, in_order(mine, self._branch.batch), self._workers)

    def _steps(self, epoch: int) -> list[NDArray[np.int64]]:
        """The faces of every step of an epoch, those of one set after those of the other."""
        sizes, sets = list(self.train.sizes.values()), self._branch.sets.values()
        firsts = np.cumsum([0, *sizes[:-1]])
        steps = joint_batches(sizes, [its.batch for its in sets], self._seed, epoch)
        return [np.concatenate([first + own for first, own in zip(firsts, step, strict=True)]) for step in steps]
