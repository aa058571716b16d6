"""Training a recurrent network on frozen features: stored once, against the CNN run in every epoch (Vu and
Beurton-Aimar).

    python benchmarks/features.py [CLIP] [--seconds 10] [--backbone resnet50] [--width 64]

The networks of Vu and Beurton-Aimar at its size: a ResNet-50 with heads on faces of 112 x 112, and bidirectional GRUs
of 64 units on sequences of 32 frames, from every 16th. An epoch takes an optimiser step on every batch of 16 sequences.
Baseline: the same with the faces read and the CNN run, without gradients, in every epoch. Beside it, what storing the
features takes once, and after how many epochs that has paid.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from alternating import in_turns, ratio
from prepared import Prepared, clip_options, looped
from torch import Tensor

from affectflow.artifacts.layout import SETTINGS, feature_file
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import write_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader
from affectflow.config.system.load import load_run
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.batches import batch_loader, in_order
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import Sequences, open_sequences
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.inference.features import write_features
from affectflow.models.folder import save_json, save_model
from affectflow.models.readout import Readout
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network
from affectflow.training.objective import Objective

TASKS = tasks_of("va", "abaw2")
STORED, EACH, ONCE = "stored features", "CNN in every epoch", "storing them, once"


class Bench:
    """Both ways through an epoch of a clip."""

    def __init__(self, clip: Prepared, args: argparse.Namespace, folder: Path) -> None:
        heads = {"name": "head_cnn", "backbone": args.backbone, "width": args.width}
        shared = {"bins": {}, "loss": {"mse": 0.0, "by_source": "sum"}, "batch": 16}
        one = {"streams": ["face"], "sequence": {"length": 1, "stride": 1}, "network": heads, "batch": 64}
        self.cnn = Branch.model_validate(shared | one)
        along = {"sequence": {"length": 32, "stride": 16}}
        faces = Branch.model_validate(shared | along | {"streams": ["face"], "network": heads})
        recurrent = {"streams": ["features"], "features": {"of": ["CNN"]}, "network": {"name": "head_gru"}}
        self.gru = Branch.model_validate(shared | along | recurrent)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.work, self.folder, self.model = clip.work, folder / "features", folder / "model"
        self.manifest = _manifest(clip, folder)
        readout = Readout(TASKS, self.cnn.bins)
        network = build_network(self.cnn.network, {"face": (3, 112, 112)}, readout.sizes)
        save_model(self.model, network.state_dict())
        described = {"branch": "CNN", "track": "va", "edition": "abaw2", "inputs": {"face": (3, 112, 112)}, "seed": 0}
        save_json(self.model / SETTINGS, described | {"settings": self.cnn.model_dump(mode="json")})
        self.network: Network = network.to(self.device).eval()
        self.store()
        index = clip.index()
        index.targets[:] = np.random.default_rng(0).uniform(-1, 1, index.targets.shape)
        self.faces = open_sequences(Source(index, clip.work, faces), Cutting(stride=16))
        self.stored = open_sequences(Source(index, clip.work, self.gru, {"CNN": self.folder}), Cutting(stride=16))
        size = self.stored[0]["features"].shape[1:]
        self.head = build_network(self.gru.network, {"features": tuple(size)}, readout.sizes).to(self.device)
        self.objective = Objective(readout, self.gru.loss, index.targets)
        self.optimizer = torch.optim.Adam(self.head.parameters(), lr=1e-4)

    def store(self) -> None:
        out = self.folder / feature_file("train")
        device = Device(threads=torch.get_num_threads())
        write_features(self.model, [self.manifest], self.work, "train", out, device=device, loader=Loader())

    def epoch(self, data: Sequences, see: Callable[[dict[str, Tensor]], Tensor]) -> None:
        """A step on every batch."""
        for raw in batch_loader(data, in_order(np.arange(len(data)), self.gru.batch), 0):
            batch = {name: tensor.to(self.device) for name, tensor in raw.items()}
            outputs = self.head({"features": see(batch)}, batch["mask"])
            loss = self.objective(outputs, batch["target"], batch["mask"])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def look(self, batch: dict[str, Tensor]) -> Tensor:
        with torch.no_grad():
            inputs = make_inputs(batch, ("face",), self.cnn.picture)
            return self.network.features(inputs, batch["mask"])


def _manifest(clip: Prepared, folder: Path) -> Path:
    (subject,) = clip.index().subjects
    row = dict.fromkeys(field.name for field in MANIFEST) | {
        "subject": subject.subject, "video": subject.video, "shard": subject.shard, "split": "train",
        "frames": subject.frames, "width": subject.width, "height": subject.height,
    }  # fmt: skip
    path = folder / "manifest.parquet"
    write_parquet(path, [row], MANIFEST)
    return path


def main() -> None:
    options = clip_options(__doc__, 10)
    options.add_argument("--backbone", default="resnet50")
    options.add_argument("--width", type=int, default=64)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--runs", type=int, default=5)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = looped(args.clip, args.seconds, folder)
        clip = Prepared(path, load_run([Path("config/config.yaml")], {}), folder / "work")
        clip.decode()
        clip.faces()
        bench = Bench(clip, args, folder)
        times = in_turns(
            {
                STORED: lambda: bench.epoch(bench.stored, lambda batch: batch["features"]),
                EACH: lambda: bench.epoch(bench.faces, bench.look),
                ONCE: bench.store,
            },
            args.runs,
        )
        frames = len(bench.stored) * 32
        print("| an epoch | frames a second | times the CNN in every epoch |\n|---|---|---|")
        for way in (STORED, EACH):
            print(f"| {way} | {frames / statistics.median(times[way]):,.0f} | {ratio(times, EACH, way):.1f} |")
        decoded = bench.stored.index.frames
        once, each, stored = (statistics.median(times[way]) for way in (ONCE, EACH, STORED))
        print(f"storing: {decoded / once:,.0f} frames a second; has paid after {once / (each - stored):.1f} epochs")


if __name__ == "__main__":
    main()
