"""Residual networks for faces (IResNet: Duta et al. 2020, in the form of face recognition by ArcFace), of any width,
with the parameter names of insightface, so that its state dicts fit."""

import torch
from torch import Tensor, nn

from affectflow.networks.backbones.channels_last import lay_channels_last
from affectflow.networks.backbones.strided import shortcut_conv

DEPTHS = {"iresnet18": (2, 2, 2, 2), "iresnet50": (3, 4, 14, 3), "iresnet100": (3, 13, 30, 3)}
"""Blocks of each of the four stages."""
FEATURES = 512
"""Numbers of a face, whatever the width."""


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class _Block(nn.Module):
    """Normalisation, convolution, normalisation, PReLU, convolution (which makes the picture smaller), normalisation;
    added to the input, and nothing after the sum."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), _conv(inputs, outputs, 3)
        self.bn2, self.prelu = nn.BatchNorm2d(outputs), nn.PReLU(outputs)
        self.conv2, self.bn3 = _conv(outputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(shortcut_conv(inputs, outputs, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.prelu(self.bn2(self.conv1(self.bn1(x))))
        y = self.bn3(self.conv2(y))
        added: Tensor = y + (x if self.downsample is None else self.downsample(x))
        return added


class IResNet(nn.Module):
    """Faces to 512 numbers: the embedding layer `fc` and its normalisation `features` belong to it.

    Args:
        name: a key of `DEPTHS`.
        width: channels after the first convolution; 64 is the published network.
        size: side of a face in pixels, on which the inputs of `fc` depend; 112 in face recognition.
    """

    def __init__(self, name: str, width: int = 64, size: int = 112) -> None:
        super().__init__()
        self.conv1, self.bn1, self.prelu = _conv(3, width, 3), nn.BatchNorm2d(width), nn.PReLU(width)
        inputs, side = width, size
        for stage, depth in enumerate(DEPTHS[name]):
            outputs = width << stage
            blocks = [_Block(inputs if block == 0 else outputs, outputs, 1 + (block == 0)) for block in range(depth)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
            inputs, side = outputs, -(-side // 2)
        self.bn2, self.dropout = nn.BatchNorm2d(inputs), nn.Dropout(0.0)
        self.fc, self.features = nn.Linear(inputs * side * side, FEATURES), nn.BatchNorm1d(FEATURES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.1)
        lay_channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, size, size) to (batch, 512)."""
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.prelu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        x = self.dropout(self.bn2(x)).flatten(1)
        numbers: Tensor = self.features(self.fc(x))
        return numbers
