"""Predictions in overlapping sequences, so that what is said of a frame does not hang on where a sequence begins.

A frame goes through a network's CNN once: its joined features are kept as long as a sequence needs them, and only what
follows them along time runs as often as sequences overlap. Before its first and after its last frame a stretch is taken
to stand still: every frame is then at every place of a sequence, and every sequence is as long as those that the
network was trained on.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.artifacts.job import note
from affectflow.config.evaluation.inference import Windowing
from affectflow.config.system.execution import Device
from affectflow.dataloading.batches import in_order
from affectflow.dataloading.dataset import Sequences
from affectflow.dataloading.sequences import lead
from affectflow.inference.seen import run_networks
from affectflow.models.folder import TrainedBranch
from affectflow.networks.network import Network

_FRAMES_AT_ONCE = 1024
"""Frames of overlapping sequences that a network sees along time at once: a call takes as long for 4 as for 16."""


@dataclass(frozen=True)
class _Step:
    """A batch of samples of one stretch."""

    samples: list[int]
    offset: int
    """Place of the stretch's first frame among all frames of the split."""
    frames: int
    """Of the stretch."""
    first: bool
    last: bool
    """Whether it is the stretch's first, or last."""


class _Sliding:
    """The joined features of a stretch, of one network, as overlapping sequences."""

    def __init__(self, length: int, stride: int) -> None:
        self._length, self._stride = length, stride
        self._buffer = torch.empty(0)

    def sequences(self, joined: Tensor, step: _Step) -> Tensor:
        """The sequences that are whole with the next frames: (frames, joined) to (sequences, length, joined)."""
        before = joined[:1].expand(lead(self._length, self._stride), -1)
        parts = [before if step.first else self._buffer, joined]
        parts += [joined[-1:].expand(self._length - 1, -1)] if step.last else []
        self._buffer = torch.cat(parts)
        whole = self._buffer.unfold(0, self._length, self._stride).transpose(1, 2)
        self._buffer = self._buffer[len(whole) * self._stride :]
        return whole


def predict_overlapping(
    trained: TrainedBranch, data: Sequences, windowing: Windowing, device: Device, workers: int, clip: bool
) -> Generator[float, None, NDArray[np.float32]]:
    """Predictions of all frames of a split, shape (frames, outputs), batch by batch, as `affectflow.core.turns` takes
    them; of several kept epochs the mean of theirs. Memory stays flat in a video's length.

    Args:
        trained: what predicts; it begins every sequence anew.
        data: the split, in sequences that follow each other.
        windowing: how sequences overlap.
        device: as of `run_networks`.
        workers: as of `run_networks`.
        clip: as of `predict_split`.
    """
    length, size = trained.branch.sequence.length, trained.branch.batch
    stride, weights = windowing.stride(length), windowing.weights(length)[:, None]
    sliding = [_Sliding(length, stride) for _ in trained.networks]
    steps = list(_steps(data, length, size))
    remaining = iter(steps)

    def read(inputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
        step = next(remaining)
        joined = (network.encode(inputs, batch["mask"])[batch["mask"]] for network in trained.networks)
        windows = (slider.sequences(frames, step) for slider, frames in zip(sliding, joined, strict=True))
        return torch.stack([_run_along_time(*pair) for pair in zip(trained.networks, windows, strict=True)])

    sums, totals = np.zeros((data.index.frames, len(trained.tasks.outputs))), np.zeros((data.index.frames, 1))
    begin = 0
    outputs = run_networks(trained, data, [step.samples for step in steps], device, workers, read)
    started = time.perf_counter()
    for done, (step, (_, raw)) in enumerate(zip(steps, outputs, strict=True), 1):
        begin = -lead(length, stride) if step.first else begin
        for scores in trained.readout.predicted(raw, clip).mean(0).numpy():
            own = slice(max(-begin, 0), min(step.frames - begin, length))
            frames = slice(step.offset + begin + own.start, step.offset + begin + own.stop)
            sums[frames] += weights[own] * scores[own]
            totals[frames] += weights[own]
            begin += stride
        yield done / len(steps)
    note(frames=len(sums), seconds=round(time.perf_counter() - started, 6))
    return (sums / totals).astype(np.float32)


def _steps(data: Sequences, length: int, size: int) -> Iterator[_Step]:
    """Batches that hold sequences of one stretch each, `size` at most."""
    sample = 0
    for subject in data.index.subjects:
        for begin, end, _ in data.stretches(subject):
            samples = np.arange(sample, sample - (begin - end) // length)
            sample += len(samples)
            for batch in in_order(samples, size):
                edges = batch[0] == samples[0], batch[-1] == samples[-1]
                yield _Step(batch, subject.offset + begin, end - begin, *edges)


def _run_along_time(network: Network, sequences: Tensor) -> Tensor:
    """What a network says along sequences without padding, some at a time: (sequences, length, outputs)."""
    parts = sequences.split(max(1, _FRAMES_AT_ONCE // sequences.shape[1]))
    return torch.cat([network.temporal(part, part.new_ones(part.shape[:2], dtype=torch.bool)) for part in parts])
