"""The train and validation splits of a branch as batches."""

from pathlib import Path

from affectflow.config.settings import Loader
from affectflow.config.systems import Branch
from affectflow.errors import InputError
from affectflow.streams.dataset import Sequences
from affectflow.streams.index import read_index
from affectflow.tracks import Track
from affectflow.training.balance import sampling_chances
from affectflow.training.batches import Batches, batch_loader, frame_shapes, in_order, part, share, shuffled_batches
from affectflow.training.lit import LightningDataModule


class SequenceData(LightningDataModule):
    """Sequences of the train split, shuffled, and of the validation split, in order.

    Raises:
        InputError: a split without subjects or annotated frames, or missing artifacts.
    """

    def __init__(
        self, branch: Branch, track: Track, manifest: Path, labels: Path, work: Path, seed: int, loader: Loader
    ) -> None:
        super().__init__()
        self._branch, self._seed, self._loader = branch, seed, loader
        indices = {split: read_index(manifest, labels, split, track) for split in ("train", "validation")}
        for split, index in indices.items():
            if not index.annotated:
                raise InputError(
                    f"{labels}: split {split!r} has {len(index.subjects)} subjects and {index.frames} decoded frames, "
                    f"but none of them is annotated with {' or '.join(track.targets[:3])}; check its label files"
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
        self._chances = sampling_chances(self.train, track) if branch.sampling == "balanced" else None
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
