"""The train and validation splits of a branch as batches."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from affectflow.artifacts.layout import feature_files
from affectflow.config.model.networks import OF_FEATURES
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.batches import Batches, batch_loader, frame_shapes, in_order, part, share, shuffled_batches
from affectflow.dataloading.clips import open_samples
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import Sequences, describe_sequence
from affectflow.dataloading.feature_moments import feature_moments
from affectflow.dataloading.index import Labelled, artifact_files, read_indices
from affectflow.dataloading.lanes import lane_batches
from affectflow.dataloading.needs import artifacts_of
from affectflow.dataloading.source import Source
from affectflow.dataloading.variation import Variation
from affectflow.training.balance import sampling_chances
from affectflow.training.lit import LightningDataModule


class BranchData(LightningDataModule):
    """What a branch learns from and validates on."""

    frames: int
    """Frames of an epoch, for the throughput."""
    annotated: int
    """Validation frames with any annotation."""
    left_out: tuple[str, ...]
    """Training subjects that another track validates or tests on, and that are left out."""

    @property
    @abstractmethod
    def targets(self) -> NDArray[np.float32]:
        """Annotations of all training frames, shape (frames, targets), NaN where not annotated."""

    @abstractmethod
    def steps_of(self, epochs: int) -> int:
        """Optimiser steps of so many epochs, the first ones."""

    @abstractmethod
    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of every feature over the frames of the training subjects, each once, as
        `feature_moments` gives them, of several streams in their order; of several copies of the first."""

    @abstractmethod
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shape of one frame of each stream, channels first, in the branch's order."""

    @abstractmethod
    def artifacts(self) -> list[Path]:
        """Files of frames that are read."""

    @abstractmethod
    def splits(self) -> dict[str, Mapping[str, Any]]:
        """What the splits hold, for the branch's description."""

    @abstractmethod
    def describe(self, batch: Mapping[str, Tensor]) -> str:
        """The samples of a training batch in words."""


class SequenceData(BranchData):
    """Sequences of the train split, shuffled, and of the validation split, in order; of a branch that carries a state
    along them, whole videos side by side (`affectflow.dataloading.lanes`).

    Raises:
        InputError: a split without subjects or annotated frames, or missing artifacts.
    """

    def __init__(
        self,
        branch: Branch,
        tasks: Tasks,
        sources: Sequence[Labelled],
        work: Path,
        seed: int,
        loader: Loader,
        features: Mapping[str, Path] | None = None,
    ) -> None:
        """
        Args:
            branch: what is trained.
            tasks: what it predicts.
            sources: manifest and labels of each track of `tasks`, in its order.
            work: folder `work/<corpus>` of the artifacts.
            seed: fixes order and augmentation.
            loader: how data are read.
            features: folder of the features of each branch that it reads.
        """
        super().__init__()
        self._branch, self._work, self._seed, self._loader = branch, work, seed, loader
        self._features = dict(features or {})
        by_name = branch.edition is not None
        also = {"train": ("validation",) if branch.fit_on == "train_and_validation" else (), "validation": ()}
        indices = {
            split: read_indices(sources, split, tasks, branch.cross_split_subjects, by_name, also=others)
            for split, others in also.items()
        }
        for split, index in indices.items():
            for track, _, places in tasks.parts():
                if np.isnan(index.targets[:, places]).all():
                    raise InputError(
                        f"{', '.join(str(source.labels) for source in sources)}: split {split!r} has "
                        f"{len(index.subjects)} subjects and {index.frames} decoded frames, but none of them is "
                        f"annotated with {' or '.join(track.targets[:3])}; check its label files"
                    )
        budget = loader.cache_mb << 20
        self.train = open_samples(
            Source(indices["train"], work, branch, self._features),
            Cutting(branch.sequence.stride, annotated_only=True),
            Variation(branch.augment, seed, branch.augmented_copies("train")),
            budget,
        )
        remaining = budget - self.train.cache_bytes
        self.validation = open_samples(
            Source(indices["validation"], work, branch, self._features), cache_bytes=remaining
        )
        self._chances = sampling_chances(self.train, tasks.tracks[0]) if branch.sampling == "balanced" else None
        self.frames = len(self.train) * branch.sequence.length
        self.annotated = indices["validation"].annotated
        self.left_out = indices["train"].left_out

    @property
    def targets(self) -> NDArray[np.float32]:
        """As of `BranchData`."""
        return self.train.index.targets

    def steps_of(self, epochs: int) -> int:
        """As of `BranchData`."""
        if not self._branch.carries:
            return -(-len(self.train) // self._branch.batch) * epochs
        return sum(len(self._steps(epoch)) for epoch in range(epochs))  # by how the videos are dealt

    def moments(self) -> tuple[Tensor, Tensor]:
        """As of `BranchData`."""
        every = open_samples(self.train.source)
        streams = [stream for stream in self._branch.streams if stream in OF_FEATURES]
        return feature_moments(every, len(every), every.describe, streams)

    def inputs(self) -> dict[str, tuple[int, ...]]:
        """As of `BranchData`."""
        return frame_shapes(self.train, self._branch)

    def artifacts(self) -> list[Path]:
        """As of `BranchData`."""
        kinds, files = artifacts_of(self._branch), []
        for sequences in (self.train, self.validation):
            split = sequences.index.split
            files += artifact_files(sequences.index, kinds, self._work)
            files += feature_files(self._features, split, self._branch.augmented_copies(split))
        return files

    def splits(self) -> dict[str, Mapping[str, Any]]:
        """As of `BranchData`."""
        return {sequences.index.split: _describe(sequences) for sequences in (self.train, self.validation)}

    def describe(self, batch: Mapping[str, Tensor]) -> str:
        """Subject and frames of each sequence."""
        subjects, length = self.train.index.subjects, self._branch.sequence.length
        sequences = zip(batch["subject"].tolist(), batch["start"].tolist(), strict=True)
        descriptions = (describe_sequence(subjects[place], start, length) for place, start in sequences)
        return f"sequences {'; '.join(descriptions)}"

    def train_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        self.train.epoch = trainer.current_epoch
        batches = self._steps(trainer.current_epoch)
        return self._batches(self.train, share(batches, trainer.global_rank, trainer.world_size))

    def val_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        if self._branch.carries:
            return self._batches(self.validation, lane_batches(self.validation.samples[:, 0], self._branch.batch))
        local_samples = part(len(self.validation), trainer.global_rank, trainer.world_size)
        return self._batches(self.validation, in_order(local_samples, self._branch.batch))

    def _steps(self, epoch: int) -> list[NDArray[np.int64]]:
        """The samples of every training step of an epoch."""
        if self._branch.carries:
            steps = lane_batches(self.train.samples[:, 0], self._branch.batch, (self._seed, epoch))
            return [np.array(step) for step in steps]
        return shuffled_batches(len(self.train), self._branch.batch, self._seed, epoch, self._chances)

    def _batches(self, data: Sequences, batches: list[list[int]]) -> Batches:
        return batch_loader(data, batches, self._loader.workers)


def _describe(data: Sequences) -> dict[str, int | list[str]]:
    index = data.index
    left_out: dict[str, int | list[str]] = {"left_out": list(index.left_out)} if index.left_out else {}
    return left_out | {
        "subjects": len(index.subjects),
        "frames": index.frames,
        "annotated": index.annotated,
        "sequences": len(data),
    }
