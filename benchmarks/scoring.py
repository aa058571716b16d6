"""All validation scores of as many frames as Aff-Wild2 has: seconds, and memory against that of the arrays.

    python benchmarks/scoring.py [--frames 2800000] [--runs 5]

Predictions and annotations of each track are drawn anew for each run in a process of its own, which then scores them;
its peak memory above that before the arrays were made is divided by their size.
"""

import argparse
import statistics
import time

import numpy as np
from apart import apart, resident
from numpy.typing import NDArray

from affectflow.core.tracks import Track, track_of
from affectflow.metrics.sufficient_statistics import details, scores, tally

SUBJECTS = 594


def draw(track: Track, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Random predictions (frames, outputs) and annotations (frames, targets), without more memory than their own."""
    rng = np.random.default_rng(0)
    values = rng.random((frames, len(track.outputs)), np.float32)
    targets = rng.random((frames, len(track.targets)), np.float32)
    if track.name != "va":
        targets *= len(track.outputs) if track.name == "expr" else 2
        np.floor(targets, out=targets)
    return values, targets


def scored(name: str, frames: int) -> tuple[float, float]:
    """Seconds for all scores of a track, and peak memory over that of its arrays."""
    track = track_of(name)  # type: ignore[arg-type]
    tally(track, *draw(track, 1000), [0, 1000])  # what is imported and allocated once
    before = resident()
    values, targets = draw(track, frames)
    starts = np.linspace(0, frames, SUBJECTS + 1).astype(np.int64)
    begin = time.perf_counter()
    counted = tally(track, values, targets, starts)
    scores(track, counted)
    pooled = counted.sum(axis=0)
    scores(track, pooled)
    details(track, pooled)
    elapsed = time.perf_counter() - begin
    return elapsed, (resident() - before) / (values.nbytes + targets.nbytes)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--frames", type=int, default=2_800_000)
    options.add_argument("--runs", type=int, default=5)
    args = options.parse_args()
    print(f"| scores of {args.frames:,} frames | seconds | peak memory / arrays |\n|---|---|---|")
    whole = 0.0
    for name in ("va", "expr", "au"):
        runs = [apart(scored, name, args.frames) for _ in range(args.runs)]
        seconds, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        whole += seconds
        print(f"| {name} | {seconds:.2f} | {memory:.2f} |", flush=True)
    print(f"| all | {whole:.2f} | |")


if __name__ == "__main__":
    main()
