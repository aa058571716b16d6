"""A table of a paper with scores on still pictures, our figures beside: as CSV, and as Markdown for people."""

from collections.abc import Mapping
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.evaluation.still_scores import ImageColumn, ImageRow, ImageTable
from affectflow.report.tables.csv_table import write_table
from affectflow.report.tables.figure_cells import Figures, Ours, interval, markdown
from affectflow.report.tables.paper_figures import interval_of, rows_of, validation_figures

_PAPER_DIGITS = 2
_INTERVAL = interval("pictures, on video corpora over subjects")

ImageFigures = Mapping[tuple[str, str, str, str], Ours]
"""Ours by branch, corpus of still pictures, track and score."""


def read_image_scores(path: Path) -> dict[tuple[str, str, str, str], Ours]:
    """Our figures, of what `write_image_scores` wrote as JSON."""
    return {(row["branch"], row["images"], row["track"], row["score"]): interval_of(row) for row in rows_of(path)}


def write_image_table(
    table: ImageTable, scores: Path, intervals: Mapping[str, Path], kind: str, out: Path, text: Path
) -> None:
    """Write every row of the table.

    Args:
        table: columns and rows.
        scores: our figures on still pictures.
        intervals: those on the run's own corpus, tables of intervals by track.
        kind: of the run's corpus.
        out: CSV file; columns row, then for each column of the table ours, low, high, paper, difference; title.
        text: the same as Markdown, where a column of which the paper prints nothing is ours alone.
    """
    stills, videos = read_image_scores(scores), {track: validation_figures(path) for track, path in intervals.items()}
    title = (
        f"{table.title} - ours: of synthetic corpora; the figures cannot be compared"
        if kind in SYNTHETIC
        else table.title
    )
    columns, heads = ["row"], ["Row"]
    printed = {name: any(name in row.paper for row in table.rows.values()) for name in table.columns}
    for name in table.columns:
        columns += _INTERVAL.columns(name, " ")
        heads += [name, "paper", "difference"] if printed[name] else [name]
    cells, lines = [], []
    for name, row in table.rows.items():
        row_cells = [
            _cells(title_, column, name, row, stills, videos, kind) for title_, column in table.columns.items()
        ]
        cells.append([name, *(cell for column_cells in row_cells for cell in column_cells), title])
        formatted = (
            _INTERVAL.for_readers(column_cells)[: None if compared else 1]
            for column_cells, compared in zip(row_cells, printed.values(), strict=True)
        )
        lines.append([name, *(cell for column_cells in formatted for cell in column_cells)])
    write_table(out, [*columns, "title"], cells)
    footer = [_INTERVAL.caption, table.note]
    paragraphs = [f"{line}\n" for line in footer if line]
    write_text(text, "\n".join([f"**{title}**", "", *markdown(heads, lines), "", *paragraphs]))


def _cells(
    title: str,
    column: ImageColumn,
    name: str,
    row: ImageRow,
    stills: ImageFigures,
    videos: Mapping[str, Figures],
    kind: str,
) -> list[str]:
    """Ours, low, high, the paper's, and the difference, as digits."""
    paper = row.paper.get(title)
    ours = _find_ours(column, name, row, stills, videos, kind) if column.track in row.scored else None
    return _INTERVAL.cells(ours, paper, _PAPER_DIGITS)


def _find_ours(
    column: ImageColumn, name: str, row: ImageRow, stills: ImageFigures, videos: Mapping[str, Figures], kind: str
) -> Ours | None:
    if column.images is None:
        return videos.get(column.track, {}).get(name, {}).get(column.score) if column.corpus == kind else None
    keys = ((branch, column.images, column.track, column.score) for branch in row.branches)
    return next((stills[key] for key in keys if key in stills), None)
