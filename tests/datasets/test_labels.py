"""Official label files: what is read, and that every fault is named by file and line."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import warm
from hypothesis import given
from hypothesis import strategies as st

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, TrackName, track_of
from affectflow.datasets.video.abaw_labels import read_labels, read_subject
from affectflow.datasets.video.formats import FORMATS, reader_modules
from affectflow.datasets.video.labels import labels_table, make_reader
from affectflow.lineage.code import reached

VA = track_of("va")


def read_va(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Valence and arousal of a label file, each of shape (rows,)."""
    valence, arousal = read_labels(path, VA).T
    return valence, arousal


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
    ("content", "message"),
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
def test_faults_are_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_va(path)
    assert message in str(error.value)
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
    expected = [(v, a) if -5.0 not in (v, a) else (np.nan, np.nan) for v, a in rows]
    assert np.array_equal(np.stack([valence, arousal], axis=1), expected, equal_nan=True)


CLASSES = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise"
UNITS = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"
FEW_UNITS = "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25"


def test_expressions(tmp_path: Path) -> None:
    rows = read_labels(write(tmp_path, f"{CLASSES}\n0\n6\n-1\n3\n"), track_of("expr"))
    assert np.array_equal(rows, [[0], [6], [np.nan], [3]], equal_nan=True)
    late = write(tmp_path, "neutral, anger, disgust, fear, happiness, sadness, surprise, OTHER\r\n7\r\n-1\r\n")
    assert np.array_equal(read_labels(late, track_of("expr", "abaw3")), [[7], [np.nan]], equal_nan=True)


