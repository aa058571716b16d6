"""Inception-ResNet-v1 (Szegedy et al. 2017) as face recognition has it, with the parameter names of facenet-pytorch, so
that its state dicts fit: trained on VGGFace2 or CASIA-WebFace, on faces of 160 pixels normalised as `facenet`."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from affectflow.networks.backbones.channels_last import lay_channels_last

FEATURES = 512
"""Numbers of a face."""

_EPSILON, _DROPOUT = 1e-3, 0.6  # the published networks'

Layer = tuple[int, int | tuple[int, int], int]
"""Channels that a convolution gives, its kernel and its stride."""


class _Conv(nn.Module):
    """Convolution, normalisation, ReLU; with zeros `around` the picture a stride of 1 leaves its size."""

    def __init__(self, inputs: int, layer: Layer, around: bool) -> None:
        super().__init__()
        outputs, kernel, stride = layer
        high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (high // 2, wide // 2) if around else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, (high, wide), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _Branches(nn.Module):
    """Branches of convolutions that all see the input, and whose channels are put behind each other."""

    def __init__(self, inputs: int, *branches: list[Layer]) -> None:
        super().__init__()
        self._names = [f"branch{number}" for number in range(len(branches))]
        for name, layers in zip(self._names, branches, strict=True):
            before = [inputs, *(outputs for outputs, _, _ in layers)]
            convs = [_Conv(channels, layer, layer[2] == 1) for channels, layer in zip(before[:-1], layers, strict=True)]
            self.add_module(name, convs[0] if len(convs) == 1 else nn.Sequential(*convs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.get_submodule(name)(x) for name in self._names], dim=1)


class _Smaller(_Branches):
    """Branches of stride 2, and the largest of each 3 x 3 values behind them."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([super().forward(x), functional.max_pool2d(x, 3, 2)], dim=1)


class _Residual(_Branches):
    """Branches, mixed by a 1 x 1 convolution, added to the input as a share of `scale`, and ReLU unless it `ends`."""

    def __init__(self, channels: int, scale: float, *branches: list[Layer], ends: bool = False) -> None:
        super().__init__(channels, *branches)
        self.conv2d = nn.Conv2d(sum(branch[-1][0] for branch in branches), channels, 1)
        self._scale, self._ends = scale, ends

    def forward(self, x: Tensor) -> Tensor:
        added = x + self._scale * self.conv2d(super().forward(x))
        return added if self._ends else functional.relu(added)


def _block35() -> _Residual:
    three = (32, 3, 1)
    return _Residual(256, 0.17, [(32, 1, 1)], [(32, 1, 1), three], [(32, 1, 1), three, three])


def _block17() -> _Residual:
    return _Residual(896, 0.10, [(128, 1, 1)], [(128, 1, 1), (128, (1, 7), 1), (128, (7, 1), 1)])


def _block8(last: bool = False) -> _Residual:
    """The last one adds all that it says, and nothing follows."""
    along: list[Layer] = [(192, 1, 1), (192, (1, 3), 1), (192, (3, 1), 1)]
    return _Residual(1792, 1.0 if last else 0.20, [(192, 1, 1)], along, ends=last)


class InceptionResnetV1(nn.Module):
    """Faces of 75 pixels and more to 512 numbers: the embedding layer and its normalisation `last_bn` belong to it.

    The numbers are what the published classifier reads. Their length is left as it is; facenet-pytorch brings it to 1
    where it is asked for embeddings.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1a = _Conv(3, (32, 3, 2), around=False)
        self.conv2d_2a = _Conv(32, (32, 3, 1), around=False)
        self.conv2d_2b = _Conv(32, (64, 3, 1), around=True)
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = _Conv(64, (80, 1, 1), around=False)
        self.conv2d_4a = _Conv(80, (192, 3, 1), around=False)
        self.conv2d_4b = _Conv(192, (256, 3, 2), around=False)
        self.repeat_1 = nn.Sequential(*(_block35() for _ in range(5)))
        self.mixed_6a = _Smaller(256, [(384, 3, 2)], [(192, 1, 1), (192, 3, 1), (256, 3, 2)])
        self.repeat_2 = nn.Sequential(*(_block17() for _ in range(10)))
        self.mixed_7a = _Smaller(
            896,
            [(256, 1, 1), (384, 3, 2)],
            [(256, 1, 1), (256, 3, 2)],
            [(256, 1, 1), (256, 3, 1), (256, 3, 2)],
        )
        self.repeat_3 = nn.Sequential(*(_block8() for _ in range(5)))
        self.block8 = _block8(last=True)
        self.dropout = nn.Dropout(_DROPOUT)
        self.last_linear = nn.Linear(1792, FEATURES, bias=False)
        self.last_bn = nn.BatchNorm1d(FEATURES, eps=_EPSILON)
        lay_channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, 512)."""
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.maxpool_3a(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x))))
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(x)))
        x = self.repeat_2(self.mixed_6a(self.repeat_1(x)))
        x = self.block8(self.repeat_3(self.mixed_7a(x)))
        numbers: Tensor = self.last_bn(self.last_linear(self.dropout(x.mean(dim=(2, 3)))))
        return numbers
