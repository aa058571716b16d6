"""The two jobs that look at a whole corpus, manifest and report, on corpora of the sizes that docs/scale.md tells.

    python benchmarks/large_report.py [--clips 25067] [--frames 260] [--per-shard 100]

Artifacts of the real schemas stand for a folder of clips: rows of every frame, empty pictures, a contact sheet a shard.
Prints seconds and peak memory of each job, in a process of its own, and the size of the page.
"""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import chdir
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from alternating import seconds
from apart import apart, resident

from affectflow.artifacts.schemas import BODY, FACES, FRAMES, VIDEOS
from affectflow.artifacts.tables import write_parquet
from affectflow.core.tracks import track_of
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Subject, Video, shards
from affectflow.lineage.chain import Chain
from affectflow.report.run_page.write import ReportFiles, write_report

RATE = 24.0
SHEET = (120, 1000)
"""Height of a video's part of a contact sheet and width, in pixels."""
WORK, MANIFEST, PAGE = Path("work"), Path("work/va/manifest.parquet"), Path("report.html")


def write_arrow(path: Path, batches: list[dict[str, list[object]]], schema: pa.Schema) -> None:
    """A batch a video: rows one by one would take longer than what is measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            rows = len(batch["frame"])
            columns = [pa.array(batch.get(f.name, [None] * rows), type=f.type) for f in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def write_shard(shard: str, videos: tuple[Video, ...], frames: int) -> None:
    """What preprocessing leaves of a shard's videos."""
    numbers: list[object] = list(range(frames))
    names: list[list[object]] = [[video.video] * frames for video in videos]
    times: list[object] = [number / RATE for number in range(frames)]
    frame_columns = [{"video": column, "frame": numbers, "time": times, "jpeg": [b""] * frames} for column in names]
    write_arrow(WORK / f"frames/{shard}.arrow", frame_columns, FRAMES)
    face_columns = [{"subject": column, "frame": numbers, "found": [True] * frames} for column in names]
    write_arrow(WORK / f"faces/{shard}.arrow", face_columns, FACES)
    count = frames * len(videos)
    joints = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(count * 75, np.float32)), 75)
    boxes = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(count * 4, np.float32)), 4)
    subjects = [name for column in names for name in column]
    columns = {"subject": subjects, "frame": numbers * len(videos), "found": [True] * count}
    write_parquet(WORK / f"body/{shard}.parquet", columns | {"joints": joints, "box": boxes}, BODY)
    size = {"width": 640, "height": 360, "source_width": 640, "source_height": 360}
    rest = size | {"digest": "0" * 64, "frames": frames, "rate": RATE, "container_rate": RATE, "has_audio": True}
    rest |= {"audio_seconds": frames / RATE, "damaged": 0}
    rows = [{"video": video.video, "path": str(video.path)} | rest for video in videos]
    write_parquet(WORK / f"videos/{shard}.parquet", rows, VIDEOS)
    sheet = np.random.default_rng(0).integers(0, 256, (4 * len(videos), SHEET[1] // 30, 3), np.uint8)
    (WORK / "preview").mkdir(exist_ok=True)
    cv2.imwrite(str(WORK / f"preview/{shard}.jpg"), cv2.resize(sheet, (SHEET[1], SHEET[0] * len(videos))))


def make_manifest(groups: dict[str, tuple[Video, ...]]) -> None:
    """The manifest of track `va`."""
    splits = {video.video: "test" for videos in groups.values() for video in videos}
    tables = [WORK / f"videos/{shard}.parquet" for shard in groups]
    manifest_table(list(groups.items()), splits, tables, None, track_of("va"), 1, {}, MANIFEST)


def make_report() -> None:
    """The page of that manifest."""
    files = ReportFiles(work=WORK, manifests={track_of("va"): MANIFEST}, tracks={}, tables=[])
    write_report(files, "clips", "none", Chain(), PAGE)


def measured(work: Callable[[], object]) -> tuple[float, int]:
    """Seconds, and the peak resident memory of this process in bytes."""
    return seconds(work), resident()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clips", type=int, default=25_067)
    options.add_argument("--frames", type=int, default=260, help="of each clip")
    options.add_argument("--per-shard", type=int, default=100)
    args = options.parse_args()
    names = [f"{number:05d}" for number in range(args.clips)]
    groups = shards([Video(name, Path(f"data/{name}.mp4"), (Subject(name),)) for name in names], args.per_shard)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for shard, videos in groups.items():
            write_shard(shard, videos, args.frames)
        print(f"{args.clips:,} clips, {args.clips * args.frames:,} frames, {len(groups)} shards\n")
        print("| job | seconds | peak memory, MiB |\n|---|---|---|")
        for name, work in (("manifest", partial(make_manifest, groups)), ("report", make_report)):
            took, peak = apart(measured, work)
            print(f"| {name} | {took:.1f} | {peak >> 20:,} |", flush=True)
        print(f"\npage: {PAGE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
