"""Start a backbone from published weights."""

from collections.abc import Mapping

from torch import Tensor, nn

from affectflow.errors import InputError

_CLASSIFIER = ("fc.",)
_FIRST = ("conv1.weight", "features.0.weight")


def load_backbone(backbone: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Copy `state` into `backbone`, the classifiers of both left out.

    A first convolution of one channel takes the sum over the published three: exactly what the published one
    computes from a picture with three equal channels.

    Raises:
        InputError: names or shapes do not fit; `name` tells whose.
    """
    wanted = {key: value for key, value in backbone.state_dict().items() if not key.startswith(_CLASSIFIER)}
    given = {key: value for key, value in state.items() if not key.startswith(_CLASSIFIER)}
    for first in _FIRST:
        if first in wanted and first in given and wanted[first].shape[1] == 1 and given[first].shape[1] == 3:
            given[first] = given[first].sum(dim=1, keepdim=True)
    # Older checkpoints do not count batches, and nothing depends on the count.
    missing = [key for key in wanted if key not in given and not key.endswith("num_batches_tracked")]
    other = [key for key in given if key not in wanted]
    unfit = [key for key in given if key in wanted and given[key].shape != wanted[key].shape]
    for what, keys in (("lack", missing), ("also hold", other), ("have another shape of", unfit)):
        if keys:
            raise InputError(
                f"weights {name} {what} {len(keys)} tensor(s), the first is {keys[0]}; they are of another network: "
                "change network.backbone or init"
            )
    backbone.load_state_dict(given, strict=False)
