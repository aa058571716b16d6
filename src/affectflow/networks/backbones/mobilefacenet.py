"""MobileFaceNet (Chen et al. 2018) as a finder of landmarks, up to its last picture, with the parameter names of POSTER
V2's public code."""

import torch
from torch import Tensor, nn


class _Conv(nn.Module):
    """Convolution and normalisation, and PReLU where it is not `linear`."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.prelu = None if linear else nn.PReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return x if self.prelu is None else self.prelu(x)


class _DepthWise(nn.Module):
    """To `between` channels, a convolution of each channel by itself, and from there to the outputs; with stride 1
    added to the input."""

    def __init__(self, inputs: int, outputs: int, between: int, stride: int) -> None:
        super().__init__()
        self.conv = _Conv(inputs, between)
        self.conv_dw = _Conv(between, between, 3, stride, groups=between)
        self.project = _Conv(between, outputs, linear=True)
        self._adds = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.conv_dw(self.conv(x)))
        return x + y if self._adds else y


class _Repeated(nn.Module):
    """So many depth-wise blocks, one after the other."""

    def __init__(self, channels: int, between: int, blocks: int) -> None:
        super().__init__()
        self.model = nn.Sequential(*(_DepthWise(channels, channels, between, 1) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.model(x)
        return y


class MobileFaceNet(nn.Module):
    """Faces (batch, 3, side, side) to 64, 128 and 512 channels, of a quarter, an eighth and a sixteenth of the side."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _Conv(3, 64, 3, 2)
        self.conv2_dw = _Conv(64, 64, 3, groups=64)
        self.conv_23, self.conv_3 = _DepthWise(64, 64, 128, 2), _Repeated(64, 128, 4)
        self.conv_34, self.conv_4 = _DepthWise(64, 128, 256, 2), _Repeated(128, 256, 6)
        self.conv_45, self.conv_5 = _DepthWise(128, 128, 512, 2), _Repeated(128, 256, 2)
        self.conv_6_sep = _Conv(128, 512)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.conv2_dw(self.conv1(x.contiguous(memory_format=torch.channels_last)))
        first = self.conv_3(self.conv_23(x))
        second = self.conv_4(self.conv_34(first))
        third = self.conv_6_sep(self.conv_5(self.conv_45(second)))
        return [first, second, third]
