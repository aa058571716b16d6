"""What the organisers would refuse is found: every kind of fault, by kind and line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.cli.main import main
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, TrackName, track_of
from affectflow.datasets.submission.check import check_submission
from affectflow.datasets.submission.sample import read_sample
from affectflow.datasets.video.headers import track_by_header

TRACKS = [track_of("va"), track_of("expr"), track_of("expr", "abaw3"), track_of("au", "abaw1"), track_of("au")]


def value(track: Track) -> st.SearchStrategy[str]:
    """Values of one row of a good file."""
    if track.name == "va":
        number = st.floats(-1, 1).flatmap(lambda x: st.sampled_from([f"{x:z.6f}", f"{x:.3e}", f"{x:+.1f}", repr(x)]))
        return st.tuples(number, number).map(",".join)
    top = len(track.outputs) - 1 if track.name == "expr" else 1
    return st.lists(st.integers(0, top), min_size=len(track.targets), max_size=len(track.targets)).map(
        lambda row: ",".join(map(str, row))
    )


@st.composite
def files(draw: st.DrawFn) -> tuple[Track, list[str], list[str]]:
    """A track, the lines of a sample, and of a good file: two subjects or more, two rows each or more."""
    track = draw(st.sampled_from(TRACKS))
    names = draw(
        st.lists(st.sampled_from(["a", "b_left", "12-24-1920x1080", "é"]), min_size=2, max_size=4, unique=True)
    )
    images = [f"{name}/{n:05d}.jpg" for name in names for n in range(1, draw(st.integers(2, 4)) + 1)]
    header = ",".join(("image_location", *track.header))
    return track, [header, *(f"{i}," for i in images)], [header, *(f"{i},{draw(value(track))}" for i in images)]


def count_problems(folder: Path, track: Track, sample: list[str], content: bytes) -> dict[str, int]:
    """The kinds of problems of a file, with their counts."""
    (folder / "sample.txt").write_text("\n".join(sample) + "\n")
    (folder / "predictions.txt").write_bytes(content)
    return check_submission(folder / "predictions.txt", read_sample(folder / "sample.txt"), track).count


def text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


@given(files(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_good_file_passes(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[Track, list[str], list[str]],
    windows: bool,
    final_newline: bool,
) -> None:
    track, sample, lines = case
    content = text(lines) if final_newline else text(lines)[:-1]
    content = content.replace(b"\n", b"\r\n") if windows else content
    folder = tmp_path_factory.mktemp("check")
    assert count_problems(folder, track, sample, content) == {}
    header = read_sample(folder / "sample.txt").header
    assert track_by_header(folder, header, None, None).header == track.header


Change = Callable[[str], str]


def row(change: Change) -> Callable[[list[str], int], bytes]:
    """Change one row."""
    return lambda lines, n: text([*lines[:n], change(lines[n]), *lines[n + 1 :]])


def last(new: str) -> Callable[[list[str], int], bytes]:
    """Give one row another last value."""
    return row(lambda line: line.rpartition(",")[0] + "," + new)


def move(lines: list[str], n: int) -> bytes:
    other = 2 if n == 1 else n - 1
    swapped = list(lines)
    swapped[n], swapped[other] = swapped[other], swapped[n]
    return text(swapped)


MUTATIONS: dict[str, tuple[Callable[[list[str], int], bytes], dict[str, int]]] = {
    "order": (move, {"order": 1}),
    "a row missing": (lambda lines, n: text(lines[:n] + lines[n + 1 :]), {"missing rows": 1}),
    "cut short": (lambda lines, n: text(lines[:n]), {"missing rows": -1}),
    "a row twice": (lambda lines, n: text([*lines, lines[n]]), {"duplicates": 1}),
    "a row for another": (lambda lines, n: text([*lines[:-1], lines[1]]), {"duplicates": 1, "missing rows": 1}),
    "another subject": (row(lambda line: "stranger" + line[line.index("/") :]), {"extra rows": 1, "missing rows": 1}),
    "image 0": (row(lambda line: line.replace("/0000", "/0010")), {"extra rows": 1, "missing rows": 1}),
    "four digits": (row(lambda line: line.replace("/0", "/")), {"images": 1, "missing rows": 1}),
    "another suffix": (row(lambda line: line.replace(".jpg", ".png")), {"images": 1, "missing rows": 1}),
    "only a number": (row(lambda line: line.partition("/")[2]), {"images": 1, "missing rows": 1}),
    "space before": (row(lambda line: " " + line), {"extra rows": 1, "missing rows": 1}),
    "no header": (lambda lines, n: text(lines[1:]), {"header": 1, "missing rows": 1}),
    "lower case header": (lambda lines, n: text([lines[0].lower() + "s", *lines[1:]]), {"header": 1}),
    "short header": (lambda lines, n: text([lines[0].rpartition(",")[0], *lines[1:]]), {"header": 1}),
    "empty file": (lambda lines, n: b"", {"header": 1, "missing rows": -1}),
    "a column less": (row(lambda line: line.rpartition(",")[0]), {"columns": 1}),
    "a column more": (row(lambda line: line + ",0"), {"columns": 1}),
    "comma at the end": (row(lambda line: line + ","), {"columns": 1}),
    "another separator": (row(lambda line: line.replace(",", ";")), {"columns": 1, "images": 1, "missing rows": 1}),
    "no value": (last(""), {"values": 1}),
    "nan": (last("nan"), {"values": 1}),
    "inf": (last("-inf"), {"values": 1}),
    "a word": (last("Happiness"), {"values": 1}),
    "over the range": (last("9"), {"values": 1}),
    "under the range": (last("-5"), {"values": 1}),
    "hexadecimal": (last("0x1"), {"values": 1}),
    "quoted value": (last('"0"'), {"values": 1}),
    "space after": (row(lambda line: line + " "), {"values": 1}),
    "nul": (last("\0"), {"values": 1}),
    "empty line": (lambda lines, n: text([*lines[:n], "", *lines[n:]]), {"empty lines": 1}),
    "empty line at the end": (lambda lines, n: text([*lines, ""]), {"empty lines": 1}),
    "blank line": (lambda lines, n: text([*lines[:n], "  ", *lines[n:]]), {"empty lines": 1}),
    "byte order mark": (lambda lines, n: b"\xef\xbb\xbf" + text(lines), {"encoding": 1}),
    "not UTF-8": (
        lambda lines, n: text(lines).replace(b".jpg", b".jpg\xff", 1),
        {"encoding": 1, "images": 1, "missing rows": 1},
    ),
    "UTF-16": (lambda lines, n: text(lines).decode().encode("utf-16-le"), {"header": 1}),
    "carriage return within": (last("0\r0"), {"line ends": 1, "values": 1}),
    "old line ends": (
        lambda lines, n: text(lines).replace(b"\n", b"\r"),
        {"line ends": 1, "header": 1, "missing rows": -1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MUTATIONS)
@given(files(), st.data())
@settings(max_examples=12, deadline=None)
def test_each_fault_is_found(
    tmp_path_factory: pytest.TempPathFactory, kind: str, case: tuple[Track, list[str], list[str]], data: st.DataObject
) -> None:
    track, sample, lines = case
    mutate, expected = MUTATIONS[kind]
    content = mutate(lines, data.draw(st.integers(1, len(lines) - 1)))
    kinds = count_problems(tmp_path_factory.mktemp("check"), track, sample, content)
    for name, count in expected.items():
        assert kinds[name] == count if count > 0 else kinds[name] > 0
    if kind != "UTF-16":
        assert set(kinds) == set(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [("va", "1.000001"), ("va", "-1.1"), ("expr", "1.0"), ("expr", "7"), ("expr", "-1"), ("au", "0.5"), ("au", "2")],
)
def test_values_that_only_one_track_refuses(tmp_path: Path, name: TrackName, value: str) -> None:
    track = track_of(name)
    header = ",".join(("image_location", *track.header))
    others = "0," * (len(track.targets) - 1)
    kinds = count_problems(tmp_path, track, [header, "a/00001.jpg,"], text([header, f"a/00001.jpg,{others}{value}"]))
    assert kinds == {"values": 1}


def test_order_names_the_rows_that_stand_too_late(tmp_path: Path) -> None:
    header, images = "image_location,valence,arousal", [f"a/{n:05d}.jpg" for n in range(1, 9)]
    sample = [header, *(f"{image}," for image in images)]
    order = [0, 1, 4, 2, 3, 5, 7, 6]
    lines = [header, *(f"{images[i]},0,0" for i in order)]
    (tmp_path / "sample.txt").write_bytes(text(sample))
    (tmp_path / "p.txt").write_bytes(text(lines))
    problems = check_submission(tmp_path / "p.txt", read_sample(tmp_path / "sample.txt"), track_of("va"))
    assert problems.count == {"order": 3}
    assert [problem.split(" stands")[0] for problem in problems.first["order"]] == [
        "line 5: a/00003.jpg", "line 6: a/00004.jpg", "line 9: a/00007.jpg",
    ]  # fmt: skip


SAMPLE = ["image_location,Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise",
          "b/00001.jpg,", "a,1/00001.jpg,", "b/00002.jpg,"]  # fmt: skip
CLASSES = SAMPLE[0].partition(",")[2]


def folder_of(root: Path, **files: str) -> Path:
    (root / "sample.txt").write_text("\n".join(SAMPLE).replace("a,1/00001.jpg", '"a,1/00001.jpg"') + "\n")
    (root / "abaw2").mkdir()
    for name, content in {"a,1": f"{CLASSES}\n6\n", "b": f"{CLASSES}\n0\n1\n", **files}.items():
        (root / "abaw2" / f"{name}.txt").write_text(content)
    return root / "abaw2"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {}),
        ({"c": f"{CLASSES}\n0\n"}, {"files": ["c.txt is of no subject of the sample"]}),
        ({"b": f"{CLASSES}\n0\n"}, {"rows": ["b.txt: 1 rows, expected 2"]}),
        ({"b": "Neutral,Anger\n0\n0\n"}, {"header": [f"b.txt, line 1: found 'Neutral,Anger', expected '{CLASSES}'"]}),
        (
            {"b": f"{CLASSES}\n0\n7\n"},
            {"values": ["b.txt, line 3: expression is 7, expected a whole number in [0, 6]"]},
        ),
        (
            {"b": f"{CLASSES}\n0\n1\n\n"},
            {"empty lines": ["b.txt, line 4: is empty"], "rows": ["b.txt: 3 rows, expected 2"]},
        ),
    ],
)  # fmt: skip
def test_folders_of_one_file_a_subject(tmp_path: Path, files: dict[str, str], expected: dict[str, list[str]]) -> None:
    folder = folder_of(tmp_path, **files)
    assert check_submission(folder, read_sample(tmp_path / "sample.txt"), track_of("expr")).first == expected


def test_a_missing_file_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    assert main(["check-submission", str(folder), "--sample", str(tmp_path / "sample.txt")]) == 0
    assert capsys.readouterr().out == f"{folder}: fits: 3 rows of 2 subject(s), track expr\n"
    (folder / "a,1.txt").unlink()
    assert main(["check-submission", str(folder), "--sample", str(tmp_path / "sample.txt")]) == 1
    assert capsys.readouterr().out.startswith("files: 1\n  a,1.txt is missing\n")


def test_the_command_shows_the_first_of_each_kind_and_counts_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, images = "image_location,valence,arousal", [f"a/{n:05d}.jpg" for n in range(1, 31)]
    sample, file = tmp_path / "sample.txt", tmp_path / "p.txt"
    sample.write_bytes(text([header, *(f"{image}," for image in images)]))
    file.write_bytes(text([header, *(f"{image},0,{n / 20}" for n, image in enumerate(images[:29]))]))
    assert main(["check-submission", str(file), "--sample", str(sample)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "values: 8",
        *(f"  line {n}: arousal is {(n - 2) / 20}, expected a number in [-1, 1]" for n in range(23, 28)),
        "  … and 3 more",
        "missing rows: 1",
        "  a/00030.jpg, row 30 of the sample",
        f"{file}: 9 problem(s): 30 rows of 1 subject(s), track va",
    ]


def test_what_cannot_be_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path)
    sample = ["--sample", str(tmp_path / "sample.txt")]
    assert main(["check-submission", str(tmp_path / "absent.txt"), *sample]) == 2
    assert "absent.txt: cannot be read" in capsys.readouterr().err
    assert main(["check-submission", str(tmp_path), "--sample", str(tmp_path / "gone.txt")]) == 2
    assert "gone.txt: no such file" in capsys.readouterr().err
    assert main(["check-submission", str(tmp_path), *sample, "--track", "au"]) == 2
    assert "expected 'AU1,AU2," in capsys.readouterr().err
    assert main(["check-submission", str(tmp_path), *sample, "--edition", "abaw3"]) == 2
    assert "of edition abaw3" in capsys.readouterr().err


def test_a_header_of_no_track_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found the columns 'smile' after image_location"):
        track_by_header(tmp_path, ("image_location", "smile"), None, None)


def test_missing_rows_of_many_subjects_are_told_by_image(tmp_path: Path) -> None:
    header = "image_location,valence,arousal"
    images = [f"{s}/{n:05d}.jpg" for s in ("x", "y", "z") for n in range(1, 101)]
    rows = np.random.default_rng(0).permutation(300)[:250]
    lines = [header, *(f"{images[i]},0,0" for i in sorted(rows))]
    (tmp_path / "sample.txt").write_bytes(text([header, *(f"{image}," for image in images)]))
    (tmp_path / "p.txt").write_bytes(text(lines))
    problems = check_submission(tmp_path / "p.txt", read_sample(tmp_path / "sample.txt"), track_of("va"))
    missing = sorted(set(range(300)) - set(rows.tolist()))
    assert problems.count == {"missing rows": 50}
    assert problems.first["missing rows"] == [f"{images[i]}, row {i + 1} of the sample" for i in missing[:5]]
