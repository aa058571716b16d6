"""One cell of a table of the paper: what it follows from, down to the trainings that it was scored from."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import get_args

from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.validate import validated
from affectflow.core.tracks import TrackName, track_of
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import named_paths, prediction_paths, recorded
from affectflow.report.tables.csv_table import score_cell
from affectflow.report.tables.paper_figures import fold_rows
from affectflow.report.tables.paper_table import VALIDATION
from affectflow.report.tables.scores import Validation
from affectflow.report.tables.spread_rows import MEAN, OFFICIAL
from affectflow.report.trace.cell_trace import CellTrace, cell_lines
from affectflow.report.trace.remade import Remade
from affectflow.report.trace.table_trace import Tables, TableTrace, describe_comparison

_COLUMN = re.compile(rf"(?:track(\d)_)?(?:low_|high_|deviation_|paper_|difference_)?({VALIDATION})?(.+)")


@dataclass(frozen=True)
class FigureTrace(TableTrace):
    """A cell of a table of the paper and what is behind it."""

    source: str | None
    """The file that a figure of ours was read from, and made anew; None where there is none."""
    trainings: dict[str, CellTrace]
    """The method's score by seed or fold, as it was fused, of each training that a figure on validation is of; none of
    a row that is cited, and none of the test split."""

    @property
    def agrees(self) -> bool:
        """Whether the digits of the table, and of each training, are those that follow from their inputs."""
        return super().agrees and all(training.agrees for training in self.trainings.values())


def trace_figure(chain: Chain, table: str, row: str, column: str) -> FigureTrace:
    """As `paper_cell`, of one cell alone."""
    with Remade(chain) as remade:
        return paper_cell(Tables(remade), table, row, column)


def paper_cell(tables: Tables, table: str, row: str, column: str) -> FigureTrace:
    """Take a cell of a table of the paper apart.

    Args:
        tables: of the project.
        table: as records spell its path.
        row: a method.
        column: of the table.

    Raises:
        InputError: there is no such row or column, or an artifact is missing.
    """
    cell = tables.trace(table, row, column)
    match = _COLUMN.fullmatch(column)
    number, validation_prefix, score = match.groups() if match else (None, None, column)
    source = _source(tables.remade.chain, table, number, "validation" if validation_prefix else "scores")
    trainings = {}
    if source is not None and cell.kind == "figure":
        trainings = _trainings(tables.remade, *_find_weights(tables.remade.chain, table, source, row), score)
    return FigureTrace(**asdict(cell), source=source, trainings=trainings)


def figure_lines(chain: Chain, figure: FigureTrace) -> list[str]:
    """The cell for people, then each training."""
    lines = [f"{figure.table}: {figure.row}: {figure.column} = {figure.written}", describe_comparison(figure)]
    if figure.kind == "figure" and figure.source is not None:
        lines[-1] += f"; by way of {figure.source}"
        inputs = recorded(chain, figure.source).inputs
        if not figure.trainings:
            lines += [f"    {item.path} ({item.sha256[:12]})" for item in inputs]
    for run, cell in figure.trainings.items():
        lines += [
            f"  seed {run}" if run.isdecimal() else f"  {run}",
            *(f"    {line}" for line in cell_lines(chain, cell)),
        ]
    return lines


def _source(chain: Chain, table: str, number: str | None, option: str) -> str | None:
    """The file that a track's columns were read from, which the job that made `table` was told of by `option`."""
    paths = named_paths(recorded(chain, table).options.get(option) or [])
    numbered = {str(track_of(track).number): paths[track] for track in get_args(TrackName) if track in paths}
    return numbered.get(number) if number else next(iter(numbered.values()), None)


def _trainings(remade: Remade, row: str, weights_by_run: Mapping[str, str], score: str) -> dict[str, CellTrace]:
    trainings = {}
    for run, weights in weights_by_run.items():
        options = recorded(remade.chain, weights).options
        validation = remade.validation({**options, "weights": weights})
        if row in validation.methods and score in validation.track.measures:
            trainings[run] = _training(options, weights, validation, row, score)
    return trainings


def _find_weights(chain: Chain, table: str, source: str, row: str) -> tuple[str, dict[str, str]]:
    """The method of a row, and what the fusion stored of each of its trainings on validation, by seed or fold; none of
    a test split."""
    rule, options = recorded(chain, source).rule, recorded(chain, source).options
    if rule == "intervals":
        return row, {str(options["seed"]): str(options["weights"])}
    if rule != "spread":
        return row, {}
    runs = named_paths(options["weights"])
    if "official" not in options:
        return row, runs
    (method,) = validated(PaperTable, recorded(chain, table).options["table"], "table").methods
    run = next(run for run, name in fold_rows(runs).items() if name == row)
    return method, runs if run == MEAN else {run: {**runs, OFFICIAL: str(options["official"])}[run]}


def _training(options: Mapping[str, object], weights: str, validation: Validation, row: str, score: str) -> CellTrace:
    paths: Mapping[str, str] = prediction_paths(options)
    method, recomputed = validation.methods[row], validation.score(row)
    return CellTrace(
        table=weights,
        row=row,
        column=score,
        written=score_cell(method.scores[score]),
        computed=score_cell(recomputed.values[score]),
        kind="figure",
        method=row,
        weights=method.weights,
        predictions={branch: paths[branch] for branch in method.branches},
        labels=str(options["labels"]),
        frames=recomputed.frames,
        subjects=recomputed.subjects,
        per_clip=validation.track.per_clip,
    )
