"""Mean and deviation of frozen features over the frames of a split."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.core.errors import InputError


def feature_moments(
    data: Dataset[dict[str, Tensor]],
    samples: int,
    describe: Callable[[int], str],
    streams: Sequence[str] = ("features",),
) -> tuple[Tensor, Tensor]:
    """Mean and population deviation of every feature over the real frames of some samples, float64 (features,).

    The deviation of a feature that never varies is 1. One sample is in memory at a time; sums are of distances from the
    sample's own mean, so that large numbers that vary little lose nothing.

    Args:
        data: samples with each of `streams` (time, numbers) and `mask` (time,).
        samples: how many.
        describe: a sample in words, for messages.
        streams: whose features, one after the other.

    Raises:
        InputError: a feature is not a finite number.
    """
    count, mean, squares = 0, torch.zeros(()), torch.zeros(())
    least, most = torch.tensor(torch.inf), torch.tensor(-torch.inf)
    for number in range(samples):
        sample = data[number]
        own = torch.cat([sample[stream][sample["mask"]] for stream in streams], dim=1).double()
        if not bool(own.isfinite().all()):
            frame, feature = (~own.isfinite()).nonzero()[0].tolist()
            raise InputError(
                f"stream {' and '.join(streams)}, {describe(number)}: feature {feature} of its frame {frame} is "
                f"{float(own[frame, feature])}, expected finite numbers; delete the files of the features and run again"
            )
        own_mean = own.mean(0)
        whole, apart = count + len(own), own_mean - mean
        mean = mean + apart * (len(own) / whole)
        squares = squares + (own - own_mean).square().sum(0) + apart.square() * (count * len(own) / whole)
        least, most, count = torch.minimum(least, own.amin(0)), torch.maximum(most, own.amax(0)), whole
    deviation = (squares / max(count, 1)).sqrt()
    return mean, torch.where(least == most, torch.ones_like(deviation), deviation)
