"""Networks that learn from still pictures and lend their features, by name; each is imported only when it is built."""

import importlib
from typing import TYPE_CHECKING

from affectflow.config.model.backbones import Encoder

if TYPE_CHECKING:
    from torch import nn

_MODULES: dict[Encoder, str] = {
    "resnet18": "resnet",
    "resnet50": "resnet",
    "densenet": "densenet",
    "densenet121": "densenet",
    "iresnet18": "iresnet",
    "iresnet50": "iresnet",
    "iresnet100": "iresnet",
    "inception_resnet_v1": "inception",
    "regnet_y_1_6gf": "regnet",
    "vit_b_16": "vit",
    "poster_v2": "poster",
}
_LENGTHS: dict[Encoder, int] = {
    "densenet": 342,
    "densenet121": 1024,
    "iresnet18": 512,
    "iresnet50": 512,
    "iresnet100": 512,
    "inception_resnet_v1": 512,
    "regnet_y_1_6gf": 888,
    "poster_v2": 768,
}
_LENGTHS_OF_WIDTH: dict[Encoder, int] = {"resnet18": 8, "resnet50": 32, "vit_b_16": 12}


def encoder_module(name: Encoder) -> str:
    """The module that holds an encoder, so that a code fingerprint includes the chosen one and no other."""
    return f"affectflow.networks.backbones.{_MODULES[name]}"


def feature_length(name: Encoder, width: int) -> int:
    """How many numbers an encoder gives for a picture: 8, 32 or 12 times the width of ResNet-18, ResNet-50 or ViT-B/16,
    and as many for any width of all others.

    Not an attribute of the networks: in the published parameter names of two of them `features` is a layer.
    """
    return _LENGTHS[name] if name in _LENGTHS else width * _LENGTHS_OF_WIDTH[name]


def build_encoder(name: Encoder, width: int, size: int) -> "nn.Module":
    """An encoder with random weights from torch's generator: (batch, 3, size, size) to (batch, `feature_length`).

    Args:
        name: which.
        width: channels after the first convolution, of ViT-B/16 numbers of a head; of the DenseNets, Inception-ResNet,
            RegNet and POSTER V2 it changes nothing.
        size: side of a picture in pixels.
    """
    module = importlib.import_module(encoder_module(name))
    network: nn.Module
    match name:
        case "resnet18" | "resnet50":
            network = module.ResNet(name, width)
        case "iresnet18" | "iresnet50" | "iresnet100":
            network = module.IResNet(name, width, size)
        case "densenet" | "densenet121":
            network = module.DenseNet(name)
        case "inception_resnet_v1":
            network = module.InceptionResnetV1()
        case "regnet_y_1_6gf":
            network = module.regnet_y_1_6gf()
        case "vit_b_16":
            network = module.VisionTransformer(width, size)
        case "poster_v2":
            network = module.PosterV2()
    return network
