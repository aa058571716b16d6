"""What lineage costs, on a synthetic corpus of Aff-Wild2's size and, where given, on a finished run.

At 558 videos, of which each artifact is a small stand-in (but labels, manifest and predictions have all their rows):
the check at a start of the workflow, `affectflow trace` of a table, of a cell's and of a frame's score. With
`--run FOLDER`, the time that records took in a finished run: everything that jobs did for them is done again on
the same files and compared with the time of the jobs.

    python benchmarks/lineage.py --videos 558
    python benchmarks/lineage.py --run .
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from stand_in import affwild2, affwild2_settings, project

from affectflow.artifacts import ledger
from affectflow.artifacts.atomic import atomic_folder, write_text
from affectflow.artifacts.digest import read_digest
from affectflow.artifacts.job import Job, running
from affectflow.artifacts.record import Machine, read_record
from affectflow.artifacts.schemas import BODY, FACES, FRAMES, MANIFEST, labels_schema, predictions_schema
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.lineage.code import code_of
from affectflow.lineage.git import commit_of
from affectflow.lineage.plan import PlannedJob, planned
from affectflow.lineage.sheet import read_sheet
from affectflow.workflow.script import ROOT

TRACK = track_of("va")
FRAMES_A_VIDEO = 5000


def make_outputs(jobs: tuple[PlannedJob, ...], splits: dict[str, str]) -> None:
    """Every output of every job, with record and line in the ledger."""
    machine = Machine(host="synthetic", device="cpu", threads=1, python="3", platform="synthetic")
    for job in jobs:
        code = job.code or code_of(Path(f"workflow/scripts/{job.rule}.py"), ROOT)
        this = Job(job.rule, job.options, code, machine, ledger=ledger.FOLDER)
        this.reads(Path(name) for name in job.inputs)
        with running(this):
            for output in map(Path, job.outputs):
                _make(output, job, splits)


def _make(path: Path, job: PlannedJob, splits: dict[str, str]) -> None:
    name = path.name
    if job.rule == "predict" or name == "test.parquet":
        split = path.stem
        predicted = [subject for subject, assigned in splits.items() if assigned == split]
        write_parquet(path, _columns(predicted), predictions_schema(TRACK))
    elif name == "manifest.parquet":
        write_parquet(path, [_row(subject, split) for subject, split in splits.items()], MANIFEST)
    elif name == "labels.parquet":
        annotated = [subject for subject, split in splits.items() if split != "test"]
        write_parquet(path, _columns(annotated), labels_schema(TRACK))
    elif name == "weights.json":
        write_text(path, json.dumps(_weights(job)))
    elif path.parts[-2] in ("frames", "faces") and path.suffix == ".arrow":
        _stand_in(path)
    elif path.parts[-2] == "body":
        empty = {"found": False, "joints": np.zeros(75, np.float32), "box": None}
        write_parquet(path, [{"subject": path.stem, "frame": f, **empty} for f in range(FRAMES_A_VIDEO)], BODY)
    elif path.parts[-2:] == ("submission", "track1"):
        with atomic_folder(path) as folder:
            (folder / "predictions.txt").write_text("synthetic")
    elif name == "test_track1.csv":
        _table(path, [s for s, assigned in splits.items() if assigned == "test"])
    elif name == "validation_track1.csv":
        write_text(path, "method,total\nAudio + Visual (F + BCF),0.0000\n")
    else:
        write_text(path, f"{path}\n")


def _row(subject: str, split: str) -> dict[str, object]:
    path = f"data/aw/videos/{subject}.mp4"
    numbers = {"frames": FRAMES_A_VIDEO, "rows": None, "difference": None, "rate": 30.0, "width": 1920, "height": 1080}
    digest = read_digest(Path(path))
    names = {"subject": subject, "video": subject, "shard": subject, "split": split, "path": path, "digest": digest}
    return {**names, **numbers, "has_audio": True, "damaged": 0}


def _columns(subjects: list[str]) -> dict[str, object]:
    frames = np.tile(np.arange(FRAMES_A_VIDEO, dtype=np.int32), len(subjects))
    values = np.random.default_rng(0).uniform(-1, 1, (2, len(frames))).astype(np.float32)
    subject = pa.array(np.repeat(np.array(subjects, dtype=object), FRAMES_A_VIDEO), pa.string())
    return {"subject": subject, "frame": frames, "valence": values[0], "arousal": values[1]}


def _table(path: Path, subjects: list[str]) -> None:
    columns = _columns(subjects)
    pairs = zip(columns["valence"].tolist(), columns["arousal"].tolist(), strict=True)  # type: ignore[attr-defined]
    names = (f"{subject}/{frame:05d}.jpg" for subject in subjects for frame in range(1, FRAMES_A_VIDEO + 1))
    rows = (f"{name},{valence:z.6f},{arousal:z.6f}" for name, (valence, arousal) in zip(names, pairs, strict=True))
    write_text(path, "image_location,valence,arousal\n" + "\n".join(rows) + "\n")


def _weights(job: PlannedJob) -> dict[str, object]:
    methods = job.options["methods"]
    shared = {"track": TRACK.name, "edition": TRACK.edition, "found_by": "equal", "step": None, "thresholds": {}}
    shared |= {"scores": dict.fromkeys(TRACK.scores, 0.0), "frames": 1, "subjects": 1}
    return {
        title: {
            **shared,
            "branches": method["branches"],
            "weights": {t: dict.fromkeys(method["branches"], 1 / len(method["branches"])) for t in TRACK.targets},
        }
        for title, method in methods.items()
    }


def _stand_in(path: Path) -> None:
    schema = FRAMES if path.parts[-2] == "frames" else FACES
    with arrow_writer(path, schema) as rows:
        for frame in range(FRAMES_A_VIDEO):
            if schema is FRAMES:
                rows.append({"video": path.stem, "frame": frame, "time": frame / 30, "jpeg": b""})
            else:
                nothing = dict.fromkeys(("shot", "score", "box", "landmarks", "anchors", "face"))
                rows.append({"subject": path.stem, "frame": frame, "found": False, **nothing})


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Median wall time."""
    walls = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        walls.append(time.perf_counter() - begin)
    return statistics.median(walls)


