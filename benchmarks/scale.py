"""What each stage of preprocessing costs, for a job and for an hour of video, and what corpora of any size would cost.

    python benchmarks/scale.py [CLIP] [--seconds 20] [--runs 3]

Each stage's script runs on a clip and on one a tenth as long. The line through both gives processor seconds of a job
that handles nothing and of an hour of video; bytes are those of the stage's files. The corpora are extrapolations.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from prepared import clip_options, looped
from stage_memory import commands

from affectflow.config.system.load import load_run
from affectflow.workflow.script import ROOT

CORPORA = {"Aff-Wild2": (558, 26.0, 4), "Hume-Reaction": (25_067, 75.0, 100), "100,000 h": (600_000, 100_000.0, 50)}
"""Videos, hours (2.8 M frames at 30 a second; 75 h; videos of 10 minutes), videos a shard."""
FILES = {"decode": ("frames.arrow", "sound.arrow"), "find_people": ("people.arrow", "shots.parquet")}
FILES |= {"align_face": ("faces.arrow",), "mask_body": ("body.parquet",)}
FILES |= {"resize": ("resized.arrow",), "spectrogram": ("mel.arrow",), "preview": ("preview.jpg",)}


def processor_seconds(command: list[str]) -> float:
    """User and system time of a command and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    options = clip_options(__doc__, 20, "length of the longer one")
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()
    run = load_run([ROOT / "config/config.yaml"], {})
    lengths = {"short": args.seconds / 10, "long": args.seconds}
    spent: dict[str, dict[str, float]] = {}
    stored: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in lengths.items():
            path = looped(args.clip, seconds, Path(folder) / name)
            for stage, words in commands(path, path.parent, run).items():
                script = [sys.executable, str(ROOT / f"workflow/scripts/{stage}.py"), *words]
                times = [processor_seconds(script) for _ in range(args.runs)]
                spent.setdefault(stage, {})[name] = statistics.median(times)
                files = [path.parent / file for file in FILES[stage]]
                stored[stage] = sum(file.stat().st_size for file in files) / seconds * 3600
    print("| stage | processor s a job | processor h an hour of video | GB an hour of video |\n|---|---|---|---|")
    slopes, starts = {}, {}
    for stage, by_length in spent.items():
        slope = max(0.0, by_length["long"] - by_length["short"]) / (lengths["long"] - lengths["short"])
        starts[stage], slopes[stage] = max(0.0, by_length["short"] - slope * lengths["short"]), slope
        print(f"| {stage} | {starts[stage]:.1f} | {slope:.2f} | {stored[stage] / 1e9:.2f} |")
    print("\n| corpus | videos | hours | videos a shard | jobs | processor hours | of them starts | disk, TB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (videos, hours, per_shard) in CORPORA.items():
        shards = -(-videos // per_shard)
        starting = shards * sum(starts.values()) / 3600
        working = hours * sum(slopes.values())
        disk = hours * sum(stored.values()) / 1e12
        print(
            f"| {name} | {videos:,} | {hours:,.0f} | {per_shard} | {shards * len(spent):,} | {starting + working:,.0f} "
            f"| {starting:,.1f} | {disk:,.2f} |"
        )


if __name__ == "__main__":
    main()
