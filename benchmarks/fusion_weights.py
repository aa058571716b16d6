"""Fusion weights from sufficient statistics against a pass over the frames for each candidate.

Prints the time of both on the same predictions (median over alternating runs), their ratio, and whether both
find the same weights. The baseline's time is that of some candidates, spread over the grid, times the number
of candidates: all of them would take many minutes, and each costs the same. That both find the same optimum
is checked by passes over the frames for every candidate: of a coarse grid on all frames, and of the whole
grid on the first frames.
"""

import argparse
import statistics

import numpy as np
from alternating import in_turns
from numpy.typing import NDArray

from affectflow.fusion.weighted import search_weights, simplex_grid
from affectflow.metrics.moments import Moments

Array = NDArray[np.float64]


def synthetic(branches: int, frames: int) -> tuple[Array, Array]:
    """Predictions (branches, frames) that see a target (frames,) through noise of their own."""
    rng = np.random.default_rng(0)
    target = rng.uniform(-1, 1, frames)
    noise = rng.normal(0, 0.6, (branches, frames))
    return np.clip(target * np.linspace(0.4, 0.9, branches)[:, None] + noise, -1, 1), target


def by_passes(predictions: Array, target: Array, candidates: Array) -> Array:
    """CCC of each candidate by a pass over the frames; what depends on the target alone is computed once."""
    frames = len(target)
    centred, mean, variance = target - target.mean(), target.mean(), target.var()
    scores = []
    for weights in candidates:
        fused = weights @ predictions
        offset = fused.mean()
        fused -= offset
        spread = fused @ fused / frames + variance + (offset - mean) ** 2
        scores.append(2 * (fused @ centred) / frames / spread)
    return np.array(scores)


def by_moments(predictions: Array, target: Array, step: float) -> Array:
    """The search as the fusion runs it, from the frames on."""
    return search_weights(Moments.of([*predictions, target]).ccc, len(predictions), step)


def same_optimum(predictions: Array, target: Array, step: float) -> bool:
    """Whether a pass over the frames for every candidate ends at the same weights."""
    grid: Array = simplex_grid(len(predictions), round(1 / step)) * np.float64(step)
    best = grid[by_passes(predictions, target, grid).argmax()]
    return bool(np.allclose(best, by_moments(predictions, target, step), atol=1e-9))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--branches", type=int, default=4)
    options.add_argument("--frames", type=int, default=1_000_000)
    options.add_argument("--step", type=float, default=0.01)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--candidates", type=int, default=50, help="number that the baseline is timed on")
    options.add_argument("--few", type=int, default=2_000, help="frames for the check of the whole grid")
    args = options.parse_args()
    predictions, target = synthetic(args.branches, args.frames)
    grid = simplex_grid(args.branches, round(1 / args.step)) * args.step
    some = grid[np.linspace(0, len(grid) - 1, args.candidates).astype(int)]
    ways = {
        "passes": lambda: by_passes(predictions, target, some),
        "moments": lambda: by_moments(predictions, target, args.step),
    }
    times = in_turns(ways, args.runs)
    ours, theirs = times["moments"], [took / len(some) * len(grid) for took in times["passes"]]
    slow, fast = statistics.median(theirs), statistics.median(ours)
    ratios = ", ".join(f"{their / our:,.0f}" for their, our in zip(theirs, ours, strict=True))
    print(f"{args.branches} branches, {args.frames:,} frames, step {args.step}: {len(grid):,} candidates")
    print(f"medians over {args.runs} alternating runs")
    print("| what | seconds | frames read |")
    print("|---|---|---|")
    print(f"| a pass for each candidate (from {len(some)} of them) | {slow:.1f} | {len(grid):,} times |")
    print(f"| sufficient statistics | {fast:.3f} | once |")
    print(f"ratio {slow / fast:,.0f}; of each run: {ratios}")
    print(f"same optimum, step 0.1, all frames: {same_optimum(predictions, target, 0.1)}")
    whole = same_optimum(predictions[:, : args.few].copy(), target[: args.few], args.step)
    print(f"same optimum, step {args.step}, first {args.few:,} frames: {whole}")


if __name__ == "__main__":
    main()
