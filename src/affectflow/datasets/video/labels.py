"""Label files of a track, kept in one table; each kind of corpus has a reader of its own (corpus/formats.py)."""

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import in_one_piece, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.formats import FORMATS

log = logging.getLogger(__name__)

_SHOWN = 20

Values = NDArray[np.float64]


class Reader(Protocol):
    """Reads the label files of one subject.

    Gives annotations of shape (rows, targets), NaN where not annotated; row r is of frame r. Anything that is not as
    the corpus's organisers describe it is an InputError that names file and line.
    """

    def __call__(self, files: Sequence[Path], subject: str, track: Track) -> Values: ...


def make_reader(kind: str, settings: Mapping[str, Any]) -> Reader:
    """The reader of a kind of corpus; `settings` are those that it takes (`formats.reader_settings`)."""
    reader: Reader = partial(resolve_name(FORMATS[kind].reader), **settings)
    return reader


def read_none(files: Sequence[Path], subject: str, track: Track) -> Values:
    """The reader of a corpus without labels: always an InputError."""
    raise InputError(f"{', '.join(map(str, files))}: a corpus of this kind has no labels, but {subject} is given some")


def labels_table(
    files: Mapping[str, Sequence[Path]], read_subject: Reader, track: Track, out: Path, unused: Collection[str] = ()
) -> None:
    """Read the label files of a track into one table, subjects in alphabetical order.

    Args:
        files: label files by subject.
        read_subject: how they are read.
        track: what they annotate.
        out: the label table to write.
        unused: subjects whose labels nothing learns from or scores, those of the test split: what is wrong with their
            files is logged, and they have no rows.

    Raises:
        InputError: names the first wrong line of each wrong file.
    """
    schema = labels_schema(track)
    parts: list[pa.Table] = []
    problems: list[str] = []
    for subject in sorted(files):
        try:
            parts.append(_table(subject, read_subject(files[subject], subject, track), schema))
        except InputError as error:
            if subject in unused:
                log.warning("test subject %s is left without labels, which nothing uses: %s", subject, error)
            else:
                problems.append(str(error))
    if problems:
        problems = list(dict.fromkeys(problems))  # subjects may share a file
        more = f"\n… and {len(problems) - _SHOWN} more label files" if len(problems) > _SHOWN else ""
        raise InputError("\n".join(problems[:_SHOWN]) + more)
    table = pa.concat_tables([schema.empty_table(), *parts])
    write_parquet(out, {name: in_one_piece(table[name]) for name in schema.names}, schema)


def _table(subject: str, values: Values, schema: pa.Schema) -> pa.Table:
    columns: dict[str, Any] = {
        "subject": pa.repeat(pa.scalar(subject), len(values)),
        "frame": np.arange(len(values), dtype=np.int32),
    }
    for name, column in zip(schema.names[2:], values.T, strict=True):
        missing = np.isnan(column)
        columns[name] = pa.array(np.where(missing, 0, column), mask=missing).cast(schema.field(name).type)
    return pa.table(columns, schema=schema)
