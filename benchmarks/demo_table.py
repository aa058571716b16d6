"""Writes the table of docs/demo.md from a finished demo: what it scores, and what body and context are worth.

`make docs-audit` does it for the demo in this folder.

    python benchmarks/demo_table.py --run . --docs docs
"""

import argparse
import csv
from pathlib import Path

from worked_audit import placed

from affectflow.config.system.load import load_run

BEGIN, END = "<!-- scores: written by `make docs-audit` -->", "<!-- end of the scores -->"
_BRANCHES = ("Visual (F)", "Visual (BCF)")
_HEAD = (
    "track",
    "submitted method, total",
    "shuffled baseline",
    "difference, 95 % interval",
    "`F` and `BCF` where no face was found",
    "`F` and `BCF` with the face taken from all frames",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--run", type=Path, default=Path(), help="folder of a finished run of the demo")
    options.add_argument("--docs", type=Path, default=Path("docs"), help="folder of demo.md")
    args = options.parse_args()
    page = args.docs / "demo.md"
    text = placed(page.read_text(encoding="utf-8"), table(args.run), BEGIN, END)
    page.write_text(text, encoding="utf-8")


def table(run: Path) -> str:
    """The table as Markdown, from the results below a finished run's folder."""
    settings = load_run([run / "config/config.yaml"])
    submitted = {name: (settings.track(name).number, system.submit) for name, system in settings.used.items()}
    lines = [
        _HEAD,
        ("---",) * len(_HEAD),
        *(_row(run / "results", name, *columns) for name, columns in submitted.items()),
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _row(results: Path, track: str, number: int, method: str) -> tuple[str, ...]:
    totals = {row["method"]: row for row in _rows(results / f"intervals_track{number}.csv") if row["score"] == "total"}
    (above,) = (
        row
        for row in _rows(results / f"differences_track{number}.csv")
        if (row["one"], row["other"], row["score"]) == (method, "Shuffled", "total")
    )
    by_condition = {
        (row["method"], row["condition"]): row for row in _rows(results / f"modality_ablation_track{number}.csv")
    }

    def of_branches(condition: str) -> str:
        return ", ".join(_number(by_condition[branch, condition]["total"]) for branch in _BRANCHES)

    return (
        f"`{track}`",
        _number(totals[method]["value"]),
        _number(totals["Shuffled"]["value"]),
        f"{_number(above['difference'])} [{_number(above['low'])}, {_number(above['high'])}]",
        of_branches("frames without a face"),
        of_branches("without face"),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _number(text: str) -> str:
    return f"{float(text):.3f}"


if __name__ == "__main__":
    main()
