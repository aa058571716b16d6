"""The checkpoint to go on from, after every epoch, and the network of the best one."""

import shutil

import torch
from torch import Tensor

from affectflow.artifacts.atomic import atomic_path
from affectflow.core.errors import InputError
from affectflow.training.callbacks import EpochLog
from affectflow.training.checkpoints import Checkpoints
from affectflow.training.lit import Checkpoint, LightningModule, Trainer

_NETWORK = "network."


class EpochCheckpoints(Checkpoint):
    """Writes the last checkpoint after every epoch, when all else that belongs to the epoch has happened: Lightning
    calls callbacks of this kind after the module and all others. (Its own writes it where the score has risen alone.)

    The best epoch's is the last one until an epoch follows that is not better, and is copied before that one takes its
    place. So the two never tell of different trainings, wherever a kill comes between them.

    Args:
        checkpoints: their folder.
        log: which epoch is the best.
    """

    def __init__(self, checkpoints: Checkpoints, log: EpochLog) -> None:
        self._checkpoints, self._log = checkpoints, log

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        checkpoints = self._checkpoints
        if self._log.epochs_since_best == 1 and trainer.is_global_zero:
            with atomic_path(checkpoints.best_path, recorded=False) as temporary:
                shutil.copyfile(checkpoints.last_path, temporary)
        trainer.save_checkpoint(checkpoints.last_path)


def best_state(checkpoints: Checkpoints, log: EpochLog) -> dict[str, Tensor]:
    """Parameters of the network after the best epoch of a training that has ended.

    Raises:
        InputError: somebody has removed its checkpoint.
    """
    path = checkpoints.best_path if log.epochs_since_best else checkpoints.last_path
    if not path.exists():
        raise InputError(
            f"{path}: no such file. Delete {checkpoints.folder} first: its other checkpoints would be gone on from"
        )
    whole = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    return {key.removeprefix(_NETWORK): value for key, value in whole.items() if key.startswith(_NETWORK)}
