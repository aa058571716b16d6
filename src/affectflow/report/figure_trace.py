"""One cell of a table of the paper: our figure or how sure it is, followed to the trainings that it was scored from."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from affectflow.artifacts.record import Record
from affectflow.config.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.errors import InputError
from affectflow.intervals import intervals
from affectflow.lineage.chain import Chain
from affectflow.report.cell_trace import CellTrace, cell_lines
from affectflow.report.csv_table import score_cell
from affectflow.report.paper_table import VALIDATION
from affectflow.report.scores import Validation, read_validation
from affectflow.report.table_fusion import named_paths, prediction_paths, recorded
from affectflow.tracks import TrackName, track_of

_COLUMN = re.compile(rf"(?:track(\d)_)?(low_|high_|deviation_)?({VALIDATION})?(.+)")


@dataclass(frozen=True)
class FigureTrace:
    """A cell of a table of the paper and what is behind it."""

    table: str
    method: str
    column: str
    written: str
    """As it stands in the table."""
    computed: str | None
    """The same from the predictions and labels of today; none for a column that is no figure of ours."""
    source: str
    """The table that it was read from."""
    trainings: dict[str, CellTrace]
    """The method's score by seed, as it was fused, of each training that the figure is of."""

    @property
    def agrees(self) -> bool:
        """Whether the digits of the table, and of each training, are those that follow from their inputs."""
        same = self.computed is None or self.computed == self.written
        return same and all(its.agrees for its in self.trainings.values())


def trace_figure(chain: Chain, table: str, row: str, column: str) -> FigureTrace:
    """Take a cell of a table of the paper apart, which holds validation scores: of one training with its interval, or
    the mean and deviation over several seeds.

    Args:
        chain: the records.
        table: as records spell its path.
        row: a method.
        column: a score, of a table of test scores `validation_` before it; what says how sure it is (`low_total`,
            `high_total`, `deviation_total`); with `track<n>_` before it where the table has several tracks. Of others
            nothing is computed.

    Raises:
        InputError: there is no such row or column, the row is cited, the figure is of folds or of the test split, or an
            artifact is missing.
    """
    with (chain.folder / table).open(encoding="utf-8", newline="") as lines:
        rows = {line["method"]: line for line in csv.DictReader(lines)}
    if row not in rows or column not in rows[row]:
        some = ", ".join(next(iter(rows.values()), {}))
        raise InputError(f"{table}: no row {row!r} with a column {column!r}; it has {', '.join(rows)}, and {some}")
    match = _COLUMN.fullmatch(column)
    number, part, beside, score = match.groups() if match else (None, None, None, column)
    source = _source(chain, table, number, "validation" if beside else "scores")
    record = recorded(chain, source)
    read = {seed: _validation(chain, weights) for seed, weights in _weights(table, record).items()}
    if lacking := [seed for seed, its in read.items() if row not in its.methods]:
        raise InputError(f"{table}: {row!r} is no method that seed {', '.join(lacking)} has scored: it is cited")
    ours = score in next(iter(read.values())).track.measures
    return FigureTrace(
        table=table,
        method=row,
        column=column,
        written=rows[row][column],
        computed=_computed(list(read.values()), row, score, part, record) if ours else None,
        source=source,
        trainings={
            seed: _training(chain, weights, read[seed], row, score if ours else "total")
            for seed, weights in _weights(table, record).items()
        },
    )


def figure_lines(chain: Chain, figure: FigureTrace) -> list[str]:
    """The cell for people, then each training."""
    lines = [f"{figure.table}: {figure.method}: {figure.column} = {figure.written}"]
    if figure.computed is None:
        lines.append("  not a score of ours: a count, a name or the paper's figure")
    else:
        same = "the same" if figure.computed == figure.written else "NOT the same"
        lines.append(f"  computed anew from the files below: {figure.computed}, {same}; by way of {figure.source}")
    for seed, cell in figure.trainings.items():
        lines += [f"  seed {seed}", *(f"    {line}" for line in cell_lines(chain, cell))]
    return lines


def _source(chain: Chain, table: str, number: str | None, option: str) -> str:
    """The table that a track's columns were read from, which the job that made `table` was told of by `option`."""
    paths = named_paths(recorded(chain, table).options.get(option) or [])
    if not paths:
        raise InputError(f"{table}: has no figures of ours but those in the columns {VALIDATION}…")
    numbered = {str(track_of(track).number): paths[track] for track in get_args(TrackName) if track in paths}
    if number is not None and number not in numbered:
        raise InputError(f"{table}: no figures of ours on track {number}")
    return numbered[number] if number else next(iter(numbered.values()))


def _weights(table: str, source: Record) -> dict[str, str]:
    """What the fusion stored of each training, by seed."""
    if source.rule == "intervals":
        return {str(source.options["seed"]): str(source.options["weights"])}
    if source.rule == "spread" and source.options.get("official") is None:
        return named_paths(source.options["weights"])
    raise InputError(
        f"{table}: its figures are of {source.artifact.path}, of folds or the test split; expected scores of one "
        "training or of several seeds on the validation split"
    )


def _validation(chain: Chain, weights: str) -> Validation:
    """What the fusion stored was found on."""
    options = recorded(chain, weights).options
    files = {branch: chain.folder / path for branch, path in prediction_paths(options).items()}
    return read_validation(chain.folder / weights, files, chain.folder / str(options["labels"]))


def _training(chain: Chain, weights: str, validation: Validation, row: str, score: str) -> CellTrace:
    options = recorded(chain, weights).options
    paths: Mapping[str, str] = prediction_paths(options)
    method, found = validation.methods[row], validation.score(row)
    return CellTrace(
        table=weights,
        method=row,
        column=score,
        written=score_cell(method.scores[score]),
        computed=score_cell(found.values[score]),
        weights=method.weights,
        predictions={branch: paths[branch] for branch in method.branches},
        labels=str(options["labels"]),
        frames=found.frames,
        subjects=found.subjects,
        per_clip=validation.track.per_clip,
    )


def _computed(read: list[Validation], row: str, score: str, part: str | None, source: Record) -> str:
    scores = [its.score(row) for its in read]
    values = [its.values[score] for its in scores]
    if part is None:
        return score_cell(float(np.mean(values)))
    if part == "deviation_":
        return score_cell(float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"))
    scoring = validated(Scoring, source.options["scoring"], "scoring")
    level, resamples, seed = scoring.level, scoring.resamples, source.options["seed"]
    ends = intervals(read[0].track, scores[0].tallies, level=level, resamples=resamples, seed=seed)[score]
    return score_cell(ends.low if part == "low_" else ends.high)
