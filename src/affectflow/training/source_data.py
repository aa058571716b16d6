"""Several sources as batches: every step takes one of each (Kollias and Zafeiriou, section VI-B; Vu and Beurton-Aimar,
section 2.2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.batches import Batches, Draws, batch_loader, in_order, joint_batches, part, share
from affectflow.dataloading.feature_moments import feature_moments
from affectflow.dataloading.source_faces import Faces
from affectflow.dataloading.source_members import Members
from affectflow.dataloading.source_sequences import SourceSequences
from affectflow.training.balance import inverse_counts
from affectflow.training.data import BranchData


class SourceData(BranchData):
    """Faces, or sequences of features, of the train split, a batch of each source joined to one, and of the validation
    split, in order.

    Raises:
        InputError: a track of which no face is annotated, or missing artifacts.
    """

    def __init__(
        self,
        branch: Branch,
        tasks: Tasks,
        members: Members,
        seed: int,
        loader: Loader,
        features: Mapping[str, Path] | None = None,
    ) -> None:
        """
        Args:
            branch: what is trained.
            tasks: what it predicts.
            members: where the members of its sources lie.
            seed: fixes order and augmentation.
            loader: how data are read.
            features: folder of the features of each branch that it reads.
        """
        super().__init__()
        self._branch, self._tasks, self._members = branch, tasks, members
        self._seed, self._workers = seed, loader.workers
        self._features = dict(features or {})
        self.train, self.validation = self._split("train"), self._split("validation")
        for faces in (self.train, self.validation):
            for track, _, places in tasks.parts():
                if np.isnan(faces.targets[:, places]).all():
                    raise InputError(
                        f"sources {', '.join(branch.sources)}: of {len(faces)} samples to {faces.split} none is "
                        "annotated "
                        f"with {' or '.join(track.targets[:3])}; check the members of the sources with track "
                        f"{track.name}"
                    )
        self._draws = self._set_draws()
        steps, frames = self._steps(0), np.bincount(self.train.owners, minlength=len(self.train))
        self.steps = len(steps)
        self.frames = sum(int(frames[step].sum()) for step in steps)
        self.annotated = len(self.validation.targets)
        self.left_out = self.train.left_out

    @property
    def targets(self) -> NDArray[np.float32]:
        """As of `BranchData`."""
        return self.train.targets

    def steps_of(self, epochs: int) -> int:
        """As of `BranchData`."""
        return self.steps * epochs

    def moments(self) -> tuple[Tensor, Tensor]:
        """As of `BranchData`; a frame counts once for each source that it is in, if its sequence is learnt from."""
        sequence = self._branch.sequence.model_copy(update={"stride": self._branch.sequence.length})
        branch = self._branch.model_copy(update={"sequence": sequence})
        every = SourceSequences(branch, self._tasks, self._members, self._features, "train", self._seed)
        return feature_moments(every, len(every), every.name)

    def inputs(self) -> dict[str, tuple[int, ...]]:
        """As of `BranchData`."""
        if self._features:
            return {"features": tuple(self.train[0]["features"].shape[1:])}
        side = self._branch.picture.size
        return {"face": (3, side, side)}

    def artifacts(self) -> list[Path]:
        """As of `BranchData`; with the manifests and labels of video corpora."""
        every = (
            self._members.files(split, self._tasks, self._branch, self._features) for split in ("train", "validation")
        )
        return list(dict.fromkeys(file for files in every for file in files))

    def splits(self) -> dict[str, Mapping[str, Any]]:
        """As of `BranchData`."""
        kind = "sequences" if self._features else "faces"
        return {
            data.split: {kind: data.sizes, "left_out": list(data.left_out)} for data in (self.train, self.validation)
        }

    def describe(self, batch: Mapping[str, Tensor]) -> str:
        """File, subject and frames, or picture, of each sample."""
        return f"samples {'; '.join(map(self.train.name, batch['number'].tolist()))}"

    def train_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        self.train.epoch = trainer.current_epoch
        batches = share(self._steps(trainer.current_epoch), trainer.global_rank, trainer.world_size)
        return batch_loader(self.train, batches, self._workers)

    def val_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        local_samples = part(len(self.validation), trainer.global_rank, trainer.world_size)
        return batch_loader(self.validation, in_order(local_samples, self._branch.batch), self._workers)

    def _split(self, split: str) -> Faces | SourceSequences:
        branch, tasks, members = self._branch, self._tasks, self._members
        if branch.features is not None:
            return SourceSequences(branch, tasks, members, self._features, split, self._seed)
        if split == "train":
            return Faces(branch, tasks, members, split, branch.augment, self._seed)
        return Faces(branch, tasks, members, split)

    def _set_draws(self) -> list[Draws]:
        """How each source is drawn."""
        draws, first = [], 0
        for size, training_source in zip(self.train.sizes.values(), self._branch.sources.values(), strict=True):
            chances = None
            if training_source.balance:
                own = (self.train.owners >= first) & (self.train.owners < first + size)
                owners = self.train.owners[own] - first
                rare = inverse_counts(self.train.targets[own], self._tasks, training_source.balance)
                means = np.bincount(owners, rare, size) / np.bincount(owners, minlength=size)
                chances = means / means.sum()
            draws.append(Draws(size, training_source.batch, training_source.sampler == "cycle", chances))
            first += size
        return draws

    def _steps(self, epoch: int) -> list[NDArray[np.int64]]:
        """The samples of every step of an epoch, those of one source after those of the other."""
        firsts = np.cumsum([0, *(draws.samples for draws in self._draws[:-1])])
        steps = joint_batches(self._draws, self._seed, epoch)
        return [np.concatenate([first + own for first, own in zip(firsts, step, strict=True)]) for step in steps]
