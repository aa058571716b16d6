"""Result tables as the page shows them: the CSV files of a run, with the title and the notes that belong to them."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from affectflow.report.drawing.page import table

# Columns that say the same of every row become a line below the table.
_COUNTS = ("frames", "subjects", "utterances", "videos", "clips")
_ABOUT = ("title", "corpus", "weights", "note", *_COUNTS)
_WORDS = {"ccc": "CCC", "mse": "MSE", "f1": "F1", "pearson": "r", "low": "95 % from", "high": "to", "deviation": "s.d."}


@dataclass(frozen=True)
class ResultTable:
    """A table of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """Cells of a column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def counting(self, rows: str, groups: str) -> "ResultTable":
        """The same with columns `frames` and `subjects` named after what they count; without that of subjects where
        they are nothing of their own."""
        names = {"frames": rows, "subjects": groups}
        indices = [index for index, name in enumerate(self.columns) if names.get(name, name)]
        columns = tuple(names.get(self.columns[index], self.columns[index]) for index in indices)
        rows_left = tuple(tuple(row[index] for index in indices) for row in self.rows)
        return ResultTable(columns, rows_left, self.title, self.notes)

    def records(self) -> list[dict[str, str]]:
        """Rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def read_table(path: Path) -> ResultTable:
    """Read a CSV file with a header. What the Markdown file of the same name says before and after its table is the
    title and the notes."""
    with path.open(encoding="utf-8", newline="") as lines:
        columns, *rows = csv.reader(lines)
    title, notes = _read_around(path.with_suffix(".md")) if path.with_suffix(".md").is_file() else ("", ())
    return ResultTable(tuple(columns), tuple(map(tuple, rows)), title, notes)


def _read_around(path: Path) -> tuple[str, tuple[str, ...]]:
    """Text above and below the table of a Markdown file."""
    above: list[str] = []
    below: list[str] = []
    table_seen = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("|"):
            table_seen = True
        elif text := re.sub(r"^[#>*\s-]+|[*\s]+$", "", line):
            (below if table_seen else above).append(text)
    return (above[0] if above else ""), (*above[1:], *below)


def as_html(results: ResultTable, label: str) -> str:
    """The table in a frame that scrolls where the page is narrower; `label` names it for those who cannot see it."""
    about, shown_columns = [], []
    for index, name in enumerate(results.columns):
        values = {row[index] for row in results.rows}
        if (name in _ABOUT and len(values) == 1) or values == {""}:
            about += [f"{name} {value}" if name != "note" else value for value in values if value]
        else:
            shown_columns.append(index)
    numbers = [
        position for position, index in enumerate(shown_columns) if _numeric([row[index] for row in results.rows])
    ]
    heads = [escape(heading(results.columns[index])) for index in shown_columns]
    body = framed(heads, [[escape(row[index]) for index in shown_columns] for row in results.rows], label, numbers)
    lines = [*([" · ".join(about)] if about else []), *results.notes]
    return body + "".join(f'<p class="dim">{escape(line)}</p>' for line in lines)


def framed(heads: Sequence[str], rows: Sequence[Sequence[str]], label: str, numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already, which scrolls by itself."""
    return scrolling(table(heads, rows, numbers), label)


def scrolling(content: str, label: str, kind: str = "scroll") -> str:
    """HTML in a frame that scrolls by itself; `kind` is its class."""
    return f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(label, quote=True)}">{content}</div>'


def heading(column: str) -> str:
    """A column's name in words."""
    return " ".join(_WORDS.get(word, word) for word in column.split("_"))


def _numeric(cells: Sequence[str]) -> bool:
    return any(cells) and all(re.fullmatch(r"[-+−]?[\d.,]*( ?%)?|–|nan", cell) for cell in cells)
