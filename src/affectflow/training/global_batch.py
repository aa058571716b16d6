"""Layers that see the whole batch where several processes share it, so that training is as with one.

Batch normalisation takes the moments of all processes' samples; dropout draws one mask for all of them, of which each
process takes the rows of its share (`affectflow.dataloading.batches.share`). Everything else in our networks looks
at one sample at a time.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce


def see_global_batch(network: nn.Module, device: str) -> nn.Module:
    """`network` with its normalising and dropping layers replaced; names and values of its parameters stay.

    Args:
        network: any.
        device: `cpu` or `cuda`. torch's own synchronised normalisation knows GPUs alone.
    """
    if device == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return _replace_layers(network)


def _replace_layers(module: nn.Module) -> nn.Module:
    if type(module) is nn.Dropout:
        return GlobalDropout(module.p)
    if type(module) in (nn.BatchNorm1d, nn.BatchNorm2d):
        return GlobalBatchNorm.like(module)
    for name, child in module.named_children():
        setattr(module, name, _replace_layers(child))
    return module


class GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation by the moments of all processes' samples, in two passes: mean, then variance."""

    @classmethod
    def like(cls, norm: nn.Module) -> "GlobalBatchNorm":
        """With the parameters and moments of a layer of torch's own."""
        assert isinstance(norm, nn.modules.batchnorm._BatchNorm)
        layer = cls(norm.num_features, norm.eps, norm.momentum, norm.affine)
        layer.load_state_dict(norm.state_dict())
        return layer.to(norm.running_mean)

    def _check_input_dim(self, input: Tensor) -> None:
        """Any: channels are axis 1."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        over = [axis for axis in range(input.dim()) if axis != 1]
        shape = [1, -1, *[1] * (input.dim() - 2)]
        count = all_reduce(input.new_tensor(input.numel() / input.shape[1]))
        mean = all_reduce(input.sum(over)) / count
        centred = input - mean.view(shape)
        variance = all_reduce(centred.square().sum(over)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
            self.running_mean.lerp_(mean, share)
            self.running_var.lerp_(variance * (count / (count - 1)), share)
        normal = centred * (variance + self.eps).rsqrt().view(shape)
        return normal * self.weight.view(shape) + self.bias.view(shape) if self.affine else normal


class GlobalDropout(nn.Module):
    """Dropout by one mask for the whole batch, as one process would draw it.

    Args:
        p: chance that a value becomes 0.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        samples = x.new_tensor(len(x))
        dist.all_reduce(samples)
        whole = x.new_empty((int(samples), *x.shape[1:])).bernoulli_(1 - self.p)
        return x * whole[dist.get_rank() :: dist.get_world_size()] / (1 - self.p)
