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
    made = {path for job in jobs for path in job.outputs}
    ends = sorted(made - {path for job in jobs for path in job.inputs})
    text = [f"rule all:\n    input: {ends!r}\n"]
    for rule, its in by_rule.items():
        if "shard" in its[0].wildcards:
            sources = {job.wildcards["shard"]: [p for p in job.inputs if p not in made] for job in its}
            patterns = {_pattern(path, its[0]) for path in its[0].inputs if path in made}
            outputs = [_pattern(path, its[0]) for path in its[0].outputs]
            inputs = f"lambda w: {rule}_sources[w.shard], {sorted(patterns)!r}"
            text.append(f"{rule}_sources = {sources!r}\n" + _rule(rule, inputs, outputs))
        else:
            text += [_rule(f"{rule}_{n}", repr(list(j.inputs)), list(j.outputs)) for n, j in enumerate(its)]
    return "\n".join(text)


def _pattern(path: str, job: PlannedJob) -> str:
    return re.sub(rf"\b{re.escape(job.wildcards['shard'])}\b", "{shard}", path)


def _rule(name: str, inputs: str, outputs: list[str]) -> str:
    return (
        f"rule {name}:\n    input: {inputs}\n    output: {outputs!r}\n    shell: 'python workflow/scripts/{name}.py'\n"
    )


def ended_well(command: list[str], folder: Path) -> None:
    """Run a command; it must find nothing to do."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or "Nothing to be done" not in said:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}\n{said[-3000:]}")


def megabytes(command: list[str]) -> float:
    """The most memory of a command and of what it starts."""
    peak = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
    peak += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)"
    done = subprocess.run([sys.executable, "-c", peak, *command], check=True, capture_output=True, text=True)
    return float(done.stdout)


def measure(name: str, runs: int, targets: Sequence[str] = ()) -> None:
    """Finish a run of the working folder by stand-ins, and time both commands."""
    jobs, whole = finished(targets), [*_OURS, *targets]
    here, bare_folder = Path(), Path("bare")
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
    ways = {"bare": lambda: ended_well(_BARE, bare_folder), "ours": lambda: ended_well(whole, here)}
    taken = in_turns(ways, runs)
    bare, ours = (statistics.median(taken[way]) for way in ("bare", "ours"))
    ratio = statistics.median(o / b for o, b in zip(taken["ours"], taken["bare"], strict=True))
    print(f"| {name} | {len(jobs):,} | {bare:.2f} | {ours:.2f} | {ratio:.2f} | {megabytes(whole):.0f} |", flush=True)


def frames(given: argparse.Namespace) -> None:
    for per_shard in (1, load_run([ROOT / "config/affwild2.yaml"], {}).videos_per_shard):
        with tempfile.TemporaryDirectory() as folder:
            project(Path(folder), affwild2_settings() | {"videos_per_shard": per_shard})
            os.chdir(folder)
            affwild2(Path("data/aw"), given.videos)
            measure(f"{given.videos} videos, {per_shard} a shard", given.runs)


def clips(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clips = {"kind": "folder", "name": "clips", "root": "data/clips"}
        project(Path(folder), {"corpus": clips, "videos_per_shard": given.per_shard})
        os.chdir(folder)
        Path("data/clips").mkdir(parents=True)
        for number in range(given.clips):
            Path(f"data/clips/{number:05d}.mp4").write_text(str(number))
        measure(f"{given.clips:,} clips, {given.per_shard} a shard", given.runs)
        Path("data/clips/new.mp4").write_text("new")
        with planned() as plan:
            asked = Counter(job.rule for job in plan.jobs if job.needed)
        print(f"one new clip: {', '.join(f'{rule} {count}' for rule, count in sorted(asked.items()))}")
        os.chdir("/")


def reactions(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder), hume_settings() | {"videos_per_shard": given.per_shard})
        os.chdir(folder)
        hume(Path("data/hume"), given.clips)
        measure(f"Hume-Reaction, {given.clips:,} clips, {given.per_shard} a shard", given.runs, ["artifacts"])
        os.chdir("/")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--videos", type=int, default=558)
    options.add_argument("--clips", type=int, default=25_067)
    options.add_argument("--per-shard", type=int, default=100)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--only", choices=("affwild2", "clips", "hume"))
    given = options.parse_args()
    print("| nothing to do | jobs | bare Snakemake, s | ours, s | ours / bare | memory, MB |")
    print("|---|---|---|---|---|---|")
    for name, timed in (("affwild2", frames), ("clips", clips), ("hume", reactions)):
        if given.only in (None, name):
            timed(given)


if __name__ == "__main__":
    main()
