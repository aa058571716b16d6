"""Training and prediction of the network of Antoniadis et al. with real data, against the same on a batch that is
resident.

    python benchmarks/training.py [--batch 16] [--precision bf16-mixed] [--compile] [--workers 8] [--plain]

The network reads face, body and context of a clip's artifacts through `Sequences`, `batch_loader` and `make_inputs`,
as a training of the workflow does, and takes optimiser steps. Baseline: the same steps on one batch that lies on the
device already. On a GPU also the share of the card's peak and memory. `--plain` adds the same loop with float32,
without torch.compile, and with pictures that the training process decodes itself. Without a GPU everything runs on the
CPU, where `--width` and `--backbone` make the network small enough.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from alternating import in_turns, ratio
from prepared import SIZE, Prepared, clip_options, looped
from torch import Tensor
from torch.utils.data import default_collate
from torch.utils.flop_counter import FlopCounterMode

from affectflow.compute.devices import autocast
from affectflow.config.model.networks import CnnRnn
from affectflow.config.system.branch import Branch
from affectflow.config.system.load import load_run
from affectflow.dataloading.batches import batch_loader, shuffled_batches
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.losses.terms import regression_loss
from affectflow.papers.registry import build_network

# Dense bf16 of the tensor cores, in TFLOP/s, as NVIDIA's data sheets give it.
PEAKS = {"H100": 989.0, "H200": 989.0, "A100": 312.0, "L40S": 362.0, "RTX 4090": 165.0}

RESIDENT, REAL, PLAIN = "step, resident batch", "step, real data", "plain float32 step, real data"

Batch = dict[str, Tensor]


class Bench:
    """A network, its optimiser and the sequences of a clip."""

    def __init__(self, clip: Prepared, branch: Branch, args: argparse.Namespace, precision: str) -> None:
        self.branch, self.precision = branch, precision
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        index = clip.index()
        index.targets[:] = np.random.default_rng(0).uniform(-1, 1, index.targets.shape)
        self.data = open_sequences(Source(index, clip.work, branch), Cutting(stride=1), cache_bytes=args.cache_mb << 20)
        shapes = dict.fromkeys(branch.streams, (3, branch.picture.size, branch.picture.size))
        self.network = build_network(branch.network, shapes, {"va": 2}).to(self.device).train()
        if args.compile:
            for name, backbone in self.network.backbones.items():  # type: ignore[operator, union-attr]
                self.network.backbones[name] = torch.compile(backbone, dynamic=True)  # type: ignore[index, operator]
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-4, momentum=0.9)
        self.resident = self.moved(default_collate([self.data[k] for k in range(branch.batch)]))

    def moved(self, batch: Batch) -> Batch:
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}

    def batches(self, steps: int, workers: int) -> Iterator[Batch]:
        order = shuffled_batches(len(self.data), self.branch.batch, seed=0, epoch=0)
        index_lists = [batch.tolist() for batch in islice(_endlessly(order), steps)]
        return map(self.moved, batch_loader(self.data, index_lists, workers))

    def step(self, batch: Batch) -> None:
        with autocast(self.device.type, self.precision):
            raw = self.network(make_inputs(batch, self.branch.streams, self.branch.picture), batch["mask"]).float()
            loss = regression_loss(raw, batch["target"], batch["mask"], 1.0, 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def run(self, work: Callable[[Batch], None], batches: Iterator[Batch]) -> None:
        """Do `work` with every batch, to its end."""
        for batch in batches:
            work(batch)
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def predict(self, batch: Batch) -> None:
        with torch.inference_mode(), autocast(self.device.type, self.precision):
            self.network(make_inputs(batch, self.branch.streams, self.branch.picture), batch["mask"])

    def features(self, batch: Batch) -> None:
        with torch.inference_mode(), autocast(self.device.type, self.precision):
            self.network.encode(make_inputs(batch, self.branch.streams, self.branch.picture), batch["mask"])


def _endlessly(batches: list[np.ndarray]) -> Iterator[np.ndarray]:
    while True:
        yield from batches


def flops(bench: Bench) -> float:
    """Floating-point operations of a step, multiplications and additions counted each."""
    with FlopCounterMode(display=False) as counter:
        bench.step(bench.resident)
    return float(counter.get_total_flops())


def measure(bench: Bench, args: argparse.Namespace, plain: Bench | None) -> None:
    steps, frames = args.steps, args.steps * bench.branch.batch * bench.branch.sequence.length
    workers = args.workers
    ways: dict[str, Callable[[], None]] = {
        RESIDENT: lambda: bench.run(bench.step, iter([bench.resident] * steps)),
        REAL: lambda: bench.run(bench.step, bench.batches(steps, workers)),
        "frozen features, real data": lambda: bench.run(bench.features, bench.batches(steps, workers)),
        "prediction, real data": lambda: bench.run(bench.predict, bench.batches(steps, workers)),
    }
    if plain is not None:
        ways[PLAIN] = lambda: plain.run(plain.step, plain.batches(steps, 0))
    way_times = in_turns(ways, args.runs)
    print("| what | frames a second | times the resident step |\n|---|---|---|")
    for name, times in way_times.items():
        print(f"| {name} | {frames / statistics.median(times):,.1f} | {ratio(way_times, RESIDENT, name):.3f} |")
    if plain is not None:
        print(f"real data, times the plain float32 loop: {ratio(way_times, PLAIN, REAL):.2f}")
    if bench.device.type == "cuda":
        name, spent = torch.cuda.get_device_name(0), statistics.median(way_times[REAL])
        rate = flops(bench) * steps / spent / 1e12
        peak = next((value for card, value in PEAKS.items() if card in name), None)
        share = f", {rate / peak:.1%} of {peak:.0f}" if peak else ""
        print(f"{name}: {rate:.1f} TFLOP/s{share}; peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")


def main() -> None:
    options = clip_options(__doc__, 10)
    options.add_argument("--backbone", default="resnet50")
    options.add_argument("--width", type=int, default=64)
    options.add_argument("--hidden", type=int, default=512)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--precision", default="bf16-mixed" if torch.cuda.is_available() else "32-true")
    options.add_argument("--compile", action="store_true", help="torch.compile the ResNets")
    options.add_argument("--workers", type=int, default=8 if torch.cuda.is_available() else 0)
    options.add_argument("--cache-mb", type=int, default=0, help="memory for decoded pictures")
    options.add_argument("--threads", type=int, default=4)
    options.add_argument("--plain", action="store_true", help="also the plain eager float32 loop")
    options.add_argument("--steps", type=int, default=5)
    options.add_argument("--runs", type=int, default=5)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    described = CnnRnn(backbone=args.backbone, width=args.width, hidden=args.hidden)
    streams = ("face", "body", "context")
    branch = Branch(streams=streams, network=described, picture={"size": SIZE}, batch=args.batch)
    with tempfile.TemporaryDirectory() as folder:
        path = looped(args.clip, args.seconds, Path(folder))
        clip = Prepared(path, load_run([Path("config/config.yaml")], {}), Path(folder) / "work").everything()
        bench = Bench(clip, branch, args, args.precision)
        simple = argparse.Namespace(**{**vars(args), "compile": False})
        plain = Bench(clip, branch, simple, "32-true") if args.plain else None
        card = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "the CPU"
        parameters = sum(p.numel() for p in bench.network.parameters())
        print(f"{parameters:,} parameters, {args.precision}, batch {args.batch}, on {card}")
        measure(bench, args, plain)


if __name__ == "__main__":
    main()
