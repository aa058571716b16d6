"""Official label files: what is read, and that every fault is named by file and line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectflow.artifacts.schemas import LABELS
from affectflow.artifacts.tables import read_parquet
from affectflow.corpus.labels import labels_table, read_va
from affectflow.errors import InputError


def write(folder: Path, content: str | bytes, name: str = "video1.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_reads(tmp_path: Path) -> None:
    valence, arousal = read_va(write(tmp_path, "valence,arousal\n0.5,-0.25\n-1,1\n.5,+1e-1\n0,0\n"))
    assert valence.tolist() == [0.5, -1.0, 0.5, 0.0]
    assert arousal.tolist() == [-0.25, 1.0, 0.1, 0.0]


def test_minus_five_in_either_drops_both(tmp_path: Path) -> None:
    valence, arousal = read_va(write(tmp_path, "valence,arousal\n-5,0.5\n0.5,-5\n-5.0,-5\n0.5,0.25\n"))
    assert np.isnan(valence).tolist() == np.isnan(arousal).tolist() == [True, True, True, False]
    assert (valence[3], arousal[3]) == (0.5, 0.25)


@pytest.mark.parametrize(
    "content",
    [
        "valence,arousal\r\n0.5,0.25\r\n-5,0\r\n",
        b"\xef\xbb\xbfvalence,arousal\n0.5,0.25\n-5,0\n",
        "valence,arousal\n0.5,0.25\n-5,0",
        "valence,arousal\n0.5,0.25\n-5,0\n\n\n",
        "Valence, Arousal\n0.5, 0.25\n-5, 0\n",
    ],
    ids=["windows", "byte order mark", "no last line end", "empty lines at the end", "spaces"],
)
def test_harmless_differences(tmp_path: Path, content: str | bytes) -> None:
    valence, arousal = read_va(write(tmp_path, content))
    assert np.array_equal(valence, [0.5, np.nan], equal_nan=True)
    assert np.array_equal(arousal, [0.25, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("valence,arousal\n", "no rows"),
        ("arousal,valence\n0,0\n", "line 1: found the header 'arousal,valence'"),
        ("valence\n0\n", "line 1: found the header 'valence'"),
        ("0.1,0.2\n0.1,0.2\n", "line 1: found the header '0.1,0.2'"),
        ("Neutral,Anger\n0\n", "line 1"),
        ("valence,arousal\n0.1,0.2\nhappy,0.2\n", "line 3: valence is 'happy'"),
        ("valence,arousal\n0.1,0.2\n0.1,\n", "line 3: arousal is ''"),
        ("valence,arousal\n0.1,nan\n", "line 2: arousal is 'nan'"),
        ("valence,arousal\n0.1,inf\n", "line 2: arousal is 'inf'"),
        ("valence,arousal\n0.1,1_0\n", "line 2: arousal is '1_0'"),
        ('valence,arousal\n0.1,"0.2"\n', "line 2: arousal is '\"0.2\"'"),
        ("valence,arousal\n0.1,1.01\n", "line 2: arousal is 1.01"),
        ("valence,arousal\n0.1,0.2\n-4.9,0.2\n", "line 3: valence is -4.9"),
        ("valence,arousal\n-5,5\n", "line 2: arousal is 5"),
        ("valence,arousal\n0.1,0.2\n0.1\n", "line 3: found 1 columns"),
        ("valence,arousal\n0.1,0.2,0.3\n", "line 2: found 3 columns"),
        ("valence,arousal\n0.1,0.2\n\n0.1,0.2\n", "line 3: found an empty line"),
        ("valence,arousal\n0.1,0.2\r0.1,0.2\n", "line 2: found 3 columns"),
        (b"valence,arousal\n0.1,0.2\n0.1,\xff\n", "line 3: byte 0xff is not UTF-8"),
        ("valence,arousal\n0.1,0.2\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_faults_are_named(tmp_path: Path, content: str | bytes, found: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_va(path)
    assert found in str(error.value)
    assert str(path) in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such label file"):
        read_va(tmp_path / "absent.txt")


number = st.one_of(st.floats(-1, 1), st.just(-5.0))


@given(st.lists(st.tuples(number, number), min_size=1, max_size=30), st.booleans())
def test_reads_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float]], windows: bool
) -> None:
    end = "\r\n" if windows else "\n"
    text = end.join(["valence,arousal", *(f"{v!r},{a!r}" for v, a in rows)]) + end
    valence, arousal = read_va(write(tmp_path_factory.mktemp("labels"), text))
    kept = [(v, a) if -5.0 not in (v, a) else (np.nan, np.nan) for v, a in rows]
    assert np.array_equal(np.stack([valence, arousal], axis=1), kept, equal_nan=True)


def test_table(tmp_path: Path) -> None:
    one = write(tmp_path, "valence,arousal\n0.5,0.25\n-5,0.5\n", "b 'x'.txt")
    other = write(tmp_path, "valence,arousal\n-1,1\n", "a.txt")
    labels_table({"b 'x'": ("train", one), "a": ("validation", other)}, tmp_path / "labels.parquet")
    assert read_parquet(tmp_path / "labels.parquet", LABELS).to_pylist() == [
        {"subject": "a", "split": "validation", "frame": 0, "valence": -1.0, "arousal": 1.0},
        {"subject": "b 'x'", "split": "train", "frame": 0, "valence": 0.5, "arousal": 0.25},
        {"subject": "b 'x'", "split": "train", "frame": 1, "valence": None, "arousal": None},
    ]


def test_all_wrong_files_are_named(tmp_path: Path) -> None:
    good = write(tmp_path, "valence,arousal\n0,0\n", "good.txt")
    files = {f"bad{n:02d}": ("train", write(tmp_path, f"header\n{n}\n", f"bad{n:02d}.txt")) for n in range(22)}
    out = tmp_path / "labels.parquet"
    with pytest.raises(InputError) as error:
        labels_table({**files, "good": ("train", good)}, out)
    assert all(f"bad{n:02d}.txt, line 1" in str(error.value) for n in range(20))
    assert "2 more label files" in str(error.value)
    assert "good.txt" not in str(error.value)
    assert not out.exists()


def test_script(tmp_path: Path, root: Path) -> None:
    path = write(tmp_path, "valence,arousal\n0.5,0.25\n", "-dash.txt")
    given_rows = tmp_path / "label.json"
    given_rows.write_text(json.dumps([{"subject": "-dash", "split": "train", "path": str(path)}]))
    command = [sys.executable, root / "workflow/scripts/labels.py", "--label", f"@{given_rows}", "--out"]
    subprocess.run([*command, tmp_path / "labels.parquet"], check=True)
    assert read_parquet(tmp_path / "labels.parquet", LABELS).num_rows == 1
    path.write_text("valence,arousal\n2,0\n")
    failed = subprocess.run([*command, tmp_path / "other.parquet"], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"error: {path}, line 2: valence is 2")
    assert not (tmp_path / "other.parquet").exists()
