"""Networks with parameters that no two layers share, for the tests of encoders."""

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def randomise(network: Network) -> Network:
    """`network` with other parameters and moments, the same each time and none too large, ready to predict."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            draws = torch.rand(tensor.shape, generator=generator, dtype=torch.double)
            if tensor.dim() > 1:
                tensor.copy_((draws - 0.5) * 4 / tensor[0].numel() ** 0.5)
            else:
                tensor.copy_(draws * 0.4 + (1.0 if name.endswith(("running_var", "norm.weight")) else 0.0))
    return network.eval()
