"""Which samples make a batch, and reading them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from affectflow.config.model.networks import OF_FEATURES
from affectflow.config.system.branch import Branch
from affectflow.core.errors import InputError
from affectflow.dataloading.dataset import Sequences

_NUMBERS = OF_FEATURES | {"mel", "landmarks"}
"""Streams that are no pictures."""

Batches = DataLoader[dict[str, torch.Tensor]]


def shuffled_batches(
    samples: int, batch: int, seed: int, epoch: int, chances: NDArray[np.float64] | None = None
) -> list[NDArray[np.int64]]:
    """Each sample once, in an order that follows from (seed, epoch) alone; or, with `chances` (samples,) of sum 1, as
    many draws with these.

    The batches' sizes differ by at most one, so that no loss is computed over a scrap at an epoch's end.
    """
    random = np.random.default_rng((seed, epoch))
    order = random.permutation(samples) if chances is None else random.choice(samples, samples, p=chances)
    return np.array_split(order, -(-samples // batch))


@dataclass(frozen=True)
class Draws:
    """How the batches of one source are drawn."""

    samples: int
    batch: int
    """Samples a step at most."""
    again: bool = False
    """Whether the source is gone through again until every batch is full."""
    chances: NDArray[np.float64] | None = None
    """Of each sample, shape (samples,) of sum 1, where they are drawn with replacement; every batch is then full."""

    def order(self, steps: int, random: np.random.Generator) -> NDArray[np.int64]:
        """The samples of an epoch, one after the other."""
        needed = steps * self.batch
        if self.chances is not None:
            return random.choice(self.samples, needed, p=self.chances)
        rounds = -(-needed // self.samples) if self.again else 1
        order = np.concatenate([random.permutation(self.samples) for _ in range(rounds)])
        return order[:needed] if self.again else order


def joint_batches(sources: Sequence[Draws], seed: int, epoch: int) -> list[tuple[NDArray[np.int64], ...]]:
    """For every step of an epoch one batch of each of several sources (Kollias and Zafeiriou, section VI-B: 401, 247
    and 103 images of its three sources a step; Vu and Beurton-Aimar, section 2.2: N of each).

    There are as many steps as the source takes that needs most of them at its batch size. A source whose samples are
    taken once has smaller batches in exchange: their sizes differ by at most one, the larger ones spread over the
    epoch; where it has fewer samples than there are steps, they are one sample or none. Each set is drawn on its own,
    in an order that follows from (seed, epoch) alone.

    Returns:
        A tuple a step with the samples of each source.
    """
    steps = max(-(-draws.samples // draws.batch) for draws in sources)
    edges = np.arange(1, steps)
    orders = [draws.order(steps, np.random.default_rng((seed, epoch, place))) for place, draws in enumerate(sources)]
    return list(zip(*(np.split(order, edges * len(order) // steps) for order in orders), strict=True))


def share(batches: list[NDArray[np.int64]], rank: int, world: int) -> list[list[int]]:
    """The part of each batch that one of `world` processes reads; together they read the whole batch.

    Raises:
        InputError: a batch has fewer samples than there are processes.
    """
    if (least := min(map(len, batches))) < world:
        raise InputError(
            f"a batch of {least} samples cannot be shared by {world} GPUs or processes; set the batch higher, or "
            "device.gpus or device.processes lower"
        )
    return [batch[rank::world].tolist() for batch in batches]


def part(samples: int, rank: int, world: int) -> NDArray[np.int64]:
    """The samples that one of `world` processes validates: those of all, one after the other, are in order."""
    return np.array_split(np.arange(samples), world)[rank]


def in_order(samples: NDArray[np.int64], batch: int) -> list[list[int]]:
    """Samples in their order, `batch` at a time."""
    return [samples[k : k + batch].tolist() for k in range(0, len(samples), batch)]


def batch_loader(data: Dataset[dict[str, torch.Tensor]], batches: list[list[int]], workers: int) -> Batches:
    """Reads `batches` of samples, ahead of their use where `workers` is above 0."""
    return DataLoader(
        data,
        batch_sampler=batches,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=_one_thread,
        # Of its own, so that reading draws nothing from the generator that dropout draws from.
        generator=torch.Generator(),
    )


def frame_shapes(data: Sequences, branch: Branch) -> dict[str, tuple[int, ...]]:
    """Shape of one frame of each stream, channels first; those that are no picture are read from the first sample."""
    side = branch.picture.size
    return {
        stream: tuple(data[0][stream].shape[1:]) if stream in _NUMBERS else (3, side, side) for stream in branch.streams
    }


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(0)