def at_size(videos: int, folder: Path) -> None:
    """Measure on a synthetic corpus."""
    project(folder, affwild2_settings())
    os.chdir(folder)
    splits = affwild2(Path("data/aw"), videos)
    targets = ["results/test_track1.csv", "results/validation_track1.csv"]
    with planned(targets, check=False) as plan:
        make_outputs(plan.jobs, splits)
        plan.mark_done(plan.jobs)
        print(f"{len(splits)} videos, {len(plan.jobs)} jobs, {len(Chain(Path()).recorded())} records")
    rules = _rules()
    from affectflow.lineage.start import check_start

    print(f"check at a start, nothing changed: {seconds(lambda: check_start(rules, {'shard': splits})):.2f} s")
    for path in Path("work").rglob("*.parquet"):
        path.touch()
    begin = time.perf_counter()
    check_start(rules, {"shard": splits})
    print(f"check at a start, a third of the files touched: {time.perf_counter() - begin:.2f} s")
    subject = next(s for s, split in splits.items() if split == "test")
    command = [sys.executable, "-m", "affectflow.cli.main", "trace"]
    for title, words in {
        "trace of the table": [targets[0]],
        "trace of one score": [targets[0], "--subject", subject, "--frame", "4321"],
    }.items():

        def traced(words: list[str] = words) -> None:
            # The stand-in table holds other digits than the sum: status 1 says so.
            assert subprocess.run([*command, *words], capture_output=True, check=False).returncode in (0, 1)

        print(f"{title}: {seconds(traced, 3):.2f} s")
    dry = [sys.executable, "-m", "affectflow.cli.snakemake", "--cores", "2", "-n", *targets]
    dry_seconds = seconds(lambda: subprocess.run(dry, capture_output=True, check=True), 3)
    print(f"nothing to do, whole command: {dry_seconds:.2f} s")


def _rules() -> list[object]:
    with planned(check=False) as plan:
        return plan.rules()


def of_run(folder: Path) -> None:
    """Do again what the jobs of a finished run did for their records."""
    os.chdir(folder)
    chain = Chain(Path())
    jobs: dict[tuple[str, str], list[str]] = {}
    for name in chain.recorded():
        record = read_record(Path(f"{name}.record.json"))
        jobs.setdefault((record.rule, record.start), []).append(name)
    spent = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for outputs in jobs.values():
            record = chain.record(outputs[0])
            assert record is not None
            begin = time.perf_counter()
            code = read_sheet(record.code.fingerprint, ROOT, ledger.FOLDER)
            commit_of(ROOT)
            job = Job(record.rule, record.options, code, record.machine)
            job.reads(Path(item.path) for item in record.inputs)
            for name in outputs:
                new_record = job.record(Path(name), Path(name))
                (Path(scratch) / "record").write_text(new_record.model_dump_json())
            spent += time.perf_counter() - begin
    times = [path.read_text().splitlines()[1].split("\t")[0] for path in Path("work").rglob("benchmarks/**/*.tsv")]
    total = sum(map(float, times))
    print(f"{len(jobs)} jobs: records took {spent:.2f} s of {total:.1f} s of job time: {spent / total:.2%}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--videos", type=int, default=558)
    options.add_argument("--run", type=Path, metavar="FOLDER", help="a finished run")
    args = options.parse_args()
    if args.run:
        of_run(args.run)
    else:
        with tempfile.TemporaryDirectory() as folder:
            at_size(args.videos, Path(folder))


if __name__ == "__main__":
    main()
