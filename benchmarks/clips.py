"""An epoch of Li et al.'s reaction network on clips as many as Hume-Reaction's: 25,067, of synthetic features.

    python benchmarks/clips.py [--clips 25067] [--threads 2] [--shards 101]

Clips of 4 to 18 seconds, 10.8 on average as the corpus's 75 hours say, have a frame each half second, with features of
1024 and twice 768 numbers in shards. An epoch takes an optimiser step on every batch of 256 of 15,806 training clips,
and validates 4,657. Baseline: the same steps on 1,024 clips whose tensors lie in memory already, in turns with the same
clips read from the shards. Memory is that of a process which trains one epoch, without pages of files; beside it that
of a tenth of the clips.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from alternating import in_turns, ratio
from apart import apart
from torch import Tensor

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.schemas import FRAMES, MANIFEST, labels_schema
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.sharing import read_extended
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.dataloading.batches import batch_loader, frame_shapes, in_order
from affectflow.dataloading.clips import open_samples
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.index import Labelled, read_index
from affectflow.dataloading.source import Source
from affectflow.models.readout import Readout
from affectflow.papers.registry import build_network
from affectflow.training.objective import Objective
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

ERI = track_of("eri")
SHARES = {"train": 15806, "validation": 4657, "test": 4604}
SETS = {"DeepSpectrum": ("sound", 1024), "PosterV2": ("face", 768), "ViT": ("face", 768)}
IN_MEMORY = 1024


def paper() -> Branch:
    """Branch A+V+AV as the paper trains it."""
    described = read_extended(Path("config/systems/li.yaml"))["tracks"]["eri"]["branches"]["AV"]
    return Branch.model_validate(described)


def write_corpus(work: Path, clips: int, shards: int) -> None:
    """Artifacts of so many clips, in the shares of the corpus."""
    random = np.random.default_rng(0)
    frames = random.integers(8, 37, clips)
    splits = np.repeat(list(SHARES), [round(clips * share / sum(SHARES.values())) for share in SHARES.values()])
    splits = np.resize(splits, clips)
    shard = [f"shard-{n % shards:05d}" for n in range(clips)]
    rows = [
        dict.fromkeys(MANIFEST.names)
        | {
            "subject": f"{n:05d}",
            "video": f"{n:05d}",
            "shard": shard[n],
            "split": str(splits[n]),
            "path": f"{n:05d}.mp4",
        }
        | {"frames": int(frames[n]), "rows": 1, "width": 640, "height": 360, "damaged": 0}
        for n in range(clips)
    ]
    write_parquet(work / "manifest.parquet", rows, MANIFEST)
    values = random.uniform(0, 1, (clips, len(ERI.targets)))
    values /= values.max(axis=1, keepdims=True)
    labels = {"subject": [row["subject"] for row in rows], "frame": np.zeros(clips, np.int32)}
    labels |= {name: column.astype(np.float32) for name, column in zip(ERI.targets, values.T, strict=True)}
    write_parquet(work / "labels.parquet", labels, labels_schema(ERI))
    for name in sorted(set(shard)):
        own = [row for row in rows if row["shard"] == name]
        with arrow_writer(work / f"frames/{name}.arrow", FRAMES) as out:
            for row in own:
                for frame in range(row["frames"]):
                    out.append({"video": row["video"], "frame": frame, "time": frame / 2, "jpeg": b""})
        for title, (sense, size) in SETS.items():
            form = FeatureForm("sound" if sense == "sound" else "face", np.zeros(size, np.float32))
            with arrow_writer(work / f"features/{title}/{name}.arrow", form.schema()) as out:
                for row in own:
                    for frame, feature in enumerate(random.standard_normal((row["frames"], size), np.float32)):
                        out.append({"of": row["video"], "frame": frame, "found": True, "feature": feature})


class Peak(threading.Thread):
    """The largest memory of this process in bytes, without pages of files."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0

    def run(self) -> None:
        while True:
            lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
            anonymous = next(line for line in lines if line.startswith("RssAnon"))
            self.bytes = max(self.bytes, int(anonymous.split()[1]) << 10)
            time.sleep(0.05)


def one_epoch(work: Path, out: Path, threads: int) -> tuple[float, float, int]:
    """Seconds of a training of one epoch as a whole, and of the epoch's steps; peak memory in bytes."""
    peak = Peak()
    peak.start()
    branch = paper().model_copy(update={"epochs": 1})
    source = Labelled(work / "manifest.parquet", work / "labels.parquet")
    where = Paths({"eri": source}, work, out / "checkpoints", out / "model", out / "weights.yaml", out / "weights")
    begin = time.perf_counter()
    train_branch(
        "AV", branch, Tasks((ERI,)), where, seed=1, loader=Loader(), device=Device(gpus=0, threads=threads),
        tracking=None, experiment="x",
    )  # fmt: skip
    whole = time.perf_counter() - begin
    (noted,) = json.loads((out / "model/run.json").read_text())["by_epoch"]
    described = json.loads((out / "model/branch.json").read_text())["splits"]["train"]
    return whole, described["sequences"] * branch.sequence.length / noted["frames_per_second"], peak.bytes


def steps(work: Path, threads: int, runs: int) -> tuple[dict[str, list[float]], int]:
    """Seconds of a step on every batch of clips that are read, and of clips in memory, in turns."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    branch, readout = paper(), Readout(Tasks((ERI,)))
    index = read_index(work / "manifest.parquet", work / "labels.parquet", "train", ERI)
    clips = open_samples(Source(index, work, branch), Cutting(annotated_only=True))
    network = build_network(branch.network, frame_shapes(clips, branch), readout.sizes)
    objective = Objective(readout, branch.loss, index.targets)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    batches = in_order(np.arange(min(IN_MEMORY, len(clips))), branch.batch)
    in_memory = list(batch_loader(clips, batches, 0))

    def learn(every: Iterable[dict[str, Tensor]]) -> None:
        for batch in every:
            raw = network({name: batch[name] for name in branch.streams}, batch["mask"])
            optimizer.zero_grad()
            objective(raw, batch["target"], batch["counted"]).backward()
            optimizer.step()

    ways = {"read": lambda: learn(batch_loader(clips, batches, 0)), "in memory": lambda: learn(in_memory)}
    return in_turns(ways, runs), sum(map(len, batches))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clips", type=int, default=sum(SHARES.values()))
    options.add_argument("--shards", type=int, default=101)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| clips | training of one epoch, s | its steps, s | clips a second | memory, MiB |")
        print("|---|---|---|---|---|")
        for clips, shards in ((args.clips // 10, max(1, args.shards // 10)), (args.clips, args.shards)):
            work = folder / f"{clips}"
            apart(write_corpus, work, clips, shards)
            whole, step_seconds, peak = apart(one_epoch, work, folder / f"out{clips}", args.threads)
            count = round(clips * SHARES["train"] / sum(SHARES.values()))
            print(
                f"| {clips:,} | {whole:.0f} | {step_seconds:.0f} | {count / step_seconds:,.0f} | {peak >> 20:,} |",
                flush=True,
            )
        times, count = apart(steps, work, args.threads, args.runs)
        seconds = {way: statistics.median(runs) for way, runs in times.items()}
        speed = {way: f"{count / median:,.0f}" for way, median in seconds.items()}
        print(f"\n{count:,} clips: {speed['read']} clips a second read, {speed['in memory']} in memory")
        print(f"reading is {ratio(times, 'in memory', 'read'):.2f} times as fast")


if __name__ == "__main__":
    main()
