"""Read and write Arrow and Parquet artifacts: checked against their schema, atomic, memory-mapped."""

import mmap
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path, explain_full_disk
from affectflow.core.errors import InputError

_BATCH_BYTES = 1 << 20
_RESIDENT_BYTES = 2 << 20


class ArrowAppender:
    """Collects rows and writes them in batches of about 1 MiB, so that memory stays flat."""

    def __init__(self, writer: pa.ipc.RecordBatchFileWriter | pa.parquet.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def append(self, row: dict[str, Any]) -> None:
        """Add one row: a value for every column of the schema (numpy arrays for list columns)."""
        self._rows.append(row)
        self._bytes += 64 + sum(getattr(v, "nbytes", None) or _length(v) for v in row.values())
        if self._bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            columns = [_column([row[f.name] for row in self._rows], f.type) for f in self._schema]
            self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
            self._rows, self._bytes = [], 0


def _length(value: Any) -> int:
    return len(value) if isinstance(value, bytes | str | list) else 8


def _column(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    # Arrow's own columns pass as they are; converting one goes value by value.
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(kind)
    if pa.types.is_nested(kind) and all(value is None or isinstance(value, np.ndarray) for value in values):
        return _lists(values, kind)
    return pa.array(values, type=kind)


def _lists(values: Sequence[NDArray[Any] | None], kind: pa.DataType) -> pa.Array:
    """Arrays, or None, copied at once: Arrow itself would convert number by number."""
    missing = pa.array([value is None for value in values])
    if pa.types.is_fixed_size_list(kind):
        nothing = np.zeros(kind.list_size)
        numbers = np.stack([nothing if value is None else value for value in values]).ravel()
        return pa.FixedSizeListArray.from_arrays(pa.array(numbers, type=kind.value_type), type=kind, mask=missing)
    arrays = [np.zeros(0) if value is None else value for value in values]
    offsets = np.concatenate([[0], np.cumsum([len(array) for array in arrays])]).astype(np.int32)
    numbers = pa.array(np.concatenate(arrays), type=kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets), numbers, type=kind, mask=missing)


@contextmanager
def arrow_writer(path: Path, schema: pa.Schema) -> Iterator[ArrowAppender]:
    """Open a memory-mappable Arrow IPC file for appending rows; it appears under `path` only when whole."""
    with atomic_path(path) as temporary, appending(temporary, schema, path) as appender:
        yield appender


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[ArrowAppender]:
    """Open a Parquet file for appending rows; it appears under `path` only when whole."""
    with (
        atomic_path(path) as temporary,
        explain_full_disk(path),
        pa.parquet.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        appender = ArrowAppender(writer, schema)
        yield appender
        appender.flush()


@contextmanager
def appending(path: Path, schema: pa.Schema, final: Path) -> Iterator[ArrowAppender]:
    """As `arrow_writer`, into the temporary file `path` of what will be `final`."""
    with explain_full_disk(final), pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        appender = ArrowAppender(writer, schema)
        yield appender
        appender.flush()


class MappedArrow:
    """A memory-mapped Arrow file: rows are read from disk only when touched.

    Pages that were read through `value` or `numbers` are given back from time to time, so that resident memory does not
    grow with the part of the file that was read.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """
        Raises:
            InputError: the file is missing, cut short or holds other columns than `schema`.
        """
        try:
            with path.open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            table = pa.ipc.open_file(pa.py_buffer(self._map)).read_all()
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
        except (pa.ArrowInvalid, OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise InputError(f"{path}: not a whole Arrow file ({error}); delete it and run again") from error
        self.table = _check_schema(table, path, schema)
        self._touched = 0
        lengths = [len(piece) for piece in self.table.column(0).chunks]
        self._starts = [0, *accumulate(lengths)][: len(lengths)]

    def value(self, column: str, row: int) -> memoryview | None:
        """The bytes of a binary value, as they lie in the file; None where it is null."""
        buffer = self._cell(column, row).as_buffer()
        if buffer is None:
            return None
        self._touch(buffer.size)
        return memoryview(buffer)

    def numbers(self, column: str, row: int) -> NDArray[Any]:
        """The numbers of one list, as they lie in the file."""
        values = self._cell(column, row).values
        self._touch(values.nbytes)
        return as_array(values)

    def _cell(self, column: str, row: int) -> pa.Scalar:
        # Arrow's own search for the piece that holds a row takes longer the more pieces there are.
        piece = bisect_right(self._starts, row) - 1
        return self.table.column(column).chunk(piece)[row - self._starts[piece]]

    def _touch(self, size: int) -> None:
        if self._touched > _RESIDENT_BYTES:
            # What was handed out stays valid: it is read again when it is touched again.
            self._map.madvise(mmap.MADV_DONTNEED)
            self._touched = 0
        self._touched += size


def read_arrow(path: Path, schema: pa.Schema) -> pa.Table:
    """The table of a `MappedArrow`."""
    return MappedArrow(path, schema).table


def write_parquet(path: Path, columns: dict[str, Any] | Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write a Parquet file from columns by name or from a list of rows, atomically and byte for byte
    the same for the same values."""
    if isinstance(columns, dict):
        table = pa.table([_column(columns[field.name], field.type) for field in schema], schema=schema)
    else:
        table = pa.Table.from_pylist(list(columns), schema=schema)
    with atomic_path(path) as temporary:
        pa.parquet.write_table(table, temporary, compression="zstd")


def read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a Parquet file whole.

    Raises:
        InputError: the file is missing, damaged or holds other columns than `schema`.
    """
    return _check_schema(_whole_parquet(path), path, schema)


def read_present_columns(path: Path, schema: pa.Schema, needed: int) -> pa.Table:
    """The columns of `schema` that a Parquet file has, in the order of `schema`.

    Raises:
        InputError: the file is missing or damaged, lacks one of the first `needed` columns or all of the others, or
            holds one of another type.
    """
    table = _whole_parquet(path)
    present = [field for field in schema if field.name in table.column_names]
    if present[:needed] != list(schema)[:needed] or len(present) == needed:
        expected = (_describe(pa.schema(fields)) for fields in (list(schema)[:needed], list(schema)[needed:]))
        raise InputError(
            f"{path}: holds the columns {_describe(table.schema)}, expected {' and some of '.join(expected)}"
        )
    return _check_schema(table.select([field.name for field in present]), path, pa.schema(present))


def _whole_parquet(path: Path) -> pa.Table:
    try:
        # Not read_table: that imports pandas, for half a second.
        with pa.parquet.ParquetFile(path) as file:
            return file.read()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}); delete it and run again") from error


def in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array: as it lies, where it is in one piece; of several pieces, a copy of them all.

    Arrow's own `combine_chunks` copies a single piece, too, and so reads into memory what is mapped.
    """
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def as_array(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """A column of numbers as an array, missing ones NaN; read-only. Not copied where it lies in one piece and no number
    is missing; several pieces, such as a long column of a file that was written row by row has, are copied into one.

    Arrow's own `to_numpy`, like its scalars, imports pandas: half a second of each short job.
    """
    array = in_one_piece(column) if isinstance(column, pa.ChunkedArray) else column
    values: NDArray[Any] = np.from_dlpack(array.drop_null())
    if array.null_count:
        filled = np.full(len(array), np.nan, values.dtype)
        filled[np.from_dlpack(array.is_valid().cast("uint8")).astype(bool)] = values
        return filled
    return values


def as_flags(column: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """A column of truth values, none missing, as an array, in the same way."""
    return np.asarray(as_array(column.cast("uint8")).astype(bool))


def as_rows(column: pa.ChunkedArray, length: int) -> NDArray[Any]:
    """A column of lists of so many numbers as an array, shape (rows, length); NaN where there is no list."""
    lists = in_one_piece(column)
    # Of a null list Arrow keeps no numbers where it was read from Parquet.
    numbers = as_array(lists.drop_null().flatten())
    rows = np.full((len(lists), length), np.nan, numbers.dtype)
    rows[as_flags(lists.is_valid())] = numbers.reshape(-1, length)
    return rows


def rows_of(column: pa.ChunkedArray, name: str) -> NDArray[np.intp]:
    """Numbers of the rows in which a column of text is `name`, in order."""
    encoded = in_one_piece(column).dictionary_encode()
    names = encoded.dictionary.to_pylist()
    return np.flatnonzero(as_array(encoded.indices) == (names.index(name) if name in names else -1))


def spans(names: pa.ChunkedArray) -> dict[str, slice]:
    """Rows of each name in a column whose equal names stand together."""
    runs = pc.run_end_encode(in_one_piece(names))
    ends = [int(end) for end in as_array(runs.run_ends)] if len(names) else []
    begins = [0, *ends][: len(ends)]
    return {name: slice(begin, end) for name, begin, end in zip(runs.values.to_pylist(), begins, ends, strict=True)}


def _check_schema(table: pa.Table, path: Path, schema: pa.Schema) -> pa.Table:
    if not table.schema.equals(schema):
        raise InputError(
            f"{path}: holds the columns {_describe(table.schema)}, expected {_describe(schema)}; "
            "it was made by another version: delete it and run again"
        )
    return table


def _describe(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
