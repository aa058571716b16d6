"""One cell of a validation table or of the leaderboard: the digits, what they follow from, and whether they do."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from affectflow.artifacts.record import Record
from affectflow.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.make import asked_of, make_standing
from affectflow.report.leaderboard.standing import read_standing
from affectflow.report.leaderboard.table import standing_cells
from affectflow.report.scores import read_validation
from affectflow.report.table_fusion import fusion_of, predicted, prediction_paths, recorded, standing_of
from affectflow.report.tables import validation_cell


@dataclass(frozen=True)
class CellTrace:
    """A cell and what is behind it."""

    table: str
    method: str
    column: str
    written: str
    """As it stands in the table."""
    computed: str | None
    """The same from the predictions, labels and weights of today; none for a column that is no score of ours."""
    weights: dict[str, dict[str, float]]
    """By target and branch."""
    predictions: dict[str, str]
    labels: str
    frames: int
    """Scored rows: frames, or clips that are scored as a whole."""
    subjects: int
    per_clip: bool

    @property
    def agrees(self) -> bool:
        """Whether the table's digits are those that follow from its inputs."""
        return self.computed is None or self.computed == self.written


def trace_cell(chain: Chain, table: str, row: str, column: str) -> CellTrace:
    """Take a cell of a validation table, of a system's standing or of the leaderboard apart.

    Args:
        chain: the records.
        table: as records spell its path.
        row: as `fusion_of` takes it.
        column: of the table; of a standing, those of the leaderboard.

    Raises:
        InputError: there is no such row or column, the file is no such table, or an artifact is missing.
    """
    fusion = fusion_of(chain, table, row)
    if fusion.labels is None:
        raise InputError(f"{table}: has a row a frame; name one with --subject and --frame")
    record = recorded(chain, table)
    written = _written(chain, record, row, column)
    computed = _computed(chain, record, row)
    return CellTrace(
        table=table,
        method=fusion.method,
        column=column,
        written=written,
        computed=computed.cell(column),
        weights=fusion.fused.weights,
        predictions={b: path.relative_to(chain.folder).as_posix() for b, path in fusion.predictions.items()},
        labels=fusion.labels.as_posix(),
        frames=computed.frames,
        subjects=computed.subjects,
        per_clip=fusion.fused.predicts.per_clip,
    )


def _written(chain: Chain, record: Record, row: str, column: str) -> str:
    """What the file says."""
    path = chain.folder / record.artifact.path
    if record.rule == "standing":
        standing = read_standing(path)
        rows = {its.method: standing_cells(standing, its) for its in standing.rows}
    else:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = {line["row" if record.rule == "leaderboard" else "method"]: line for line in csv.DictReader(lines)}
    if row not in rows or column not in rows[row]:
        raise InputError(
            f"{record.artifact.path}: no row {row!r} with a column {column!r}; it has the columns "
            f"{', '.join(next(iter(rows.values()), ()))}"
        )
    return rows[row][column]


@dataclass(frozen=True)
class _Computed:
    """A row from the predictions, labels, weights and records of today."""

    cell: Callable[[str], str | None]
    """Its digits by column; None of a column that holds nothing of ours."""
    frames: int
    subjects: int


def _computed(chain: Chain, record: Record, row: str) -> _Computed:
    if record.rule == "score":
        options = record.options
        files = {branch: chain.folder / path for branch, path in prediction_paths(options).items()}
        score = read_validation(chain.folder / options["weights"], files, chain.folder / options["labels"]).score(row)
        return _Computed(partial(validation_cell, score), score.frames, score.subjects)
    if record.rule == "leaderboard":
        standing, row = standing_of(record, row)
        record = recorded(chain, standing)
    made = make_standing(chain, asked_of(record.options), [row])
    (its,) = made.rows
    return _Computed(standing_cells(made, its).get, its.frames, its.subjects)


def cell_lines(chain: Chain, cell: CellTrace) -> list[str]:
    """The cell for people."""
    lines = [f"{cell.table}: {cell.method}: {cell.column} = {cell.written}"]
    if cell.computed is not None:
        same = "the same" if cell.agrees else "NOT the same"
        lines.append(f"  computed anew from the files below: {cell.computed}, {same}")
        rows = "clips" if cell.per_clip else f"frames of {cell.subjects} subjects"
        lines.append(f"  over {cell.frames} annotated {rows}, labels in {cell.labels}")
    else:
        lines.append("  not a score of ours: a count, a name or the paper's figure")
    for target, weights in cell.weights.items():
        lines.append(f"  {target} = " + " + ".join(f"{weight:g} x {branch}" for branch, weight in weights.items()))
    for branch, path in cell.predictions.items():
        made = predicted(chain, path)
        model = recorded(chain, f"{made.options['model']}/model.safetensors")
        run = f", MLflow run {model.mlflow.run}" if model.mlflow else ""
        lines.append(f"  {branch}: {path}")
        lines.append(f"    by {model.artifact.path} ({model.artifact.sha256[:12]}), trained {model.end[:19]}{run}")
    return lines
