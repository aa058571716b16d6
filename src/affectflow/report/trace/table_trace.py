"""One cell of any table of results: what it holds, the same made anew, and whether both agree."""

from dataclasses import dataclass

from affectflow.core.errors import InputError
from affectflow.report.leaderboard.table_fusion import recorded
from affectflow.report.trace.remade import Remade
from affectflow.report.trace.table_cells import Cells, Kind, cell_of, kind_of, read_cells

_DESCRIPTIONS: dict[Kind, str] = {
    "figure": "computed anew from the files below",
    "paper": "a figure copied from the paper, as the settings of its job have it",
    "text": "no figure but text, made anew from settings, records and files below",
    "empty": "no figure of ours: where it would be computed, the cell is empty",
}


@dataclass(frozen=True)
class TableTrace:
    """A cell and what it is compared with."""

    table: str
    row: str
    column: str
    written: str
    """As it stands in the table."""
    computed: str
    """The same from what the table is made of today."""
    kind: Kind

    @property
    def agrees(self) -> bool:
        """Whether the table's digits are those that follow from its inputs."""
        return self.computed == self.written


class Tables:
    """Tables as they are written and as they are made anew, each read once."""

    def __init__(self, remade: Remade) -> None:
        self.remade = remade
        self._read: dict[str, tuple[Cells, Cells]] = {}

    def cells(self, table: str) -> tuple[Cells, Cells]:
        """What stands in a table, and what follows from the files below it.

        Raises:
            InputError: it is no table of results, or what it was made of is missing or damaged.
        """
        if table not in self._read:
            written = read_cells(self.remade.chain.folder / table)
            self._read[table] = written, read_cells(self.remade.file(table))
        return self._read[table]

    def trace(self, table: str, row: str, column: str) -> TableTrace:
        """A cell of a table.

        Args:
            table: as records spell its path.
            row: as `read_cells` calls it.
            column: its name.

        Raises:
            InputError: there is no such cell, in the table or in what follows from the files below it; or as `cells`.
        """
        written, computed = self.cells(table)
        path = self.remade.chain.folder / table
        written_cell = cell_of(path, written, row, column)
        if column not in computed.get(row, {}):
            raise InputError(f"{table}: {row!r} with a column {column!r} does not follow from the files below it")
        computed_cell = computed[row][column]
        return TableTrace(table, row, column, written_cell, computed_cell, kind_of(column, computed_cell))


def describe_comparison(cell: TableTrace) -> str:
    """What the cell is, and how it compares, as a line."""
    verdict = "the same" if cell.written == cell.computed else "NOT the same"
    return f"  {_DESCRIPTIONS[cell.kind]}: {cell.computed or 'empty'}, {verdict}"


def table_lines(tables: Tables, cell: TableTrace) -> list[str]:
    """The cell for people, then the files that its table was made of."""
    record = recorded(tables.remade.chain, cell.table)
    lines = [f"{cell.table}: {cell.row}: {cell.column} = {cell.written}", describe_comparison(cell)]
    lines.append(f"  by {record.rule}, of")
    return lines + [f"    {item.path} ({item.sha256[:12]})" for item in record.inputs]
