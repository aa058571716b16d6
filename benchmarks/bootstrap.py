"""Intervals of all scores from tallies by subject against a pass over the frames for each resample.

For each track, on the same synthetic predictions: the time of the tallies, of the scores, of their intervals and of a
paired difference, and that of a plain bootstrap, which gathers the frames of the subjects that it drew and scores them
again. The baseline's time is that of a few resamples times the number of resamples; each costs about the same. It gives
percentiles alone, without the standard error of each resample. Prints medians over alternating runs, and whether both
find the same scores for the same draws.
"""

import argparse
import statistics
from collections.abc import Callable

import numpy as np
from alternating import in_turns
from numpy.typing import NDArray

from affectflow.core.tracks import Track, track_of
from affectflow.metrics.intervals import difference, intervals
from affectflow.metrics.sufficient_statistics import scores, tally

Values = NDArray[np.float32]


def synthetic(track: Track, frames: int) -> tuple[Values, Values]:
    """Predictions (frames, outputs) and annotations (frames, targets) that depend on them; a tenth is missing."""
    rng = np.random.default_rng(0)
    values = rng.random((frames, len(track.outputs)), np.float32)
    if track.name == "va":
        values = 2 * values - 1
        targets = np.clip(0.6 * values + rng.normal(0, 0.3, values.shape), -1, 1)
    elif track.name == "expr":
        targets = np.where(rng.random(frames) < 0.5, values.argmax(axis=1), rng.integers(0, 7, frames))[:, None]
    else:
        targets = np.where(values > rng.random(values.shape), 1, 0)
    annotated = targets.astype(np.float32)
    annotated[rng.random(frames) < 0.1] = np.nan
    return values, annotated


def by_passes(
    track: Track, values: Values, targets: Values, starts: NDArray[np.int64], draws: list[NDArray[np.int64]]
) -> list[float]:
    """Total of each draw of subjects, from their frames."""
    totals = []
    for subjects in draws:
        rows = np.concatenate([np.arange(starts[subject], starts[subject + 1]) for subject in subjects])
        pooled = tally(track, values[rows], targets[rows], [0, len(rows)])[0]
        totals.append(float(scores(track, pooled)["total"]))
    return totals


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--frames", type=int, default=1_000_000)
    options.add_argument("--subjects", type=int, default=200)
    options.add_argument("--resamples", type=int, default=1000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--passes", type=int, default=3, help="number of resamples that the baseline is timed on")
    args = options.parse_args()
    rng = np.random.default_rng(0)
    cuts = np.sort(rng.choice(np.arange(1, args.frames), args.subjects - 1, replace=False))
    starts = np.array([0, *cuts, args.frames])
    draws = [rng.integers(0, args.subjects, args.subjects) for _ in range(args.passes)]
    print(
        f"{args.frames:,} frames of {args.subjects} subjects, {args.resamples:,} resamples; "
        f"median seconds over {args.runs} alternating runs"
    )
    print("| track | tallies | scores | intervals | together | difference | frame passes | ratio | same scores |")
    print("|---|---|---|---|---|---|---|---|---|")
    whole = 0.0
    for track in (track_of("va"), track_of("expr"), track_of("au")):
        values, targets = synthetic(track, args.frames)
        one = tally(track, values, targets, starts)
        other = tally(track, values[::-1].copy(), targets, starts)
        parts: dict[str, Callable[[], object]] = {
            "tallies": lambda: tally(track, values, targets, starts),  # noqa: B023
            "scores": lambda: scores(track, one.sum(axis=0)),  # noqa: B023
            "intervals": lambda: intervals(track, one, resamples=args.resamples, seed=0),  # noqa: B023
            "difference": lambda: difference(track, one, other, resamples=args.resamples, seed=0),  # noqa: B023
            "passes": lambda: by_passes(track, values, targets, starts, draws),  # noqa: B023
        }
        took = {name: statistics.median(times) for name, times in in_turns(parts, args.runs).items()}
        together = took["tallies"] + took["scores"] + took["intervals"]
        baseline = took["passes"] / args.passes * args.resamples
        ours = [float(scores(track, one[subjects].sum(axis=0))["total"]) for subjects in draws]
        same = np.allclose(ours, by_passes(track, values, targets, starts, draws), rtol=0, atol=1e-9)
        whole += together
        print(
            f"| {track.name} | {took['tallies']:.3f} | {took['scores']:.4f} | {took['intervals']:.3f} | {together:.2f} "
            f"| {took['difference']:.2f} | {baseline:.0f} | {baseline / together:,.0f} | {same} |"
        )
    print(f"all scores of all tracks with intervals: {whole:.2f} s")


if __name__ == "__main__":
    main()
