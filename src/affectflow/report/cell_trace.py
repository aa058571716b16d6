"""One cell of a validation table: the digits, what they follow from, and whether they do."""

import csv
from dataclasses import dataclass

from affectflow.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.scores import read_validation
from affectflow.report.table_fusion import fusion_of, predicted, prediction_paths, recorded
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
    """Take a cell of a validation table apart.

    Raises:
        InputError: there is no such row or column, the file is no validation table, or an artifact is missing.
    """
    fusion = fusion_of(chain, table, row)
    if fusion.labels is None:
        raise InputError(f"{table}: has a row a frame; name one with --subject and --frame")
    with (chain.folder / table).open(encoding="utf-8", newline="") as lines:
        rows = {line["method"]: line for line in csv.DictReader(lines)}
    if row not in rows or column not in rows[row]:
        raise InputError(f"{table}: no column {column!r}; it has {', '.join(next(iter(rows.values())))}")
    paths = prediction_paths(recorded(chain, table).options)
    files = {branch: chain.folder / path for branch, path in paths.items()}
    score = read_validation(fusion.weights, files, chain.folder / fusion.labels).score(row)
    return CellTrace(
        table=table,
        method=row,
        column=column,
        written=rows[row][column],
        computed=validation_cell(score, column),
        weights=fusion.fused.weights,
        predictions={branch: paths[branch] for branch in fusion.fused.branches},
        labels=fusion.labels.as_posix(),
        frames=score.frames,
        subjects=score.subjects,
        per_clip=fusion.fused.predicts.per_clip,
    )


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
