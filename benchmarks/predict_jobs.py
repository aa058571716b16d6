"""`affectflow predict --jobs N` against one job, whole processes in turns.

Run it where the workflow has trained a system: `python benchmarks/predict_jobs.py CLIP [CLIP …] [--count 8]`.

The clips are copied until there are `count`. Table only; each process has one thread.
All files but the records, which say when they were made, must have the same bytes. What the machine itself can gain is
measured beside it: as many processes that only multiply matrices, against one after the other. Cores that share an
arithmetic unit gain little.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from alternating import in_turns, ratio

from affectflow.artifacts.record import SUFFIX

ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def predict(videos: Path, jobs: int, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    options = ["--out", str(out), "--jobs", str(jobs), "--no-overlay", "--no-viewer"]
    command = [sys.executable, "-m", "affectflow.cli.main", "predict", str(videos), *options]
    subprocess.run(command, check=True, env=ONE_THREAD, stderr=subprocess.DEVNULL)


PRODUCTS = "import numpy; a = numpy.ones((1024, 1024), numpy.float32)\nfor _ in range(300): a @ a"


def multiply(processes: int, times: int) -> None:
    """Start `processes` at the same time, `times` times one after the other."""
    for _ in range(times):
        started = [subprocess.Popen([sys.executable, "-c", PRODUCTS], env=ONE_THREAD) for _ in range(processes)]
        if any(process.wait() for process in started):
            raise SystemExit("a process that multiplies matrices failed")


def contents(out: Path) -> dict[str, bytes]:
    files = (file for file in out.rglob("*") if file.is_file() and not file.name.endswith(SUFFIX))
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--count", type=int, default=8)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--runs", type=int, default=3)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        videos, outs = folder / "videos", {jobs: folder / str(jobs) for jobs in (1, arguments.jobs)}
        videos.mkdir()
        for number, clip in enumerate(islice(cycle(arguments.clips), arguments.count)):
            shutil.copy(clip, videos / f"{number}{clip.suffix}")
        ways = {str(jobs): partial(predict, videos, jobs, out) for jobs, out in outs.items()}
        times = in_turns(ways, arguments.runs)
        if contents(outs[1]) != contents(outs[arguments.jobs]):
            raise SystemExit(f"{arguments.jobs} jobs made other files than one")
    products = {"1": partial(multiply, 1, arguments.jobs), "all": partial(multiply, arguments.jobs, 1)}
    limit = ratio(in_turns(products, arguments.runs), "1", "all")
    for jobs, seconds in times.items():
        print(f"{jobs} job(s): {sorted(seconds)[len(seconds) // 2]:.1f} s for {arguments.count} videos")
    print(f"ratio: {ratio(times, '1', str(arguments.jobs)):.2f}; the same bytes")
    print(f"matrix products alone on this machine: {limit:.2f}")


if __name__ == "__main__":
    main()
