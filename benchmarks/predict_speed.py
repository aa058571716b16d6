"""`affectflow predict` of this code against that of another checkout, whole processes in turns.

    python benchmarks/predict_speed.py CLIP --project TRAINED --other CHECKOUT --other-project TRAINED
        [--other-packages FOLDER] [--runs 3] [--times 10] [--pages]

Each code scores the clip in a project in which its own workflow has trained the same tracks; the table alone is
written, with --pages overlay and viewer page, too. Medians over the runs of the seconds of each stage, as its lines on
standard error come; of those of the whole process; of the processor's seconds; of the largest memory. A ratio is the
other's figure over ours: 2 means that ours is twice as fast. With --times the clip is also scored so many times over:
what the longer one takes beyond the shorter one says how many frames a second go by once everything is loaded.
Libraries that the other needs and this environment lacks lie in a folder of their own (`pip install --target`).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from prepared import looped

from affectflow.preprocessing.media.probe import probe

# Stages that one code has and the other has not are told as a whole.
FACES = ("people", "faces")
PICTURES = ("decode", *FACES, "body", "sound", "pictures")
FIGURES = ("seconds", "processor seconds", "MiB at most")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

Figures = dict[str, float]
"""Of one run, by what they are of."""


@dataclass(frozen=True)
class Code:
    """A checkout, and where its workflow has trained a system."""

    name: str
    source: Path
    project: Path
    packages: Path | None = None

    def environment(self) -> dict[str, str]:
        folders = [self.source / "src", *([self.packages] if self.packages else [])]
        return os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(str(folder.resolve()) for folder in folders)}


def predict(code: Code, clip: Path, options: list[str]) -> Figures:
    """Score a clip in a new process.

    Raises:
        SystemExit: that failed.
    """
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "affectflow.cli.main", "predict", str(clip.resolve()), "--out", out, *options]
        marks, lines = [("start", time.perf_counter())], list[str]()
        with subprocess.Popen(
            command, cwd=code.project, env=code.environment(), stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr
            for line in process.stderr:
                lines.append(line)
                if line.startswith("[1/1] "):  # [1/1] clip.mp4: stage
                    marks.append((line.rpartition(": ")[2].strip(), time.perf_counter()))
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        end = time.perf_counter()
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{''.join(lines[-5:])}")
    whole = dict(zip(FIGURES, (end - marks[0][1], used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), strict=True))
    return _by_stage([*marks, ("", end)]) | whole


def _by_stage(marks: list[tuple[str, float]]) -> Figures:
    """Seconds of the stages that both codes have, and of groups of others, from when each began."""
    stages: Figures = defaultdict(float)
    for (name, begin), (_, end) in pairwise(marks):
        stages[name] += end - begin
    branches = [name for name in stages if name == "networks" or name.split()[0] in ("va", "expr", "au")]
    groups = {
        "start": ["start"],
        "faces": FACES,
        "body": ["body"],
        "decode to pictures": PICTURES,
        "networks": branches,
    }
    return {group: sum(stages.get(name, 0.0) for name in names) for group, names in groups.items()}


def in_turns(codes: list[Code], clip: Path, runs: int, options: list[str]) -> dict[str, Figures]:
    """Medians over the runs, by code."""
    done: dict[str, list[Figures]] = {code.name: [] for code in codes}
    for _ in range(runs):
        for code in codes:
            done[code.name].append(predict(code, clip, options))
    return {
        name: {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}
        for name, runs in done.items()
    }


def show(title: str, medians: dict[str, Figures]) -> None:
    print(f"{title:24}" + "".join(f"{name:>10}" for name in (*medians, "ratio")))
    other, ours = medians.values()
    for figure in ours:
        if ours[figure]:
            values = (other[figure], ours[figure], other[figure] / ours[figure])
            print(f"{figure:24}" + "".join(f"{value:10.2f}" for value in values))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clip", type=Path)
    options.add_argument("--project", type=Path, required=True)
    options.add_argument("--other", type=Path, required=True)
    options.add_argument("--other-project", type=Path, required=True)
    options.add_argument("--other-packages", type=Path)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--times", type=int)
    options.add_argument("--pages", action="store_true", help="also write overlay and viewer page")
    args = options.parse_args()
    codes = [
        Code("other", args.other, args.other_project, args.other_packages),
        Code("ours", Path(__file__).parents[1], args.project),
    ]
    chosen = [] if args.pages else ["--no-overlay", "--no-viewer"]
    short = in_turns(codes, args.clip, args.runs, chosen)
    show(args.clip.stem[:22], short)
    if args.times:
        length = probe(args.clip)
        with tempfile.TemporaryDirectory() as folder:
            longer = looped(args.clip, (length.duration or 0) * args.times, Path(folder) / "longer")
            long, more = in_turns(codes, longer, 1, chosen), probe(longer).expected - length.expected
        show(f"{args.times} times over", long)
        for name in short:
            print(f"{name}: {more / (long[name]['seconds'] - short[name]['seconds']):.1f} frames a second, steadily")


if __name__ == "__main__":
    main()
