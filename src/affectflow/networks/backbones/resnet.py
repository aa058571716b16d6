"""Residual networks (He et al. 2016) of any width, with torchvision's parameter names.

torchvision's own classes fix the first width at 64 and cost seconds to import; at width 64 these compute the
same from the same parameters.
"""

import torch
from torch import Tensor, nn

from affectflow.networks.backbones.channels_last import lay_channels_last
from affectflow.networks.backbones.strided import shortcut_conv

BLOCKS = {"resnet18": ("basic", (2, 2, 2, 2)), "resnet50": ("bottleneck", (3, 4, 6, 3))}


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class _Block(nn.Module):
    """Two 3x3 convolutions (basic), or 1x1, 3x3, 1x1 (bottleneck), added to the input."""

    def __init__(self, inputs: int, width: int, kind: str, stride: int) -> None:
        super().__init__()
        outputs = width * expansion(kind)
        if kind == "basic":
            self.conv1, self.bn1 = _conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
            self.conv2, self.bn2 = _conv(width, width, 3), nn.BatchNorm2d(width)
        else:
            self.conv1, self.bn1 = _conv(inputs, width, 1), nn.BatchNorm2d(width)
            self.conv2, self.bn2 = _conv(width, width, 3, stride), nn.BatchNorm2d(width)
            self.conv3, self.bn3 = _conv(width, outputs, 1), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.bottleneck = kind == "bottleneck"
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(shortcut_conv(inputs, outputs, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.bottleneck:
            y = self.bn3(self.conv3(self.relu(y)))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def expansion(kind: str) -> int:
    """Channels that a block gives for each of its width."""
    return 1 if kind == "basic" else 4


class ResNet(nn.Module):
    """Pictures to feature vectors: all of a ResNet but its classifier.

    Args:
        name: `resnet18` or `resnet50`.
        width: channels after the first convolution; 64 is the published network.
        channels: of the input.
    """

    def __init__(self, name: str, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        kind, depths = BLOCKS[name]
        self.conv1 = nn.Conv2d(channels, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        inputs = width
        for stage, depth in enumerate(depths):
            blocks = []
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                blocks.append(_Block(inputs, width << stage, kind, stride))
                inputs = (width << stage) * expansion(kind)
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.features = inputs
        """Length of a feature vector: 512 (ResNet-18) or 2048 (ResNet-50) at width 64."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        lay_channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, features)."""
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x.mean(dim=(2, 3))
