"""What the programs here share: several ways to do the same, timed in turns; clips of a given length."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from affectflow.media.ffmpeg import environment, ffmpeg_binary


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(ways: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Seconds of each way in each run. The ways take turns, so that what else the machine does meets all of them; a
    first turn is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(runs + 1):
        for name, way in ways.items():
            took = seconds(way)
            if turn:
                taken[name].append(took)
    return taken


def ratio(taken: Mapping[str, list[float]], baseline: str, ours: str) -> float:
    """How many times as fast as the baseline ours is: the median over the runs of each run's ratio."""
    return statistics.median(b / o for b, o in zip(taken[baseline], taken[ours], strict=True))


def looped(clip: Path, length: float, out: Path) -> None:
    """The clip over and over, cut to a length in seconds."""
    command = [ffmpeg_binary(), "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(clip), "-t", str(length)]
    subprocess.run([*command, "-c:v", "libx264", "-c:a", "aac", str(out)], check=True, env=environment())
