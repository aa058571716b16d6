#!/usr/bin/env bash
# pyarrow reads a memory-mapped column into memory when it is asked for its one chunk as an array.
#
# One would guess: ChunkedArray.combine_chunks() of a column with one chunk is that chunk, as Table.combine_chunks()
# leaves such a column as it is and to_numpy() gives a view; and fill_null() where nothing is null gives what it was
# given.
# What happens: combine_chunks() of a column copies it whole, one chunk or not; so does fill_null() without a null,
# which takes a little more. Only the method of the same name of a table, chunk(0), drop_null() and to_numpy() copy
# nothing.
# Whom it hurts: columns are mapped so that they need no memory. `table["x"].combine_chunks()` is the usual way to get
# from a column to an array with list, dictionary or buffer methods, and makes of a mapped file of 40 GB 40 GB of
# memory.
#
# Seen with pyarrow 25.0.1, numpy 2.4.6, in MB newly allocated for a mapped column of 40 MB:
#   column.combine_chunks 40, table.combine_chunks 0, chunk(0) 0, to_numpy 0, drop_null 0, fill_null 41
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==25.0.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pyarrow as pa

written = pa.table({"x": np.arange(10_000_000, dtype=np.float32)})
with pa.OSFile("column.arrow", "wb") as sink, pa.ipc.new_file(sink, written.schema) as writer:
    writer.write_table(written)
del written
table = pa.ipc.open_file(pa.memory_map("column.arrow")).read_all()
column = table["x"]
assert column.num_chunks == 1 and column.null_count == 0
ways = {
    "column.combine_chunks": column.combine_chunks,
    "table.combine_chunks": table.combine_chunks,
    "chunk(0)": lambda: column.chunk(0),
    "to_numpy": column.to_numpy,
    "drop_null": column.drop_null,
    "fill_null": lambda: column.fill_null(0),
}
told = []
for name, way in ways.items():
    before = pa.total_allocated_bytes()
    made = way()
    told.append(f"{name} {round((pa.total_allocated_bytes() - before) / 1e6)}")
    assert len(made) == len(column)
    del made
found = ", ".join(told)
print(found)
expected = "column.combine_chunks 40, table.combine_chunks 0, chunk(0) 0, to_numpy 0, drop_null 0, fill_null 41"
assert found == expected, f"changed: expected {expected}"
PYTHON
