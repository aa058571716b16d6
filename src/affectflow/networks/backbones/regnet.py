"""RegNetY-1.6GF (Radosavovic et al. 2020): torchvision's own network, which sees pictures and lends what its classifier
would read."""

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from torch import nn


def regnet_y_1_6gf() -> nn.Module:
    """(batch, 3, height, width) to (batch, 888), with random weights from torch's generator."""
    network: nn.Module = torchvision.models.regnet_y_1_6gf()
    network.fc = nn.Identity()
    return network
