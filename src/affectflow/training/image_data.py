"""The train and validation pictures of a pre-training as batches."""

from collections.abc import Mapping
from pathlib import Path

from affectflow.config.system.execution import Loader
from affectflow.config.training.pretraining import Pretraining
from affectflow.dataloading.batches import Batches, batch_loader, in_order, part, share, shuffled_batches
from affectflow.dataloading.images import Images
from affectflow.training.lit import LightningDataModule


class ImageData(LightningDataModule):
    """Pictures of the train splits of one or several corpora, shuffled together, and of the validation splits, in
    order.

    Args:
        settings: what is learnt and how pictures are read.
        train: Arrow file of `IMAGES` by corpus.
        validation: as `train`.
        seed: of the order and of random changes.
        loader: how data are read.

    Raises:
        InputError: a split without annotated pictures, or a missing file.
    """

    def __init__(
        self,
        settings: Pretraining,
        train: Mapping[str, Path],
        validation: Mapping[str, Path],
        seed: int,
        loader: Loader,
    ) -> None:
        super().__init__()
        self._batch, self._seed, self._workers = settings.batch, seed, loader.workers
        self.train = Images(train, settings.track, settings.size, settings.augment, seed)
        self.validation = Images(validation, settings.track, settings.size)
        self.steps = -(-len(self.train) // settings.batch)
        """Optimiser steps of an epoch."""

    def train_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        self.train.epoch = trainer.current_epoch
        batches = shuffled_batches(len(self.train), self._batch, self._seed, trainer.current_epoch)
        return batch_loader(self.train, share(batches, trainer.global_rank, trainer.world_size), self._workers)

    def val_dataloader(self) -> Batches:
        trainer = self.trainer
        assert trainer is not None
        local_samples = part(len(self.validation), trainer.global_rank, trainer.world_size)
        return batch_loader(self.validation, in_order(local_samples, self._batch), self._workers)
