"""Artifacts that are written in pieces and mapped into memory."""

from pathlib import Path

import numpy as np
import psutil
import pyarrow.parquet
import pytest

from affectflow.artifacts.schemas import BODY, FRAMES, SOUND
from affectflow.artifacts.tables import MappedArrow, arrow_writer, parquet_writer, read_parquet
from affectflow.core.errors import InputError


def test_what_was_read_of_a_mapped_file_does_not_stay(tmp_path: Path) -> None:
    """Values of 64 MB in all, read one after the other: resident memory grows by what is kept at a time."""
    count, size = 640, 100_000
    rng = np.random.default_rng(0)
    with arrow_writer(tmp_path / "frames.arrow", FRAMES) as writer:
        for number in range(count):
            writer.append({"video": "a", "frame": number, "time": number / 25, "jpeg": rng.bytes(size)})
    file = MappedArrow(tmp_path / "frames.arrow", FRAMES)
    first, before = file.value("jpeg", 0), psutil.Process().memory_info().rss
    assert first is not None
    first_bytes = bytes(first)
    most = 0
    for number in range(count):
        value = file.value("jpeg", number)
        assert value is not None and len(bytes(value)) == size
        most = max(most, psutil.Process().memory_info().rss - before)
    assert most < 32 << 20
    assert bytes(first) == first_bytes, "what was handed out stays"


@pytest.mark.parametrize("length", [0, 1, 40])
def test_a_file_that_is_cut_short_is_named(tmp_path: Path, length: int) -> None:
    path = tmp_path / "frames.arrow"
    with arrow_writer(path, FRAMES) as writer:
        writer.append({"video": "a", "frame": 0, "time": 0.0, "jpeg": b"x"})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"frames\.arrow: not a whole Arrow file"):
        MappedArrow(path, FRAMES)


def test_rows_written_in_pieces_are_read_as_one_table(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).random((9000, 75), np.float32)
    path = tmp_path / "body.parquet"
    with parquet_writer(path, BODY) as rows:
        for frame, frame_joints in enumerate(joints):
            box = frame_joints[:4] if frame % 3 else None
            rows.append({"subject": "s", "frame": frame, "found": box is not None, "joints": frame_joints, "box": box})
        assert not path.exists()
    assert pyarrow.parquet.ParquetFile(path).num_row_groups > 1
    table = read_parquet(path, BODY)
    assert table["frame"].to_pylist() == list(range(9000))
    assert np.array_equal(table["joints"].combine_chunks().flatten().to_numpy().reshape(-1, 75), joints)
    assert table["box"][3].as_py() is None and np.array_equal(table["box"][4].as_py(), joints[4, :4])


def test_a_cell_is_found_in_whichever_piece_it_lies(tmp_path: Path) -> None:
    path, samples = tmp_path / "sound.arrow", [np.arange(n, n + 3 + n % 5, dtype=np.int16) for n in range(40)]
    with arrow_writer(path, SOUND) as rows:
        for number, waveform in enumerate(samples):
            row = {"video": "v", "sample_rate": 8000, "start": 0.0, "offset": number, "samples": waveform}
            rows.append(row)
            if number % 7 == 0:
                rows.flush()
    file = MappedArrow(path, SOUND)
    assert file.table.column("samples").num_chunks > 5
    for number, waveform in enumerate(samples):
        assert np.array_equal(file.numbers("samples", number), waveform)
