"""The train and validation splits of a branch as batches."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affectflow.config.settings import Loader
from affectflow.config.systems import Branch
from affectflow.errors import InputError
from affectflow.streams.dataset import Sequences
from affectflow.streams.index import Labelled, read_indices
from affectflow.tasks import Tasks
from affectflow.training.balance import sampling_chances
from affectflow.training.batches import Batches, batch_loader, frame_shapes, in_order, part, share, shuffled_batches
from affectflow.training.lit import LightningDataModule


class SequenceData(LightningDataModule):
    """Sequences of the train split, shuffled, and of the validation split, in order.

    Raises:
        InputError: a split without subjects or annotated frames, or missing artifacts.
    """

    def __init__(
        self, branch: Branch, tasks: Tasks, sources: Sequence[Labelled], work: Path, seed: int, loader: Loader
    ) -> None:
        """
        Args:
            branch: what is trained.
            tasks: what it predicts.
            sources: manifest and labels of each track of `tasks`, in its order.
            work: folder `work/<corpus>` of the artifacts.
            seed: fixes order and augmentation.
            loader: how data are read.
        """
        super().__init__()
        self._branch, self._seed, self._loader = branch, seed, loader
        indices = {split: read_indices(sources, split, tasks, branch.overlap) for split in ("train", "validation")}
        for split, index in indices.items():
            for track, _, its in tasks.parts():
                if np.isnan(index.targets[:, its]).all():
                    raise InputError(
                        f"{', '.join(str(source.labels) for source in sources)}: split {split!r} has "
                        f"{len(index.subjects)} subjects and {index.frames} decoded frames, but none of them is "
                        f"annotated with {' or '.join(track.targets[:3])}; check its label files"
                    )
        budget = loader.cache_mb << 20
        self.train = Sequences(
            indices["train"],
            work,
            branch,
            stride=branch.sequence.stride,
            annotated_only=True,
            augment=branch.augment,
            seed=seed,
            cache_bytes=budget,
        )
        self.validation = Sequences(indices["validation"], work, branch, cache_bytes=budget - self.train.cache_bytes)
        self._chances = sampling_chances(self.train, tasks.tracks[0]) if branch.sampling == "balanced" else None
        self.steps = -(-len(self.train) // branch.batch)
        """Optimiser steps of an epoch."""

    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shape of one frame of each stream, channels first, in the branch's order."""
        return frame_shapes(self.train, self._branch)

    def train_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        self.train.epoch = trainer.current_epoch
        batches = shuffled_batches(
            len(self.train), self._branch.batch, self._seed, trainer.current_epoch, self._chances
        )
        return self._batches(self.train, share(batches, trainer.global_rank, trainer.world_size))

    def val_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        mine = part(len(self.validation), trainer.global_rank, trainer.world_size)
        return self._batches(self.validation, in_order(mine, self._branch.batch))

    def _batches(self, data: Sequences, batches: list[list[int]]) -> Batches:
        return batch_loader(data, batches, self._loader.workers)
