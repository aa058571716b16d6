"""Start a network, or a part of it, from weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from affectflow.core.errors import InputError

_CLASSIFIER = ("fc.", "classifier.", "heads.", "logits.")
_FIRST = ("conv1.weight", "features.0.weight")


@runtime_checkable
class Renaming(Protocol):
    """A network whose parameters are published under other names or in other forms, too."""

    def own_names(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Published parameters in the names and forms of the network, of which it may leave out what it never uses."""
        ...


def read_model(path: Path) -> dict[str, Tensor]:
    """Parameters by name.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        state: dict[str, Tensor] = load_file(path)
    except (FileNotFoundError, SafetensorError) as error:
        raise InputError(f"{path}: not a whole trained model ({error}); train it again") from error
    return state


def load_backbone(
    backbone: nn.Module, state: Mapping[str, Tensor], name: str, change: str = "network.backbone or init"
) -> None:
    """Copy `state` into `backbone`, without a classifier.

    A first convolution of one channel takes the sum over the published three: exactly what the published one
    computes from a picture with three equal channels.

    Raises:
        InputError: names or shapes do not fit; `name` tells whose, `change` which settings to change.
    """
    expected = backbone.state_dict()
    if isinstance(backbone, Renaming):
        state = backbone.own_names(state)
    # An IResNet's fc makes its features; a ResNet's is the classifier of what it was trained on.
    left_out = tuple(prefix for prefix in _CLASSIFIER if not any(key.startswith(prefix) for key in expected))
    parameters = {key: value for key, value in state.items() if not key.startswith(left_out)}
    for first in _FIRST:
        if (
            first in expected
            and first in parameters
            and expected[first].shape[1] == 1
            and parameters[first].shape[1] == 3
        ):
            parameters[first] = parameters[first].sum(dim=1, keepdim=True)
    # Older checkpoints do not count batches, and nothing depends on the count.
    missing = [key for key in expected if key not in parameters and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in parameters if key not in expected]
    misshapen = [key for key in parameters if key in expected and parameters[key].shape != expected[key].shape]
    _refuse(name, change, lack=missing, also_hold=unexpected, have_another_shape_of=misshapen)
    backbone.load_state_dict(parameters, strict=False)


def copy_shared(module: nn.Module, state: Mapping[str, Tensor], name: str, whole: str = "") -> None:
    """Copy those tensors into `module` that both have: of these all whose names begin with `whole`.

    Raises:
        InputError: what must be there is not, or a shape differs; `name` tells whose.
    """
    own = module.state_dict()
    missing = [key for key in own if key.startswith(whole) and key not in state]
    unfit = [key for key in own if key in state and state[key].shape != own[key].shape]
    _refuse(name, "network or init", lack=missing, have_another_shape_of=unfit)
    module.load_state_dict({key: state.get(key, tensor) for key, tensor in own.items()})


def copy_whole(module: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Copy `state` into `module`, of which it must hold every tensor and no other.

    Raises:
        InputError: names or shapes do not fit; `name` tells whose.
    """
    own = module.state_dict()
    _refuse(
        name,
        "network",
        lack=[key for key in own if key not in state],
        also_hold=[key for key in state if key not in own],
        have_another_shape_of=[key for key in own if key in state and state[key].shape != own[key].shape],
    )
    module.load_state_dict(dict(state))


def below(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}


def _refuse(name: str, change: str, **problems: Sequence[str]) -> None:
    """InputError with the first kind of tensors that do not fit, if there are any."""
    for verb, keys in problems.items():
        if keys:
            raise InputError(
                f"weights {name} {verb.replace('_', ' ')} {len(keys)} tensor(s), the first is {keys[0]}; they are of "
                f"another network: change {change}"
            )
