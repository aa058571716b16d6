"""The network after each of several epochs, kept beside the checkpoints until the training ends (Meng et al., section
4.6)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from affectflow.artifacts.atomic import atomic_path
from affectflow.core.errors import InputError
from affectflow.models.folder import epoch_prefix
from affectflow.networks.initial import read_model
from affectflow.training.lit import Callback, LightningModule, Trainer
from affectflow.training.task_module import TaskModule


class EpochEnsemble(Callback):
    """Writes the parameters of the network after each of some epochs, whole or not at all.

    Lightning calls it before the callback that writes the checkpoint to go on from: a training that is killed between
    the two makes the epoch again, and no epoch is left without its file.

    Args:
        folder: of the checkpoints.
        epochs: which, counted from 1.
    """

    def __init__(self, folder: Path, epochs: Sequence[int]) -> None:
        self._folder, self._epochs = folder, epochs

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch not in self._epochs or not trainer.is_global_zero:
            return
        assert isinstance(module, TaskModule)
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in module.network.state_dict().items()}
        with atomic_path(_file(self._folder, epoch), recorded=False) as temporary:
            temporary.write_bytes(save(state))


def ensemble_state(folder: Path, epochs: Iterable[int]) -> dict[str, Tensor]:
    """What `EpochEnsemble` has written, as one model: `epoch16.<parameter>`.

    Raises:
        InputError: the file of an epoch is missing or damaged.
    """
    merged: dict[str, Tensor] = {}
    for epoch in epochs:
        path = _file(folder, epoch)
        try:
            state = read_model(path)
        except InputError as error:
            raise InputError(f"{error}. Delete {folder} first: its other checkpoints would be gone on from") from error
        merged |= {f"{epoch_prefix(epoch)}{name}": tensor for name, tensor in state.items()}
    return merged


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch{epoch}.safetensors"
