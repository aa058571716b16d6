"""Convolutions of 1x1 that leave out pixels, as the shortcuts of residual networks have them."""

from torch import Tensor, nn

_VECTOR = 8


class _ThinnedConv2d(nn.Conv2d):
    """Takes every `stride`-th pixel first: the same sums."""

    def forward(self, input: Tensor) -> Tensor:
        rows, columns = self.stride
        # The weight alone: `nn.Conv2d.forward` would leave out pixels a second time.
        return nn.functional.conv2d(input[..., ::rows, ::columns], self.weight)


def shortcut_conv(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    """A convolution of 1x1 without bias.

    On processors with AVX2 and without AVX-512, oneDNN 3.12 (of torch 2.13) writes beyond its memory in the gradient of
    the weight if pixels are left out and the inputs do not fill its vectors of 8 channels.
    """
    kind = nn.Conv2d if inputs % _VECTOR == 0 else _ThinnedConv2d
    return kind(inputs, outputs, 1, stride, bias=False)
