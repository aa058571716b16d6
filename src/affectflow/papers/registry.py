"""Networks by the name that a branch's `network.name` gives; each is imported only when it is built."""

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, get_args

from affectflow.config.model.networks import NetworkSettings

if TYPE_CHECKING:
    from affectflow.networks.network import Network

NETWORKS: dict[str, str] = {
    tag.tag: settings.NETWORK for settings, tag in map(get_args, get_args(get_args(NetworkSettings)[0]))
}
"""`module:class` by name, of all that settings know."""


def network_module(name: str) -> str:
    """The module that holds a network, so that a code fingerprint includes the chosen network and no other."""
    return NETWORKS[name].partition(":")[0]


def build_network(
    settings: NetworkSettings, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]
) -> "Network":
    """The network that `settings` describe, with random weights from torch's generator.

    Its `forward(inputs, mask)` maps {stream: (batch, time, …)} and (batch, time) to (batch, time, outputs), and
    `load_initial(part, state, name)` starts a part of it from published weights.

    Args:
        settings: a branch's `network`.
        inputs: shape of one frame of each stream, in the order in which features are joined.
        outputs: numbers predicted for each frame, by track, those of one after the other.
    """
    network: Network = resolve_name(NETWORKS[settings.name])(settings, inputs, outputs)
    return network
