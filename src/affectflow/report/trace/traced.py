"""One cell of whatever table of results: taken apart as far as its table allows."""

from affectflow.core.errors import InputError
from affectflow.report.leaderboard.board import stale
from affectflow.report.leaderboard.table_fusion import entry_of, recorded
from affectflow.report.trace.cell_trace import CellTrace, cell_lines, method_cell
from affectflow.report.trace.figure_trace import FigureTrace, figure_lines, paper_cell
from affectflow.report.trace.table_trace import Tables, TableTrace, table_lines


def traced_cell(tables: Tables, table: str, row: str, column: str) -> TableTrace:
    """A cell of a table of results: of a row that is one method with its fusion, of a table of the paper with the
    trainings behind it, of any other alone.

    Args:
        tables: of the project.
        table: as records spell its path.
        row: as `affectflow.report.trace.table_cells.read_cells` calls it.
        column: its name.

    Raises:
        InputError: there is no such cell, or an artifact is missing.
    """
    record = recorded(tables.remade.chain, table)
    if record.rule == "paper_table":
        return paper_cell(tables, table, row, column)
    if record.rule == "leaderboard":
        # What a stale entry was made of is there no more, or is another file.
        is_stale = stale(tables.remade.chain, entry_of(record, row)[0]) is not None
        return tables.trace(table, row, column) if is_stale else method_cell(tables, table, row, column)
    if record.rule == "leaderboard_entry" or (record.rule == "score" and table.endswith(".csv")):
        return method_cell(tables, table, row, column)
    if record.rule in ("submit", "submit_utterances", "submit_clips"):
        raise InputError(f"{table}: holds predictions; name one with --subject and --frame, a clip's with --subject")
    return tables.trace(table, row, column)


def describe_cell(tables: Tables, cell: TableTrace) -> list[str]:
    """The cell for people."""
    chain = tables.remade.chain
    if isinstance(cell, FigureTrace):
        return figure_lines(chain, cell)
    if isinstance(cell, CellTrace):
        return cell_lines(chain, cell)
    lines = table_lines(tables, cell)
    record = recorded(chain, cell.table)
    if record.rule == "leaderboard":
        entry = entry_of(record, cell.row)[0]
        lines.insert(2, f"  read from {entry}, which is stale: {stale(chain, entry)}")
    return lines
