"""A table of a paper with our figures beside: as CSV, and as Markdown for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.config.corpora import SYNTHETIC
from affectflow.config.fusion import Method
from affectflow.config.paper_tables import PaperCorpus, PaperTable
from affectflow.report.csv_table import write_table
from affectflow.report.figure_cells import Figures, Uncertainty, markdown
from affectflow.tracks import Track

_NAMES: dict[PaperCorpus, str] = {
    "affwild2": "Aff-Wild2",
    "hume": "Hume-Reaction",
    "affwild": "Aff-Wild",
    "omg": "OMG-Emotion",
    "afewva": "AFEW-VA",
    "disfa": "DISFA",
    "bp4d": "BP4D",
}


NOTED = "†"
"""Stands behind a row of which something must be said, and before what."""


@dataclass(frozen=True)
class Part:
    """The columns of one track."""

    track: Track
    methods: Mapping[str, Method]
    cited: Mapping[str, Mapping[str, float]]
    """Figures of others, by method and score."""
    ours: Figures
    notes: Mapping[str, str]
    """What must be said of a method, by method."""


def title_of(table: PaperTable, corpus: str, kind: str) -> str:
    """The paper's title, and on another corpus than the paper's that ours are of that one."""
    if kind == table.corpus:
        return table.title
    synthetic = ", a synthetic corpus" if kind in SYNTHETIC else ""
    return f"{table.title} - ours: NOT {_NAMES[table.corpus]} but {corpus}{synthetic}; the figures cannot be compared"


def write_paper_table(
    table: PaperTable,
    parts: Sequence[Part],
    uncertainty: Uncertainty,
    corpus: str,
    kind: str,
    out: Path,
    text: Path,
) -> None:
    """Write every row of the table: those that the paper cites, then the methods; of folds, the rows of the one method.

    Args:
        table: title, split, tracks.
        parts: of each track.
        uncertainty: what says how sure ours are.
        corpus: what was scored.
        kind: of the corpus.
        out: CSV file; columns method, then for each track and score ours, low and high or deviation, paper, difference;
            seeds where ours are means; note, title.
        text: the same as Markdown.
    """
    every = _rows(parts, table.split == "test")
    chosen = table.methods if table.over != "folds" else ()
    rows = [row for row in chosen if row in every] if chosen else every
    title = title_of(table, corpus, kind)
    notes = ["; ".join(dict.fromkeys(p.notes[row] for p in parts if p.notes.get(row))) for row in rows]
    columns, cells = ["method"], [[row] for row in rows]
    heads, lines = ["Method"], [[f"{row} {NOTED}" if note else row] for row, note in zip(rows, notes, strict=True)]
    for part in parts:
        prefix = f"track{part.track.number}_" if len(parts) > 1 else ""
        for name in table.scores.get(part.track.name, part.track.scores):
            label = f"Track {part.track.number}: {name}" if len(parts) > 1 else name
            columns += [prefix + column for column in uncertainty.columns(name)]
            heads += [label, "paper", "difference"]
            for row, its, line in zip(rows, cells, lines, strict=True):
                found = _cells(uncertainty, part, row, name, table)
                its += found
                line += uncertainty.shown(found)
    if uncertainty.seeds is not None:
        columns.append("seeds")
        for row, its in zip(rows, cells, strict=True):
            its.append(str(uncertainty.seeds) if any(row in part.ours for part in parts) else "")
    write_table(out, [*columns, "note", "title"], [[*its, note, title] for its, note in zip(cells, notes, strict=True)])
    rows_of = {note: [row for row, its in zip(rows, notes, strict=True) if its == note] for note in notes if note}
    said = [f"{NOTED} {' and '.join(map(_quoted, its))}: {note}." for note, its in rows_of.items()]
    below = [uncertainty.said, *([table.note] if table.note else []), *said]
    write_text(text, "\n".join([f"**{title}**", "", *markdown(heads, lines), "", *(f"{line}\n" for line in below)]))


def _quoted(row: str) -> str:
    return f'"{row}"'


def _rows(parts: Sequence[Part], test: bool) -> list[str]:
    """What is cited, then the methods: of a test table those that the paper reports on some track."""
    cited = [row for part in parts for row in part.cited]
    methods = [title for part in parts for title, its in part.methods.items() if its.paper_test or not test]
    return list(dict.fromkeys([*cited, *methods]))


def _cells(uncertainty: Uncertainty, part: Part, row: str, name: str, table: PaperTable) -> list[str]:
    """Ours, what says how sure it is, the paper's, and the difference, as digits."""
    method = part.methods.get(row)
    own = {} if method is None else method.paper_test if table.split == "test" else method.paper
    paper = {**part.cited.get(row, {}), **own}.get(name)
    return uncertainty.cells(part.ours.get(row, {}).get(name), paper, table.digits)
