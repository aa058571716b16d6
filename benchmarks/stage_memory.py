"""Peak memory of each stage's script on a clip and on the same clip ten times over.

    python benchmarks/stage_memory.py [CLIP] [--seconds 20] [--times 10]

Each script runs by its command line, as in a job. Two figures, of the script and what it starts (ffmpeg) together:
memory of its own (anonymous pages) and all that is resident, which also counts pages of mapped files that the system
can drop.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from predict_memory import memory
from prepared import SIZE, clip_options, looped

from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.audio.filters import write_filters
from affectflow.workflow.script import ROOT


def commands(clip: Path, work: Path, run: Run) -> dict[str, list[str]]:
    """The scripts of preprocessing, in their order, with their options."""
    shard = json.dumps([Video(clip.stem, clip, (Subject(clip.stem),)).to_json()])
    files = {name: str(work / f"{name}.arrow") for name in ("frames", "sound", "people", "faces", "resized", "mel")}
    files |= {name: str(work / f"{name}.parquet") for name in ("videos", "shots", "body")}
    filters = work / "filters.npz"
    write_filters(run.mel, run.decode.sample_rate, filters)
    shared = ["--shard", shard, "--frames", files["frames"]]
    faces, body, mel, preview = (getattr(run, name).model_dump_json() for name in ("faces", "body", "mel", "preview"))
    decode = ["--decode", run.decode.model_dump_json(), "--videos", files["videos"], "--sound", files["sound"]]
    faces_option = ["--faces", files["faces"]]
    found = ["--people", files["people"], "--shots", files["shots"]]
    return {
        "decode": [*shared, *decode],
        "find_people": [*shared, "--faces", faces, *found],
        "align_face": [*shared, "--faces", faces, *found, "--out", files["faces"]],
        "mask_body": [
            *(*shared, *faces_option, "--people", files["people"], "--videos", files["videos"]),
            *("--body", body, "--out", files["body"]),
        ],
        "resize": [
            *("--frames", files["frames"], "--size", str(SIZE), "--resize", run.resize.model_dump_json()),
            *("--out", files["resized"]),
        ],
        "spectrogram": ["--sound", files["sound"], "--filters", str(filters), "--mel", mel, "--out", files["mel"]],
        "preview": [
            *(*shared, *faces_option, "--body", files["body"], "--mel", files["mel"], "--preview", preview),
            *("--out", str(work / "preview.jpg")),
        ],
    }


def peak(command: Sequence[str]) -> tuple[float, float]:
    """Peak of own and resident memory in MiB while a command runs."""
    peaks = [0.0, 0.0]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:

        def sample() -> None:
            program = psutil.Process(process.pid)
            while process.poll() is None:
                peaks[:] = map(max, peaks, memory(program))
                time.sleep(0.02)

        sampler = threading.Thread(target=sample)
        sampler.start()
        _, errors = process.communicate()
        sampler.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:3])}: status {process.returncode}\n{errors[-2000:]}")
    return peaks[0], peaks[1]


def main() -> None:
    options = clip_options(__doc__, 20, "length of the shorter one")
    options.add_argument("--times", type=int, default=10, help="how much longer the other is")
    args = options.parse_args()
    run = load_run([ROOT / "config/config.yaml"], {})
    print("| stage | own, MiB | own, longer clip | ratio | all, MiB | all, longer clip | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        clips = {}
        for name, seconds in (("short", args.seconds), ("long", args.seconds * args.times)):
            path = looped(args.clip, seconds, Path(folder) / name)
            clips[name] = commands(path, path.parent, run)
        for stage in clips["short"]:
            script = [sys.executable, str(ROOT / f"workflow/scripts/{stage}.py")]
            (own, every), (long_own, long_every) = (peak([*script, *clips[name][stage]]) for name in clips)
            print(
                f"| {stage} | {own:.0f} | {long_own:.0f} | {long_own / own:.2f} "
                f"| {every:.0f} | {long_every:.0f} | {long_every / every:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
