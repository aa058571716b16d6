"""Writes the worked audit of docs/lineage.md from a finished demo: what the commands say of one of its scores today.

The text between the page's two marks is that of worked_audit.md with the figures of the run, and
docs/lineage_graph.svg is drawn from its records. `make docs-audit` does it for the demo in this folder.

    python benchmarks/worked_audit.py --run . --docs docs
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from string import Template

from affectflow.core.errors import InputError

BEGIN, END = "<!-- worked audit: written by `make docs-audit` -->", "<!-- end of the worked audit -->"
TEMPLATE = Path(__file__).with_suffix(".md")
TABLE, VALIDATION = "results/test_track1.csv", "results/validation_track1.csv"
_WIDTH = 118


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--run", type=Path, default=Path(), help="folder of a finished run of the demo")
    options.add_argument("--docs", type=Path, default=Path("docs"), help="folder of lineage.md")
    options.add_argument("--subject", default="video63_left")
    options.add_argument("--frame", type=int, default=100)
    args = options.parse_args()
    page, graph = args.docs / "lineage.md", (args.docs / "lineage_graph.svg").resolve()
    text = audit(args.run, args.subject, args.frame)
    page.write_text(placed(page.read_text(encoding="utf-8"), text), encoding="utf-8")
    run_command(args.run, "trace", VALIDATION, "--graph", str(graph))


def placed(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """The page with `text` between two marks.

    Raises:
        InputError: the page has not both marks, each once.
    """
    if page.count(begin) != 1 or page.count(end) != 1:
        raise InputError(f"expected one {begin!r} and one {end!r} in the page")
    before, after = page[: page.index(begin)], page[page.index(end) :]
    return f"{before}{begin}\n\n{text}\n{after}"


def audit(run: Path, subject: str, frame: int) -> str:
    """The worked audit of one score of a finished run.

    Args:
        run: its folder.
        subject: of the test split of Track 1.
        frame: index from 0.
    """
    trace_score = ["trace", TABLE, "--subject", subject, "--frame", str(frame)]
    score = run_command(run, *trace_score)
    method = match_groups(r"method (.+), weights in", score)
    trace_cell = ["trace", VALIDATION, "--row", method, "--column", "total"]
    target, total, written = match_groups(r"^  (\w+) = .* = ([-\d.]+); the table says ([-\d.]+), the same$", score)
    source, digest = match_groups(r"^  source: (\S+)\n    SHA-256 (\w+)$", score)
    values = {
        "table": TABLE,
        "written": written,
        "target": target,
        "image": f"{subject}/{frame + 1:05d}.jpg",
        "number": f"{frame + 1:05d}",
        "frame": str(frame),
        "trace_score": command(trace_score),
        "score": wrapped(score),
        "sum": f"{total} in full",
        "time": match_groups(r", ([\d.]+ s)$", score),
        "trace_cell": command(trace_cell),
        "cell": wrapped(run_command(run, *trace_cell)),
        "source": source,
        "digest": digest[:8],
        "verified": run_command(run, "verify"),
    }
    return (
        "\n".join(map(_filled, Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values).splitlines())) + "\n"
    )


def run_command(run: Path, *words: str) -> str:
    """What a command of ours prints in a folder.

    Raises:
        InputError: it found something that does not hold, or the folder is no finished run.
    """
    process = subprocess.run(
        [sys.executable, "-m", "affectflow.cli.main", *words],
        cwd=run,
        env=os.environ | {"PYTHONPATH": str(run.absolute() / "src")},
        capture_output=True,
        text=True,
    )
    if process.returncode:
        raise InputError(
            f"{command(words)}, in {run}, ended with {process.returncode}: {process.stdout}{process.stderr}"
        )
    return process.stdout.rstrip("\n")


def command(words: list[str] | tuple[str, ...]) -> str:
    """A command of ours as it is typed."""
    return "affectflow " + " ".join(f'"{word}"' if shlex.quote(word) != word else word for word in words)


def match_groups(pattern: str, text: str) -> str | tuple[str, ...]:
    """The groups of the first match; InputError where there is none."""
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise InputError(f"expected {pattern!r} in what the command said:\n{text}")
    return match[1] if match.re.groups == 1 else match.groups()


def wrapped(text: str) -> str:
    """Lines as they are printed, folded where they are too long for the page."""
    folded = (_folded(line, _indent(line) + "      ") for line in text.splitlines())
    return "\n".join(folded)


def _filled(line: str) -> str:
    """A line of prose, folded at the page's width; others are folded already."""
    return line if line.startswith(("  ", "$", "!", "<")) else _folded(line, "")


def _folded(line: str, later: str) -> str:
    if len(line) <= _WIDTH:
        return line
    return "\n".join(
        textwrap.wrap(line, _WIDTH, subsequent_indent=later, break_long_words=False, break_on_hyphens=False)
    )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
