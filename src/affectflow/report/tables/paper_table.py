"""A table of a paper with our figures beside: as CSV, and as Markdown for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.evaluation.fusion import Method
from affectflow.config.evaluation.paper_tables import PaperCorpus, PaperTable
from affectflow.core.tracks import Track
from affectflow.report.tables.csv_table import write_table
from affectflow.report.tables.figure_cells import Figures, Uncertainty, interval, markdown

_NAMES: dict[PaperCorpus, str] = {
    "affwild2": "Aff-Wild2",
    "hume": "Hume-Reaction",
    "affwild": "Aff-Wild",
    "omg": "OMG-Emotion",
    "afewva": "AFEW-VA",
    "disfa": "DISFA",
    "bp4d": "BP4D",
    "bp4d_plus": "BP4D+",
}


NOTED = "†"
"""Stands behind a row of which something must be said, and before what."""

VALIDATION = "validation_"
"""Before the name of a score in columns of a table of test scores that hold ours on the validation split."""
_VALIDATION = interval("subjects")
_BESIDE = (
    "Validation: ours on the validation split, of the same trainings, with interval. No labels of the test split are "
    "read but the demo's, so that the paper's figures, which are of that split, stand beside and not against these."
)

_Block = tuple[list[str], list[str], list[tuple[list[str], list[str]]]]
"""Columns of the CSV file, those for people, and of each row the cells of both."""


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
    validation: Figures = field(default_factory=dict)
    """Of a table of test scores, ours on the validation split."""


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
        out: CSV file; columns method, then for each track and score ours, low and high or deviation, paper, difference,
            and of a table of test scores ours on the validation split (`VALIDATION`), low and high; seeds where ours
            are means; note, title.
        text: the same as Markdown.
    """
    every = _rows(parts, table.split == "test")
    methods = table.methods if table.over != "folds" else ()
    rows = [row for row in methods if row in every] if methods else every
    title = title_of(table, corpus, kind)
    notes = ["; ".join(dict.fromkeys(p.notes[row] for p in parts if p.notes.get(row))) for row in rows]
    columns, cells = ["method"], [[row] for row in rows]
    heads, lines = ["Method"], [[f"{row} {NOTED}" if note else row] for row, note in zip(rows, notes, strict=True)]
    for part in parts:
        prefix = f"track{part.track.number}_" if len(parts) > 1 else ""
        for name in table.scores.get(part.track.name, part.track.scores):
            label = f"Track {part.track.number}: {name}" if len(parts) > 1 else name
            for csv_columns, reader_heads, blocks in _blocks(table, uncertainty, part, rows, name):
                columns += [prefix + column for column in csv_columns]
                heads += [head or label for head in reader_heads]
                for csv_cells, line, (new_cells, reader_cells) in zip(cells, lines, blocks, strict=True):
                    csv_cells += new_cells
                    line += reader_cells
    if uncertainty.seeds is not None:
        columns.append("seeds")
        for row, csv_cells in zip(rows, cells, strict=True):
            csv_cells.append(str(uncertainty.seeds) if any(row in part.ours for part in parts) else "")
    write_table(
        out,
        [*columns, "note", "title"],
        [[*csv_cells, note, title] for csv_cells, note in zip(cells, notes, strict=True)],
    )
    rows_by_note = {
        note: [row for row, row_note in zip(rows, notes, strict=True) if row_note == note] for note in notes if note
    }
    footnotes = [
        f"{NOTED} {' and '.join(map(_quote, noted_rows))}: {note}." for note, noted_rows in rows_by_note.items()
    ]
    validation_note = [_BESIDE] if table.split == "test" else []
    footer = [uncertainty.caption, *validation_note, *([table.note] if table.note else []), *footnotes]
    write_text(text, "\n".join([f"**{title}**", "", *markdown(heads, lines), "", *(f"{line}\n" for line in footer)]))


def _quote(row: str) -> str:
    return f'"{row}"'


def _rows(parts: Sequence[Part], test: bool) -> list[str]:
    """What is cited, then the methods: of a test table those that the paper reports on some track."""
    cited = [row for part in parts for row in part.cited]
    methods = [title for part in parts for title, method in part.methods.items() if method.paper_test or not test]
    return list(dict.fromkeys([*cited, *methods]))


def _blocks(
    table: PaperTable, uncertainty: Uncertainty, part: Part, rows: Sequence[str], name: str
) -> Iterator[_Block]:
    """Of a score, ours beside the paper's; and of a table of test scores ours on the validation split. The score's own
    name among the columns for people is left empty."""
    row_cells = [_cells(uncertainty, part, row, name, table) for row in rows]
    yield (
        uncertainty.columns(name),
        ["", "paper", "difference"],
        [(cells, uncertainty.for_readers(cells)) for cells in row_cells],
    )
    if table.split == "test":
        width = 1 + len(_VALIDATION.names)
        row_cells = [_VALIDATION.cells(part.validation.get(row, {}).get(name), None, table.digits) for row in rows]
        block = [(cells[:width], _VALIDATION.for_readers(cells)[:1]) for cells in row_cells]
        yield _VALIDATION.columns(VALIDATION + name)[:width], ["validation"], block


def _cells(uncertainty: Uncertainty, part: Part, row: str, name: str, table: PaperTable) -> list[str]:
    """Ours, what says how sure it is, the paper's, and the difference, as digits."""
    method = part.methods.get(row)
    method_figures = {} if method is None else method.paper_test if table.split == "test" else method.paper
    paper = {**part.cited.get(row, {}), **method_figures}.get(name)
    return uncertainty.cells(part.ours.get(row, {}).get(name), paper, table.digits)
