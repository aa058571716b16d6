"""VGG-16 (Simonyan and Zisserman 2015) of any width: its convolutions and poolings, with torchvision's parameter names.

VGG-FACE (Parkhi et al. 2015) has the same layers and other weights.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.networks.backbones.channels_last import lay_channels_last

_BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions of each block; a pooling layer follows each block."""
_WIDTHS = (1, 2, 4, 8, 8)
"""Channels of each block, as multiples of the first one's."""
_SECOND = 10
"""Layers up to the second pooling layer."""


class Vgg16(nn.Module):
    """Pictures to what the second and the last pooling layer give, flattened.

    Args:
        width: channels after the first convolution; 64 is the published network.
        shape: channels, height and width of a picture, of which height and width are at least 32.
    """

    def __init__(self, width: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = shape[0]
        for convolutions, multiple in zip(_BLOCKS, _WIDTHS, strict=True):
            for _ in range(convolutions):
                layers += [nn.Conv2d(channels, width * multiple, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width * multiple
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        sides = shape[1], shape[2]
        self.sizes = {
            "second_pool": width * _WIDTHS[1] * (sides[0] >> 2) * (sides[1] >> 2),
            "last_pool": channels * (sides[0] >> 5) * (sides[1] >> 5),
        }
        """Numbers that each level gives for a picture."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        lay_channels_last(self)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(batch, channels, height, width) to {level: (batch, numbers of the level)}, channels first."""
        second = self.features[:_SECOND](x.contiguous(memory_format=torch.channels_last))
        last = self.features[_SECOND:](second)
        return {"second_pool": second.contiguous().flatten(1), "last_pool": last.contiguous().flatten(1)}


def torchvision_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published parameters of a VGG-16's convolutions, named as torchvision names them.

    VGG-FACE is published with Caffe's names (`conv1_1.weight`). Fully connected layers are left out: they fit pictures
    of 224 x 224 alone, and Kollias and Zafeiriou replace them.
    """
    layers, index = {}, 0
    for block, convolutions in enumerate(_BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            layers[f"conv{block}_{number}"] = f"features.{index}"
            index += 2
        index += 1
    renamed = {}
    for key, tensor in state.items():
        layer, _, kind = key.rpartition(".")
        name = f"{layers[layer]}.{kind}" if layer in layers else key
        if name.startswith("features."):
            renamed[name] = tensor
    return renamed
