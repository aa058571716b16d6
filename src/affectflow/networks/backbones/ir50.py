"""The first three stages of IR-50 (Deng et al. 2019, ArcFace), which give POSTER V2 pictures of three sizes, with the
parameter names of its public code."""

import torch
from torch import Tensor, nn

STAGES = {"body1": (64, 64, 3), "body2": (64, 128, 4), "body3": (128, 256, 14)}
"""Channels before and after each stage, and its blocks."""


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class _Block(nn.Module):
    """Normalisation, convolution, PReLU, convolution (which makes the picture smaller), normalisation; added to the
    input, of which every second pixel of a row and column stays where only its size changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if inputs != outputs:
            self.shortcut_layer = nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            _conv(inputs, outputs, 3),
            nn.PReLU(outputs),
            _conv(outputs, outputs, 3, stride),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return added


class Ir50(nn.Module):
    """Faces (batch, 3, side, side) to what each stage gives: 64, 128 and 256 channels, of a half, a quarter and an
    eighth of the side."""

    def __init__(self) -> None:
        super().__init__()
        self.input_layer = nn.Sequential(_conv(3, 64, 3), nn.BatchNorm2d(64), nn.PReLU(64))
        for name, (inputs, outputs, blocks) in STAGES.items():
            first = _Block(inputs, outputs, 2)
            self.add_module(name, nn.Sequential(first, *(_Block(outputs, outputs, 1) for _ in range(blocks - 1))))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.input_layer(x.contiguous(memory_format=torch.channels_last))
        features = []
        for name in STAGES:
            x = self.get_submodule(name)(x)
            features.append(x)
        return features
