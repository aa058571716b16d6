"""What the programs here share: several ways to do the same, timed in turns."""

import statistics
import time
from collections.abc import Callable, Mapping


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(ways: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Seconds of each way in each run. The ways take turns, so that what else the machine does meets all of them; a
    first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(runs + 1):
        for name, way in ways.items():
            took = seconds(way)
            if turn:
                times[name].append(took)
    return times


def ratio(times: Mapping[str, list[float]], baseline: str, ours: str) -> float:
    """How many times as fast as the baseline ours is: the median over the runs of each run's ratio."""
    return statistics.median(b / o for b, o in zip(times[baseline], times[ours], strict=True))
