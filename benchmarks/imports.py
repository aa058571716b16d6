"""How long a short job's script takes to import what it needs, against `python -c pass`.

    python benchmarks/imports.py [--runs 7]

Imports at the head of a script; what a job imports later, such as a detector, is part of its work. Medians over
alternating runs.
"""

import argparse
import statistics
import subprocess
import sys
from functools import partial

from alternating import in_turns

_SCRIPT = "import runpy; runpy.run_path('workflow/scripts/{}.py', run_name='imported')"
SCRIPTS = ("decode", "spectrogram", "fuse", "apply_fusion", "find_people", "align_face", "mask_body")
SCRIPTS += ("resize", "labels", "manifest")


def started(code: str) -> None:
    """Run Python on a text."""
    subprocess.run([sys.executable, "-c", code], check=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=7)
    args = options.parse_args()
    ways = {"pass": partial(started, "pass")}
    ways |= {script: partial(started, _SCRIPT.format(script)) for script in SCRIPTS}
    medians = {name: statistics.median(times) for name, times in in_turns(ways, args.runs).items()}
    print("| script | seconds | more than `python -c pass` |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.2f} | {seconds - medians['pass']:.2f} |")


if __name__ == "__main__":
    main()
