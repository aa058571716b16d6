"""How the numbers of convolutions lie in memory."""

import torch
from torch import nn


def lay_channels_last(cnn: nn.Module) -> None:
    """Lay the channels of convolutions beside each other in memory: half again as fast, on CPUs and on GPUs with tensor
    cores."""
    for parameter in cnn.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
