"""One cell of a validation table or of the leaderboard: the digits, what they follow from, and whether they do."""

from dataclasses import asdict, dataclass

from affectflow.artifacts.layout import MODEL
from affectflow.artifacts.record import Record
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.entry import LeaderboardEntry, read_entry
from affectflow.report.leaderboard.table import entry_cells
from affectflow.report.leaderboard.table_fusion import entry_of, fusion_of, predicted, recorded
from affectflow.report.trace.remade import Remade
from affectflow.report.trace.table_cells import cell_of, kind_of
from affectflow.report.trace.table_trace import Tables, TableTrace, describe_comparison


@dataclass(frozen=True)
class CellTrace(TableTrace):
    """A cell of a row that is one method, and what is behind it."""

    method: str
    weights: dict[str, dict[str, float]]
    """By target and branch."""
    predictions: dict[str, str]
    labels: str
    frames: int
    """Scored rows: frames, or clips that are scored as a whole."""
    subjects: int
    per_clip: bool


def trace_cell(chain: Chain, table: str, row: str, column: str) -> CellTrace:
    """As `method_cell`, of one cell alone."""
    with Remade(chain) as remade:
        return method_cell(Tables(remade), table, row, column)


def method_cell(tables: Tables, table: str, row: str, column: str) -> CellTrace:
    """Take a cell of a validation table, of a system's entry or of the leaderboard apart.

    Args:
        tables: of the project.
        table: as records spell its path.
        row: as `fusion_of` takes it.
        column: of the table; of an entry, those of the leaderboard.

    Raises:
        InputError: there is no such row or column, the file is no such table, or an artifact is missing.
    """
    chain = tables.remade.chain
    fusion = fusion_of(chain, table, row)
    if fusion.labels is None:
        raise InputError(f"{table}: has a row a frame; name one with --subject and --frame")
    record = recorded(chain, table)
    cell = (
        _of_entry(tables, record, row, column)
        if record.rule == "leaderboard_entry"
        else tables.trace(table, row, column)
    )
    frames, subjects = _counts(tables, record, row)
    return CellTrace(
        **asdict(cell),
        method=fusion.method,
        weights=fusion.fused.weights,
        predictions={b: path.relative_to(chain.folder).as_posix() for b, path in fusion.predictions.items()},
        labels=fusion.labels.as_posix(),
        frames=frames,
        subjects=subjects,
        per_clip=fusion.fused.predicts.per_clip,
    )


def _of_entry(tables: Tables, record: Record, row: str, column: str) -> TableTrace:
    """A cell that the leaderboard would have of an entry."""
    name = record.artifact.path
    path = tables.remade.chain.folder / name
    written = cell_of(path, _cells(read_entry(path)), row, column)
    computed = _cells(read_entry(tables.remade.file(name)))[row][column]
    return TableTrace(name, row, column, written, computed, kind_of(column, computed))


def _cells(entry: LeaderboardEntry) -> dict[str, dict[str, str]]:
    return {row.method: entry_cells(entry, row) for row in entry.rows}


def _counts(tables: Tables, record: Record, row: str) -> tuple[int, int]:
    """Scored frames and subjects."""
    if record.rule == "score":
        score = tables.remade.validation(record.options).score(row)
        return score.frames, score.subjects
    entry, method = entry_of(record, row) if record.rule == "leaderboard" else (record.artifact.path, row)
    match = next(match for match in read_entry(tables.remade.file(entry)).rows if match.method == method)
    return match.frames, match.subjects


def cell_lines(chain: Chain, cell: CellTrace) -> list[str]:
    """The cell for people."""
    lines = [f"{cell.table}: {cell.method}: {cell.column} = {cell.written}", describe_comparison(cell)]
    rows = "clips" if cell.per_clip else f"frames of {cell.subjects} subjects"
    lines.append(f"  over {cell.frames} annotated {rows}, labels in {cell.labels}")
    for target, weights in cell.weights.items():
        lines.append(f"  {target} = " + " + ".join(f"{weight:g} x {branch}" for branch, weight in weights.items()))
    for branch, path in cell.predictions.items():
        prediction = predicted(chain, path)
        model = recorded(chain, f"{prediction.options['model']}/{MODEL}")
        run = f", MLflow run {model.mlflow.run}" if model.mlflow else ""
        lines.append(f"  {branch}: {path}")
        lines.append(f"    by {model.artifact.path} ({model.artifact.sha256[:12]}), trained {model.end[:19]}{run}")
    return lines
