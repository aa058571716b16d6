"""The DenseNet (Huang et al. 2017) whose 342 numbers paper 003 takes of a face, with torchvision's parameter names.

The paper gives no sizes but the 342. They are those of growth 12, three blocks of 16 layers and 24 first channels: 24 +
16 x 12 = 216, halved to 108; 108 + 192 = 300, halved to 150; 150 + 192 = 342. torchvision's `DenseNet` with these
arguments computes the same from the same parameters, and costs seconds to import.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from affectflow.systems.channels_last import lay_channels_last

_GROWTH, _FIRST, _BLOCKS = 12, 24, (16, 16, 16)
# Channels between the two convolutions of a layer, as a multiple of the growth.
_BOTTLENECK = 4
FEATURES = 342
"""Numbers of a face."""


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)


class _Layer(nn.Module):
    """Twelve new channels from all channels so far, put behind these."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        between = _BOTTLENECK * _GROWTH
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), _conv(inputs, between, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(between), _conv(between, _GROWTH, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(self.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(self.relu(self.norm2(y)))], dim=1)


def _transition(inputs: int) -> nn.Sequential:
    """Half the channels and half the side."""
    layers: list[tuple[str, nn.Module]] = [
        ("norm", nn.BatchNorm2d(inputs)),
        ("relu", nn.ReLU(inplace=True)),
        ("conv", _conv(inputs, inputs // 2, 1)),
        ("pool", nn.AvgPool2d(2)),
    ]
    return nn.Sequential(OrderedDict(layers))


class DenseNet(nn.Module):
    """Faces to 342 numbers, each the mean of a channel after the last normalisation and ReLU."""

    def __init__(self) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, _FIRST, 7, 2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(_FIRST),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, padding=1),
        )
        channels = _FIRST
        for block, depth in enumerate(_BLOCKS, start=1):
            if block > 1:
                layers[f"transition{block - 1}"] = _transition(channels)
                channels //= 2
            inside: list[tuple[str, nn.Module]] = [
                (f"denselayer{n + 1}", _Layer(channels + n * _GROWTH)) for n in range(depth)
            ]
            layers[f"denseblock{block}"] = nn.Sequential(OrderedDict(inside))
            channels += depth * _GROWTH
        layers[f"norm{len(_BLOCKS) + 2}"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(layers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        lay_channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, 342)."""
        return self.features(x.contiguous(memory_format=torch.channels_last)).relu().mean(dim=(2, 3))
