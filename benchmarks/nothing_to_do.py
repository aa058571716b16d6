"""A start of the workflow with nothing to do, against bare Snakemake on the same graph.

Corpora of small stand-in files with a finished run: 558 videos in the layout of Aff-Wild2, one a shard, and as many a
shard as config/affwild2.yaml says; 25,067 clips in a folder, sharded; the same after one more clip came; as many in the
layout of Hume-Reaction, with all that is made before training (the target `artifacts`). Prints the seconds of the whole
command, of bare Snakemake (a Snakefile of the same jobs with the same files, which imports nothing of this project),
the most memory of the command, and the jobs that the new clip asks for.

    python benchmarks/nothing_to_do.py [--videos 558] [--clips 25067] [--per-shard 100] [--runs 5] [--only hume]
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from alternating import in_turns
from stand_in import affwild2, affwild2_settings, finished, hume, hume_settings, project

from affectflow.config.system.load import load_run
from affectflow.lineage.plan import PlannedJob, planned
from affectflow.workflow.script import ROOT

_OURS = [sys.executable, "-m", "affectflow.cli.snakemake", "--cores", "2"]
_BARE = [sys.executable, "-m", "snakemake", "--cores", "2", "--workflow-profile", "none"]


def bare_snakefile(jobs: Sequence[PlannedJob]) -> str:
    """The same jobs as plain rules: those of a shard as one rule with a wildcard, all others as they are."""
    by_rule: dict[str, list[PlannedJob]] = defaultdict(list)
    for job in jobs:
        by_rule["_".join(filter(None, (job.rule, job.wildcards.get("size"), job.wildcards.get("set"))))].append(job)
    job_outputs = {path for job in jobs for path in job.outputs}
    ends = sorted(job_outputs - {path for job in jobs for path in job.inputs})
    text = [f"rule all:\n    input: {ends!r}\n"]
    for rule, rule_jobs in by_rule.items():
        if "shard" in rule_jobs[0].wildcards:
            sources = {job.wildcards["shard"]: [p for p in job.inputs if p not in job_outputs] for job in rule_jobs}
            patterns = {_pattern(path, rule_jobs[0]) for path in rule_jobs[0].inputs if path in job_outputs}
            outputs = [_pattern(path, rule_jobs[0]) for path in rule_jobs[0].outputs]
            inputs = f"lambda w: {rule}_sources[w.shard], {sorted(patterns)!r}"
            text.append(f"{rule}_sources = {sources!r}\n" + _rule(rule, inputs, outputs))
        else:
            text += [_rule(f"{rule}_{n}", repr(list(j.inputs)), list(j.outputs)) for n, j in enumerate(rule_jobs)]
    return "\n".join(text)


def _pattern(path: str, job: PlannedJob) -> str:
    return re.sub(rf"\b{re.escape(job.wildcards['shard'])}\b", "{shard}", path)


def _rule(name: str, inputs: str, outputs: list[str]) -> str:
    return (
        f"rule {name}:\n    input: {inputs}\n    output: {outputs!r}\n    shell: 'python workflow/scripts/{name}.py'\n"
    )


def ended_well(command: list[str], folder: Path) -> None:
    """Run a command; it must find nothing to do."""
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    output = process.stdout + process.stderr
    if process.returncode or "Nothing to be done" not in output:
        raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{output[-3000:]}")


def megabytes(command: list[str]) -> float:
    """The most memory of a command and of what it starts."""
    peak = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
    peak += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)"
    process = subprocess.run([sys.executable, "-c", peak, *command], check=True, capture_output=True, text=True)
    return float(process.stdout)


def measure(name: str, runs: int, targets: Sequence[str] = ()) -> None:
    """Finish a run of the working folder by stand-ins, and time both commands."""
    jobs, whole = finished(targets), [*_OURS, *targets]
    folder, bare_folder = Path(), Path("bare")
    bare_folder.mkdir()
    # Of its own: Snakemake's notes of the one would make the other run again.
    for part in ("work", "models", "predictions", "fusion", "results"):
        if Path(part).is_dir():
            shutil.copytree(part, bare_folder / part)
    for part in ("data", "src"):
        (bare_folder / part).symlink_to(Path(part).absolute())
    (bare_folder / "Snakefile").write_text(bare_snakefile(jobs))
    with chdir(bare_folder), planned() as plan:
        plan.mark_done(plan.jobs)
    ways = {"bare": lambda: ended_well(_BARE, bare_folder), "ours": lambda: ended_well(whole, folder)}
    times = in_turns(ways, runs)
    bare, ours = (statistics.median(times[way]) for way in ("bare", "ours"))
    ratio = statistics.median(o / b for o, b in zip(times["ours"], times["bare"], strict=True))
    print(f"| {name} | {len(jobs):,} | {bare:.2f} | {ours:.2f} | {ratio:.2f} | {megabytes(whole):.0f} |", flush=True)


def frames(args: argparse.Namespace) -> None:
    for per_shard in (1, load_run([ROOT / "config/affwild2.yaml"], {}).videos_per_shard):
        with tempfile.TemporaryDirectory() as folder:
            project(Path(folder), affwild2_settings() | {"videos_per_shard": per_shard})
            os.chdir(folder)
            affwild2(Path("data/aw"), args.videos)
            measure(f"{args.videos} videos, {per_shard} a shard", args.runs)


def clips(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clips = {"kind": "folder", "name": "clips", "root": "data/clips"}
        project(Path(folder), {"corpus": clips, "videos_per_shard": args.per_shard})
        os.chdir(folder)
        Path("data/clips").mkdir(parents=True)
        for number in range(args.clips):
            Path(f"data/clips/{number:05d}.mp4").write_text(str(number))
        measure(f"{args.clips:,} clips, {args.per_shard} a shard", args.runs)
        Path("data/clips/new.mp4").write_text("new")
        with planned() as plan:
            needed = Counter(job.rule for job in plan.jobs if job.needed)
        print(f"one new clip: {', '.join(f'{rule} {count}' for rule, count in sorted(needed.items()))}")
        os.chdir("/")


def reactions(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder), hume_settings() | {"videos_per_shard": args.per_shard})
        os.chdir(folder)
        hume(Path("data/hume"), args.clips)
        measure(f"Hume-Reaction, {args.clips:,} clips, {args.per_shard} a shard", args.runs, ["artifacts"])
        os.chdir("/")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--videos", type=int, default=558)
    options.add_argument("--clips", type=int, default=25_067)
    options.add_argument("--per-shard", type=int, default=100)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--only", choices=("affwild2", "clips", "hume"))
    args = options.parse_args()
    print("| nothing to do | jobs | bare Snakemake, s | ours, s | ours / bare | memory, MB |")
    print("|---|---|---|---|---|---|")
    for name, timed in (("affwild2", frames), ("clips", clips), ("hume", reactions)):
        if args.only in (None, name):
            timed(args)


if __name__ == "__main__":
    main()
