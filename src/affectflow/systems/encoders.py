"""CNNs that learn from still pictures and lend their features, by name; each is imported only when it is built."""

import importlib
from typing import TYPE_CHECKING

from affectflow.config.training import Encoder

if TYPE_CHECKING:
    from torch import nn


def encoder_module(name: Encoder) -> str:
    """The module that holds an encoder, so that a code fingerprint includes the chosen one and no other."""
    kind = "densenet" if name == "densenet" else "iresnet" if name.startswith("iresnet") else "resnet"
    return f"affectflow.systems.{kind}"


def feature_length(name: Encoder, width: int) -> int:
    """How many numbers an encoder gives for a picture: 342 (DenseNet), 512 (IResNet), 8 or 32 times the width
    (ResNet-18, ResNet-50).

    Not an attribute of the networks: in the published parameter names of two of them `features` is a layer.
    """
    if name == "densenet":
        return 342
    if name.startswith("iresnet"):
        return 512
    return width * (8 if name == "resnet18" else 32)


def build_encoder(name: Encoder, width: int, size: int) -> "nn.Module":
    """An encoder with random weights from torch's generator: (batch, 3, size, size) to (batch, `feature_length`).

    Args:
        name: which.
        width: channels after the first convolution; of the DenseNet it changes nothing.
        size: side of a picture in pixels.
    """
    module = importlib.import_module(encoder_module(name))
    network: nn.Module
    if name == "densenet":
        network = module.DenseNet()
    elif name.startswith("iresnet"):
        network = module.IResNet(name, width, size)
    else:
        network = module.ResNet(name, width)
    return network
