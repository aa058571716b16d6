"""A network that learns nothing: its weights, and where it runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.compute.devices import autocast, choose, precision_of, set_deterministic
from affectflow.config.model.feature_sets import RANDOM
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError


@contextmanager
def random_weights(seed: int = 0) -> Iterator[None]:
    """Networks that are built within have the same random weights each time; torch's generator stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def load_all(network: nn.Module, state: Mapping[str, Tensor], name: str, title: str) -> None:
    """Copy `state` into `network`, of which nothing stays as it was.

    Args:
        network: takes the weights.
        state: tensors by the names of `network`.
        name: of the weights, for errors.
        title: of the network, for errors.

    Raises:
        InputError: a tensor is missing, is one too many or is of another shape.
    """
    own = network.state_dict()
    wrong = [
        *(f"{key} is missing" for key in own if key not in state),
        *(f"{key} is not of this network" for key in state if key not in own),
        *(
            f"{key} is of shape {tuple(state[key].shape)}, expected {tuple(tensor.shape)}"
            for key, tensor in own.items()
            if key in state and state[key].shape != tensor.shape
        ),
    ]
    if wrong:
        raise InputError(
            f"weights {name}: {len(wrong)} tensor(s) do not fit {title}, the first: {wrong[0]}; fetch the file that "
            f"config/weights.yaml names, or set the feature set's weights to {RANDOM} (random ones)"
        )
    network.load_state_dict(state)


class Frozen:
    """A network on a GPU or the CPU, whichever `device` asks for and the machine has."""

    def __init__(self, network: nn.Module, device: Device) -> None:
        torch.set_num_threads(device.threads)
        set_deterministic(device.deterministic)
        accelerator, _ = choose(device, min(device.gpus, 1))
        self._place = torch.device("cuda" if accelerator == "gpu" else "cpu")
        self._precision = precision_of(device, accelerator)
        self._network = network.to(self._place).eval()

    def __call__(self, inputs: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network says of a batch; shapes are the network's."""
        with torch.inference_mode(), autocast(self._place.type, self._precision):
            outputs: Tensor = self._network(torch.from_numpy(inputs).to(self._place))
            values: NDArray[np.float32] = outputs.float().cpu().numpy()
        return values
