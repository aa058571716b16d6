"""Peak memory of `affectflow predict` on a clip and on the same clip ten times over.

Run it where the workflow has trained a system: `python benchmarks/predict_memory.py CLIP [--seconds 20]`.

Two figures of each stage, summed over the program and its ffmpeg: memory of its own (anonymous pages, which nothing but
swap can take away) and all that is resident, which also counts pages of files that are mapped and that the system drops
when it needs the room.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from pathlib import Path

import psutil
from prepared import clip_options, looped

Peaks = dict[str, tuple[float, float]]
"""By stage: own and resident memory in MiB."""


def main() -> None:
    options = clip_options(__doc__, 20, "length of the shorter one")
    options.add_argument("--times", type=int, default=10, help="how much longer the other is (default: %(default)s)")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peaks = []
        for name, seconds in (("short", args.seconds), ("long", args.seconds * args.times)):
            video = looped(args.clip, seconds, Path(folder) / name)
            peaks.append(measured(["predict", str(video), "--out", f"{folder}/scores"]))
    print(f"{'stage':16}" + "".join(f"{text:>16}" for text in ("own, short", "own, long", "all, short", "all, long")))
    short, long = (with_total(each) for each in peaks)
    for stage in (stage for stage in short if stage in long):
        own, every = zip(short[stage], long[stage], strict=True)
        print(f"{stage:16}" + "".join(f"{value:12.0f} MiB" for value in (*own, *every)))
    growth = [longer / shorter - 1 for shorter, longer in zip(short["peak"], long["peak"], strict=True)]
    print(f"peak of a clip {args.times} times longer: own {growth[0]:+.1%}, all {growth[1]:+.1%}")


def measured(command: list[str]) -> Peaks:
    """Run `affectflow` with a command; peaks by the stage that it names on standard error."""
    peaks: Peaks = defaultdict(lambda: (0.0, 0.0))
    stage, last_lines = "start", deque[str](maxlen=5)
    with subprocess.Popen(
        [sys.executable, "-m", "affectflow.cli.main", *command], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr

        def sample() -> None:
            program = psutil.Process(process.pid)
            while process.poll() is None:
                own, every = memory(program)
                peaks[stage] = max(peaks[stage][0], own), max(peaks[stage][1], every)
                time.sleep(0.05)

        sampler = threading.Thread(target=sample)
        sampler.start()
        for line in process.stderr:
            last_lines.append(line)
            if line.startswith("[1/1] "):  # [1/1] clip.mp4: stage
                stage = line.rpartition(": ")[2].strip()
        process.wait()
        sampler.join()
        if process.returncode:
            raise SystemExit(
                f"affectflow {' '.join(command)}: ended with status {process.returncode}\n{''.join(last_lines)}"
            )
    return dict(peaks)


def memory(program: psutil.Process) -> tuple[float, float]:
    """Own and resident memory in MiB of a process and all below it."""
    own = every = 0.0
    try:
        for process in [program, *program.children(recursive=True)]:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                key, _, value = line.partition(":")
                if key == "RssAnon" or key == "RssShmem":
                    own += int(value.split()[0]) / 1024
                if key == "VmRSS":
                    every += int(value.split()[0]) / 1024
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):  # it ended between the list and the look
        pass
    return own, every


def with_total(peaks: Peaks) -> Peaks:
    return {**peaks, "peak": (max(own for own, _ in peaks.values()), max(every for _, every in peaks.values()))}


if __name__ == "__main__":
    main()
