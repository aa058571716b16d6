"""Third-party checkpoints to safetensors, without running what they carry."""

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from affectflow.core.errors import InputError


def convert_checkpoint(file: Path, out: Path, container: str | None, prefix: str, name: str) -> None:
    """Write the state dict in a .pth or .safetensors file as safetensors.

    Args:
        file: the checkpoint.
        out: where to write.
        container: key of the checkpoint under which the state dict lies, if it is not the checkpoint itself.
        prefix: taken off the beginning of parameter names.
        name: of the weights, for errors.

    Raises:
        InputError: the file is damaged, holds more than tensors and plain values (and is then not trusted), or
            holds no state dict.
    """
    state = _read(file, name)
    if container is not None and container in state:
        state = state[container]
    tensors = {
        str(key).removeprefix(prefix): value.detach().clone().contiguous()
        for key, value in (state.items() if isinstance(state, dict) else ())
        if isinstance(value, Tensor)
    }
    if not tensors:
        keys = ", ".join(map(str, list(state)[:5])) if isinstance(state, dict) else type(state).__name__
        raise InputError(f"{file}: holds no tensors by name for {name} (found {keys}); expected a state dict")
    save_file(tensors, out)


def _read(file: Path, name: str) -> dict:
    try:
        return load_file(file)
    except SafetensorError:
        pass  # not safetensors: a .pth then
    try:
        state: dict = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{file}: cannot be read as weights for {name} without running code that it carries ({reason}); "
            "bring a plain state dict, as .pth or .safetensors"
        ) from error
    return state
