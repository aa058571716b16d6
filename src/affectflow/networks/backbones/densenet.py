"""DenseNets (Huang et al. 2017), with torchvision's parameter names: DenseNet121, and the one of 342 numbers.

Meng et al. give no sizes of its DenseNet but the 342. They are those of growth 12, three blocks of 16 layers and 24
first channels: 24 + 16 x 12 = 216, halved to 108; 108 + 192 = 300, halved to 150; 150 + 192 = 342. torchvision's
`DenseNet` with the same arguments computes the same from the same parameters, and costs seconds to import.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.networks.backbones.channels_last import lay_channels_last

SIZES: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "densenet": (12, 24, (16, 16, 16)),
    "densenet121": (32, 64, (6, 12, 24, 16)),
}
"""Growth, first channels, and layers of each block."""
# Channels between the two convolutions of a layer, as a multiple of the growth.
_BOTTLENECK = 4
# Published files are older than torchvision's names, which have no dot before the number.
_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)")


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)


class _Layer(nn.Module):
    """New channels, as many as `growth`, from all channels so far, put behind these."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        between = _BOTTLENECK * growth
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), _conv(inputs, between, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(between), _conv(between, growth, 3)
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
    """Pictures to numbers, each the mean of a channel after the last normalisation and ReLU.

    Args:
        name: a key of `SIZES`.
    """

    def __init__(self, name: str = "densenet") -> None:
        super().__init__()
        growth, channels, blocks = SIZES[name]
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, channels, 7, 2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(channels),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, padding=1),
        )
        for block, depth in enumerate(blocks, start=1):
            if block > 1:
                layers[f"transition{block - 1}"] = _transition(channels)
                channels //= 2
            inside: list[tuple[str, nn.Module]] = [
                (f"denselayer{n + 1}", _Layer(channels + n * growth, growth)) for n in range(depth)
            ]
            layers[f"denseblock{block}"] = nn.Sequential(OrderedDict(inside))
            channels += depth * growth
        layers["norm5"] = nn.BatchNorm2d(channels)  # however many blocks there are
        self.features = nn.Sequential(layers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        lay_channels_last(self)

    def own_names(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Published parameters by today's names: `denselayer1.norm1.weight`, not `denselayer1.norm.1.weight`."""
        return {_OLD_NAME.sub(r"\1\2", key): tensor for key, tensor in state.items()}

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, 342), or 1024 of DenseNet121."""
        return self.features(x.contiguous(memory_format=torch.channels_last)).relu().mean(dim=(2, 3))
