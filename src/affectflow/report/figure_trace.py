"""One cell of a table of the paper: our figure or an end of its interval, followed to what it was scored from."""

import csv
import re
from typing import Any, get_args

from affectflow.config.settings import Scoring
from affectflow.config.validate import validated
from affectflow.errors import InputError
from affectflow.intervals import intervals
from affectflow.lineage.chain import Chain
from affectflow.report.cell_trace import CellTrace
from affectflow.report.csv_table import score_cell
from affectflow.report.scores import Score, read_validation
from affectflow.report.table_fusion import prediction_paths, recorded
from affectflow.tracks import Track, TrackName, track_of

_COLUMN = re.compile(r"(?:track(\d)_)?(low_|high_)?(.+)")


def trace_figure(chain: Chain, table: str, row: str, column: str) -> CellTrace:
    """Take a cell of a table of the paper apart, which holds validation scores with their intervals.

    Args:
        chain: the records.
        table: as records spell its path.
        row: a method.
        column: a score; `low_` or `high_` with the score, an end of its interval; with `track<n>_` before it where
            the table has several tracks. Of others nothing is computed.

    Raises:
        InputError: there is no such row or column, the table is of several trainings or of the test split, or an
            artifact is missing.
    """
    with (chain.folder / table).open(encoding="utf-8", newline="") as lines:
        rows = {line["method"]: line for line in csv.DictReader(lines)}
    if row not in rows or column not in rows[row]:
        some = next(iter(rows.values()), {})
        raise InputError(
            f"{table}: no row {row!r} with a column {column!r}; it has {', '.join(rows)}, and {', '.join(some)}"
        )
    number, end, score = _COLUMN.fullmatch(column).groups()  # type: ignore[union-attr]  # any text fits it
    source = _source(chain, table, number)
    options = recorded(chain, source).options
    if recorded(chain, source).rule != "intervals":
        raise InputError(
            f"{table}: its figures are of {source}, which is no table of one training on the validation split; name a "
            "cell of results/validation_track<n>.csv"
        )
    paths = prediction_paths(options)
    files = {branch: chain.folder / path for branch, path in paths.items()}
    validation = read_validation(chain.folder / options["weights"], files, chain.folder / options["labels"])
    if row not in validation.methods:
        raise InputError(f"{table}: {row!r} is cited, not scored here")
    fused, found = validation.methods[row], validation.score(row)
    return CellTrace(
        table=table,
        method=row,
        column=column,
        written=rows[row][column],
        computed=_computed(validation.track, found, end, score, options),
        weights=fused.weights,
        predictions={branch: paths[branch] for branch in fused.branches},
        labels=str(options["labels"]),
        frames=found.frames,
        subjects=found.subjects,
        per_clip=validation.track.per_clip,
    )


def _source(chain: Chain, table: str, number: str | None) -> str:
    """The table of intervals that a track's columns follow from."""
    given = recorded(chain, table).options["scores"]
    paths = dict(text.split("=", 1) for text in ([given] if isinstance(given, str) else given))
    numbered = {str(track_of(track).number): paths[track] for track in get_args(TrackName) if track in paths}
    if number is not None and number not in numbered:
        raise InputError(f"{table}: no figures of ours on track {number}")
    return numbered[number] if number else next(iter(numbered.values()))


def _computed(track: Track, found: Score, end: str | None, score: str, options: dict[str, Any]) -> str | None:
    if score not in found.values:
        return None
    if end is None:
        return score_cell(found.values[score])
    scoring = validated(Scoring, options["scoring"], "scoring")
    level, resamples = scoring.level, scoring.resamples
    ends = intervals(track, found.tallies, level=level, resamples=resamples, seed=options["seed"])[score]
    return score_cell(ends.low if end == "low_" else ends.high)
