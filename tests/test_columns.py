"""Columns of artifacts as arrays, without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from affectflow.artifacts.tables import as_array, rows_of


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.int32(), pa.int64()])
def test_numbers_in_one_or_several_pieces(kind: pa.DataType) -> None:
    pieces = [pa.array([1, 2], kind), pa.array([], kind), pa.array([3], kind)]
    found = as_array(pa.chunked_array(pieces))
    assert found.tolist() == [1, 2, 3] and found.dtype == kind.to_pandas_dtype()
    assert as_array(pieces[0]).tolist() == [1, 2]
    assert as_array(pa.chunked_array([], kind)).shape == (0,)
    assert as_array(pa.chunked_array(pieces).slice(1, 2)).tolist() == [2, 3]


def test_missing_numbers_are_nan_and_the_others_keep_their_rows() -> None:
    column = pa.chunked_array([pa.array([None, 0.5], pa.float32()), pa.array([None, 0.25], pa.float32())])
    found = as_array(column)
    assert found.dtype == np.float32
    assert np.isnan(found).tolist() == [True, False, True, False]
    assert found[[1, 3]].tolist() == [0.5, 0.25]


def test_what_lies_in_one_piece_is_not_copied_and_cannot_be_changed() -> None:
    array = pa.array([1.0, 2.0])
    found = as_array(array)
    assert found.ctypes.data == array.buffers()[1].address
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 5


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
    done = subprocess.run([*command, "read"], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["[1] [nan  1.]", "False"]