def test_a_unit_that_is_not_annotated_leaves_the_others_of_its_row(tmp_path: Path) -> None:
    rows = read_labels(
        write(tmp_path, f"{FEW_UNITS}\n0,1,0,0,1,1,0,1\n0,-1,1,0,1,1,-1,1\n" + ",".join(["-1"] * 8) + "\n"),
        track_of("au", "abaw1"),
    )
    none = np.nan
    expected = [[0, 1, 0, 0, 1, 1, 0, 1], [0, none, 1, 0, 1, 1, none, 1], [none] * 8]
    assert np.array_equal(rows, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "edition", "header", "message"),
    [
        ("expr", "abaw2", f"{CLASSES},Other", "it is that of abaw3: set corpus.edition, which is abaw2"),
        ("expr", "abaw3", CLASSES, "it is that of abaw1 and abaw2: set corpus.edition, which is abaw3"),
        ("au", "abaw2", FEW_UNITS, "it is that of abaw1: set corpus.edition, which is abaw2"),
        ("au", "abaw1", UNITS, "it is that of abaw2 and abaw3: set corpus.edition, which is abaw1"),
    ],
)
def test_the_header_of_another_edition_is_told(
    tmp_path: Path, name: TrackName, edition: Edition, header: str, message: str
) -> None:
    path = write(tmp_path, f"{header}\n0\n")
    with pytest.raises(InputError) as error:
        read_labels(path, track_of(name, edition))
    assert f"{path}, line 1: found the header '{header}'" in str(error.value)
    assert str(error.value).endswith(message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("expr", "Anger,Neutral\n0\n", f"found the header 'Anger,Neutral', expected '{CLASSES}'"),
        ("expr", f"{CLASSES}\n0\n7\n", "line 3: expression is 7, expected a whole number in [0, 6], or -1"),
        ("expr", f"{CLASSES}\n-2\n", "line 2: expression is -2"),
        ("expr", f"{CLASSES}\n1.0\n", "line 2: expression is '1.0'"),
        ("expr", f"{CLASSES}\n0x1\n", "line 2: expression is '0x1'"),
        ("expr", f"{CLASSES}\nHappiness\n", "line 2: expression is 'Happiness'"),
        ("expr", f"{CLASSES}\n1\n1,0,0,0,0,0,0\n", "line 3: found 7 columns"),
        ("expr", f"{CLASSES}\n1\n\n2\n", "line 3: found an empty line"),
        ("au", f"{UNITS}\n" + ",".join("0" * 11) + "\n", "line 2: found 11 columns"),
        ("au", f"{UNITS}\n" + ",".join("000002000000") + "\n", "line 2: au10 is 2, expected a whole number in [0, 1]"),
        ("au", f"{UNITS}\n" + ",".join("00000000000") + ",\n", "line 2: au26 is ''"),
        ("au", "valence,arousal\n0,0\n", f"expected '{UNITS}'"),
    ],
)
def test_faults_of_expressions_and_units_are_named(tmp_path: Path, name: TrackName, content: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_labels(write(tmp_path, content), track_of(name))
    assert message in str(error.value)


fields = st.text(alphabet="0123-+.xeE ", max_size=4)


@given(st.sampled_from(["va", "expr", "au"]), st.lists(fields, min_size=1, max_size=3))
def test_a_wrong_line_does_not_make_others_wrong(
    tmp_path_factory: pytest.TempPathFactory, name: TrackName, texts: list[str]
) -> None:
    # A whole file is read at once where that works, else line by line: both must take the same values.
    track = track_of(name, "abaw1")
    lines = [",".join(track.header), *(",".join([text] * len(track.targets)) for text in texts)]
    folder = tmp_path_factory.mktemp("labels")
    try:
        read_labels(write(folder, "\n".join([*lines, ",".join(["0"] * len(track.targets))])), track)
    except InputError as error:
        assert any(f"line {number}: " in str(error) for number in range(2, len(lines) + 1))
        return
    with pytest.raises(InputError, match=f"line {len(lines) + 1}: .*'happy'"):
        read_labels(write(folder, "\n".join([*lines, ",".join(["happy"] * len(track.targets))])), track)


def test_table(tmp_path: Path) -> None:
    one = write(tmp_path, "valence,arousal\n0.5,0.25\n-5,0.5\n", "b 'x'.txt")
    other = write(tmp_path, "valence,arousal\n-1,1\n", "a.txt")
    labels_table({"b 'x'": [one], "a": [other]}, read_subject, VA, tmp_path / "labels.parquet")
    assert read_parquet(tmp_path / "labels.parquet", labels_schema(VA)).to_pylist() == [
        {"subject": "a", "frame": 0, "valence": -1.0, "arousal": 1.0},
        {"subject": "b 'x'", "frame": 0, "valence": 0.5, "arousal": 0.25},
        {"subject": "b 'x'", "frame": 1, "valence": None, "arousal": None},
    ]


def test_tables_of_expressions_and_units(tmp_path: Path) -> None:
    expr, au = track_of("expr"), track_of("au", "abaw1")
    labels_table({"s": [write(tmp_path, f"{CLASSES}\n6\n-1\n")]}, read_subject, expr, tmp_path / "expr.parquet")
    assert read_parquet(tmp_path / "expr.parquet", labels_schema(expr)).to_pylist() == [
        {"subject": "s", "frame": 0, "expression": 6},
        {"subject": "s", "frame": 1, "expression": None},
    ]
    labels_table(
        {"s": [write(tmp_path, f"{FEW_UNITS}\n1,0,-1,0,0,0,0,1\n")]}, read_subject, au, tmp_path / "au.parquet"
    )
    (row,) = read_parquet(tmp_path / "au.parquet", labels_schema(au)).to_pylist()
    assert list(row.values()) == ["s", 0, 1, 0, None, 0, 0, 0, 0, 1]


def test_all_wrong_files_are_named(tmp_path: Path) -> None:
    good = write(tmp_path, "valence,arousal\n0,0\n", "good.txt")
    files = {f"bad{n:02d}": [write(tmp_path, f"header\n{n}\n", f"bad{n:02d}.txt")] for n in range(22)}
    out = tmp_path / "labels.parquet"
    with pytest.raises(InputError) as error:
        labels_table({**files, "good": [good]}, read_subject, VA, out)
    assert all(f"bad{n:02d}.txt, line 1" in str(error.value) for n in range(20))
    assert "2 more label files" in str(error.value)
    assert "good.txt" not in str(error.value)
    assert not out.exists()


def test_script(tmp_path: Path, root: Path) -> None:
    path = write(tmp_path, "valence,arousal\n0.5,0.25\n", "-dash.txt")
    files = tmp_path / "files.json"
    files.write_text(json.dumps({"-dash": [str(path)]}))
    command = [
        warm.python(),
        root / "workflow/scripts/labels.py",
        "--track",
        "va",
        "--edition",
        "abaw2",
        "--format",
        "affwild2",
    ]
    command += ["--label-files", f"@{files}", "--out"]
    subprocess.run([*command, tmp_path / "labels.parquet"], check=True)
    assert read_parquet(tmp_path / "labels.parquet", labels_schema(VA)).num_rows == 1
    path.write_text("valence,arousal\n2,0\n")
    result = subprocess.run([*command, tmp_path / "other.parquet"], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {path}, line 2: valence is 2")
    assert not (tmp_path / "other.parquet").exists()


def test_the_code_of_a_corpus_s_labels_holds_its_own_reader_alone(root: Path) -> None:
    readers = {kind: set(reader_modules(kind)) for kind in FORMATS if kind != "folder"}
    script = Path("workflow/scripts/labels.py")
    assert not any(modules <= reached(script, root)[0].keys() for modules in readers.values())
    for kind, modules in readers.items():
        reached_modules = reached(script, root, reader_modules(kind))[0].keys()
        assert modules <= reached_modules and not any(
            reached_modules & other for other in readers.values() if other.isdisjoint(modules)
        )
        assert callable(make_reader(kind, {}))


def test_a_corpus_without_labels_has_an_empty_table(tmp_path: Path) -> None:
    out = tmp_path / "labels.parquet"
    labels_table({}, make_reader("folder", {}), VA, out)
    assert read_parquet(out, labels_schema(VA)).num_rows == 0
    with pytest.raises(InputError, match=r"a\.txt: a corpus of this kind has no labels, but s is given some"):
        labels_table({"s": [tmp_path / "a.txt"]}, make_reader("folder", {}), VA, out)
