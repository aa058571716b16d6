"""Columns of artifacts as arrays, without pandas."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from affectflow.artifacts.tables import as_array, as_rows, in_one_piece, read_arrow, rows_of, spans


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.int32(), pa.int64()])
def test_numbers_in_one_or_several_pieces(kind: pa.DataType) -> None:
    pieces = [pa.array([1, 2], kind), pa.array([], kind), pa.array([3], kind)]
    values = as_array(pa.chunked_array(pieces))
    assert values.tolist() == [1, 2, 3] and values.dtype == kind.to_pandas_dtype()
    assert as_array(pieces[0]).tolist() == [1, 2]
    assert as_array(pa.chunked_array([], kind)).shape == (0,)
    assert as_array(pa.chunked_array(pieces).slice(1, 2)).tolist() == [2, 3]


def test_missing_numbers_are_nan_and_the_others_keep_their_rows() -> None:
    column = pa.chunked_array([pa.array([None, 0.5], pa.float32()), pa.array([None, 0.25], pa.float32())])
    values = as_array(column)
    assert values.dtype == np.float32
    assert np.isnan(values).tolist() == [True, False, True, False]
    assert values[[1, 3]].tolist() == [0.5, 0.25]


def test_what_lies_in_one_piece_is_not_copied_and_cannot_be_changed() -> None:
    array = pa.array([1.0, 2.0])
    values = as_array(array)
    assert values.ctypes.data == array.buffers()[1].address
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 5


def test_rows_of_a_name_wherever_they_stand() -> None:
    column = pa.chunked_array([["a", "b"], ["a", "ü"]])
    assert rows_of(column, "a").tolist() == [0, 2]
    assert rows_of(column, "ü").tolist() == [3]
    assert rows_of(column, "c").tolist() == []
    assert rows_of(pa.chunked_array([], pa.string()), "a").tolist() == []


def test_reading_a_table_does_not_import_pandas(tmp_path) -> None:
    lines = [
        "import sys, pyarrow as pa, pathlib",
        "from affectflow.artifacts.tables import *",
        "path, schema = pathlib.Path(sys.argv[1]), pa.schema([('name', pa.string()), ('value', pa.float32())])",
        "write = sys.argv[2] == 'write'",
        "write_parquet(path, [{'name': 'a', 'value': None}, {'name': 'b', 'value': 1.0}], schema) if write else None",
        "table = read_parquet(path, schema)",
        "print(rows_of(table['name'], 'b'), as_array(table['value']))",
        "print('pandas' in sys.modules)",
    ]
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path / "t.parquet")]
    subprocess.run([*command, "write"], check=True, capture_output=True)
    result = subprocess.run([*command, "read"], check=True, capture_output=True, text=True)
    assert result.stdout.splitlines() == ["[1] [nan  1.]", "False"]


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_mapped_column_in_one_piece_takes_no_memory(tmp_path: Path, pieces: int) -> None:
    """One of 16 MB; of several pieces the whole column is made, once."""
    numbers, schema = np.arange(4 << 20, dtype=np.float32), pa.schema([("value", pa.float32()), ("name", pa.string())])
    names = pa.array(["a"]).take(pa.array(np.zeros(len(numbers), np.int32)))
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        full_table = pa.table([pa.array(numbers), names], schema=schema)
        writer.write_table(full_table, max_chunksize=len(numbers) // pieces)
    del full_table, names
    table = read_arrow(tmp_path / "t.arrow", schema)
    before = pa.total_allocated_bytes()
    values = as_array(table["value"])
    assert pa.total_allocated_bytes() - before == (0 if pieces == 1 else numbers.nbytes)
    assert np.array_equal(values, numbers)
    del values
    piece = in_one_piece(table["name"])
    assert len(piece) == len(numbers) and (pieces > 1 or pa.total_allocated_bytes() == before)
    del piece
    allocated = pa.default_memory_pool().total_bytes_allocated()
    assert spans(table["name"]) == {"a": slice(0, len(numbers))}
    if pieces == 1:
        assert pa.default_memory_pool().total_bytes_allocated() - allocated < 1 << 20, "the column was made once more"


@pytest.mark.parametrize("kind", [pa.list_(pa.float32(), 2), pa.list_(pa.float32())])
def test_lists_are_rows_and_missing_ones_are_not_a_number(kind: pa.DataType, tmp_path: Path) -> None:
    column = pa.chunked_array([[[0, 1], None], [[4, 5], [6, 7]]], type=kind)
    expected = np.array([[0, 1], [np.nan, np.nan], [4, 5], [6, 7]], np.float32)
    np.testing.assert_array_equal(as_rows(column, 2), expected)
    np.testing.assert_array_equal(as_rows(column.slice(1, 2), 2), expected[1:3])
    nothing = as_rows(pa.chunked_array([[None, None]], type=kind), 2)
    assert nothing.dtype == np.float32 and np.isnan(nothing).all() and nothing.shape == (2, 2)
    pa.parquet.write_table(pa.table({"lists": column}), tmp_path / "lists.parquet")
    if not pa.types.is_fixed_size_list(kind):  # of which Parquet keeps no null
        read = pa.parquet.ParquetFile(tmp_path / "lists.parquet").read()["lists"]
        np.testing.assert_array_equal(as_rows(read, 2), expected)
