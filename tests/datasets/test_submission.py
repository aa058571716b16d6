"""Submission files: exactly the rows that the organisers want."""

import csv
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.artifacts.predictions import Predictions, read_predictions, write_predictions
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, track_of
from affectflow.datasets.submission.frames import submit, write_images
from affectflow.datasets.submission.rows import rows_by_frames
from affectflow.datasets.submission.sample import read_sample
from affectflow.fusion.late_fusion import FusedMethod

VA = track_of("va")
Rows = Sequence[Sequence[float]]

VALUES = {
    "b": [(0.5, -0.25), (1.0, -1.0), (-0.0000001, 0.123456789)],
    "a_left": [(0.1, 0.2), (0.3, 0.4)],
    "10, 'x' \"y\"": [(0.7, 0.8)],
}


def predictions(path: Path, values: Mapping[str, Rows], track: Track = VA) -> Path:
    """A prediction table: the outputs of each frame by subject."""
    rows = [row for subject_rows in values.values() for row in subject_rows]
    starts = np.cumsum([0, *map(len, values.values())])
    like = Predictions(path, tuple(values), starts, np.zeros((len(rows), len(track.outputs)), np.float32))
    write_predictions(path, track, like, np.array(rows, np.float32))
    return path


def manifest(path: Path, frames: Mapping[str, int]) -> Path:
    """A manifest whose subjects are all of the test split."""
    empty = dict.fromkeys(MANIFEST.names)
    write_parquet(path, [empty | {"subject": s, "split": "test", "frames": n} for s, n in frames.items()], MANIFEST)
    return path


class Test:
    """Fused test predictions with their manifest, submitted."""

    __test__ = False

    def __init__(self, folder: Path, values: Mapping[str, Rows] = VALUES, track: Track = VA) -> None:
        self.folder, self.track = folder, track
        self.fused = predictions(folder / "fused.parquet", values, track)
        self.manifest = manifest(folder / "manifest.parquet", {s: len(v) for s, v in values.items()})
        self.table, self.forms = folder / "results/test_track1.csv", folder / "results/submission/track1"

    def submit(
        self, names: str | None = None, sample: str | None = None, thresholds: Mapping[str, float] | None = None
    ) -> list[list[str]]:
        paths = []
        for name, text in (("names.txt", names), ("sample.txt", sample)):
            if text is not None:
                (self.folder / name).write_text(text)
            paths.append(None if text is None else self.folder / name)
        submit(self.fused, self.manifest, self.table, self.forms, *paths, self.track, thresholds or {})
        return list(csv.reader(self.table.open(newline="")))


def test_every_decoded_frame_subjects_sorted(tmp_path: Path) -> None:
    assert Test(tmp_path).submit() == [
        ["image_location", "valence", "arousal"],
        ["10, 'x' \"y\"/00001.jpg", "0.700000", "0.800000"],
        ["a_left/00001.jpg", "0.100000", "0.200000"],
        ["a_left/00002.jpg", "0.300000", "0.400000"],
        ["b/00001.jpg", "0.500000", "-0.250000"],
        ["b/00002.jpg", "1.000000", "-1.000000"],
        ["b/00003.jpg", "0.000000", "0.123457"],
    ]


def test_both_official_forms(tmp_path: Path) -> None:
    test = Test(tmp_path)
    test.submit()
    assert (test.forms / "abaw5/predictions.txt").read_bytes() == test.table.read_bytes()
    files = {path.name: path.read_text() for path in (test.forms / "abaw2").iterdir()}
    assert files == {
        "10, 'x' \"y\".txt": "valence,arousal\n0.700000,0.800000\n",
        "a_left.txt": "valence,arousal\n0.100000,0.200000\n0.300000,0.400000\n",
        "b.txt": "valence,arousal\n0.500000,-0.250000\n1.000000,-1.000000\n0.000000,0.123457\n",
    }


def test_expressions_are_the_most_probable_class_the_first_of_equals(tmp_path: Path) -> None:
    rows = [[0.1, 0.2, 0.4, 0, 0.1, 0.1, 0.1], [0, 0.3, 0.05, 0.3, 0.3, 0, 0.05], [0, 0, 0, 0, 0, 0, 1]]
    test = Test(tmp_path, {"b": rows, "a": [[1, 0, 0, 0, 0, 0, 0]]}, track_of("expr"))
    classes = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise"
    test.submit()
    assert test.table.read_text() == (
        f"image_location,{classes}\na/00001.jpg,0\nb/00001.jpg,2\nb/00002.jpg,1\nb/00003.jpg,6\n"
    )
    assert (test.forms / "abaw5/predictions.txt").read_bytes() == test.table.read_bytes()
    assert (test.forms / "abaw2/b.txt").read_text() == f"{classes}\n2\n1\n6\n"


def test_units_count_from_their_threshold_on(tmp_path: Path) -> None:
    rows = [[0.5, 0.49, 1, 0, 0.3, 0.29, 0.6, 0.5], [0, 0, 0, 0, 0, 0, 0, 0.51]]
    test = Test(tmp_path, {"a": rows}, track_of("au", "abaw1"))
    units = "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25"
    test.submit()
    assert test.table.read_text() == (
        f"image_location,{units}\na/00001.jpg,1,0,1,0,0,0,1,1\na/00002.jpg,0,0,0,0,0,0,0,1\n"
    )
    test.submit(thresholds={"au12": 0.3, "au15": 0.3, "au25": 0.505})
    assert (test.forms / "abaw2/a.txt").read_text() == f"{units}\n1,0,1,0,1,0,1,0\n0,0,0,0,0,0,0,1\n"
    with pytest.raises(InputError, match="thresholds: au7 is no action unit of au \\(abaw1\\)"):
        test.submit(thresholds={"au7": 0.3})


def test_an_older_submission_leaves_nothing_behind(tmp_path: Path) -> None:
    test = Test(tmp_path)
    (test.forms / "abaw2").mkdir(parents=True)
    (test.forms / "abaw2/gone.txt").write_text("old")
    test.submit()
    assert not (test.forms / "abaw2/gone.txt").exists()
    assert [path.name for path in test.forms.parent.iterdir()] == ["track1"]


def test_order_of_the_official_list(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = Test(tmp_path).submit(names="b\na_left\n")
    assert [row[0] for row in rows[1:]] == [
        *(f"b/0000{n}.jpg" for n in (1, 2, 3)), "a_left/00001.jpg", "a_left/00002.jpg",
    ]  # fmt: skip
    assert "1 predicted subject(s) are not named and not written: 10, 'x'" in caplog.text
    with pytest.raises(InputError, match=r"names 1 subject.* without predictions: c"):
        Test(tmp_path).submit(names="b\nc\n")


SAMPLE = "image_location,valence,arousal\nb/00002.jpg,,\na_left/00001.jpg,,\nb/00001.jpg,,\nb/00005.jpg,,\n"


def test_exactly_the_rows_of_the_sample(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    test = Test(tmp_path)
    assert test.submit(names="a_left\n", sample=SAMPLE)[1:] == [
        ["b/00002.jpg", "1.000000", "-1.000000"],
        ["a_left/00001.jpg", "0.100000", "0.200000"],
        ["b/00001.jpg", "0.500000", "-0.250000"],
        ["b/00005.jpg", "0.000000", "0.123457"],
    ]
    assert "1 rows of 1 subject(s) are after the last decoded frame and repeat its values: b (1)" in caplog.text
    assert "1 predicted subject(s) are not named and not written: 10, 'x'" in caplog.text
    form = (test.forms / "abaw2/b.txt").read_text()
    assert form == "valence,arousal\n0.500000,-0.250000\n1.000000,-1.000000\n0.000000,0.123457\n"


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("", "line 1: found the header ''"),
        ("valence,arousal\nb/00001.jpg,,\n", "line 1: found the header 'valence,arousal'"),
        ("image_location,valence,arousal\n", "names no image"),
        (
            "image_location,valence,arousal\nb/00001.jpg,,\nb/00001.jpg,,\n",
            "line 3: b/00001.jpg is named a second",
        ),
        ("image_location,valence,arousal\nb/1.jpg,,\n", "line 2: found 'b/1.jpg'"),
        ("image_location,valence,arousal\nb/00000.jpg,,\n", "line 2: found 'b/00000.jpg'"),
        ("image_location,valence,arousal\n00001.jpg,,\n", "line 2: found '00001.jpg'"),
        ("image_location,valence,arousal\nb/00001.png,,\n", "line 2: found 'b/00001.png'"),
        (
            "image_location,valence,arousal\nstranger/00001.jpg,,\n",
            "1 subject.* without predictions: stranger",
        ),
    ],
)
def test_samples_that_are_refused(tmp_path: Path, sample: str, message: str) -> None:
    test = Test(tmp_path)
    with pytest.raises(InputError, match=message):
        test.submit(sample=sample)
    assert not test.table.exists()


def test_sample_with_windows_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "sample.txt"
    path.write_bytes(b"\xef\xbb\xbfimage_location,valence,arousal\r\na b/00001.jpg,,\r\na b/100000.jpg,\r\n")
    sample = read_sample(path)
    assert sample.header == ("image_location", "valence", "arousal")
    assert (sample.subjects, sample.codes.tolist(), sample.numbers.tolist()) == (("a b",), [0, 0], [1, 100_000])
    with pytest.raises(InputError, match="no such file"):
        read_sample(tmp_path / "absent.txt")


def test_incomplete_predictions_are_refused(tmp_path: Path) -> None:
    test = Test(tmp_path)
    manifest(test.manifest, {**{s: len(v) for s, v in VALUES.items()}, "b": 4})
    with pytest.raises(InputError, match=r"3 frames of subject b, but .* has 4"):
        test.submit()
    assert not test.table.exists()


floats = st.floats(-1, 1, width=32)


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_values_survive(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[float, float]]) -> None:
    folder = tmp_path_factory.mktemp("submission")
    table = read_predictions(predictions(folder / "p.parquet", {"s{0}": pairs}), VA)
    write_images(folder / "t.csv", rows_by_frames(table), table.values, VA)
    rows = list(csv.reader((folder / "t.csv").open(newline="")))[1:]
    assert [row[0] for row in rows] == [f"s{{0}}/{n:05d}.jpg" for n in range(1, len(pairs) + 1)]
    values = np.array([[float(v), float(a)] for _, v, a in rows])
    assert np.abs(values).max() <= 1
    assert np.abs(values - np.array(pairs)).max() <= 1e-6


def test_script(tmp_path: Path, root: Path) -> None:
    test = Test(tmp_path)
    (tmp_path / "sample.txt").write_text(SAMPLE)
    method = FusedMethod(
        track="va", edition="abaw2", branches=("F",), found_by="equal", step=None, weights={}, thresholds={}, scores={},
        frames=1, subjects=1,
    )  # fmt: skip
    (tmp_path / "weights.json").write_text(json.dumps({"both": method.model_dump(mode="json")}))
    command = [
        warm.python(), root / "workflow/scripts/submit.py", "--fused", test.fused,
        "--weights", tmp_path / "weights.json", "--method", "both",
        "--manifest", test.manifest, "--table", test.table, "--submission", test.forms,
    ]  # fmt: skip
    subprocess.run(command, check=True)
    assert len(test.table.read_text().splitlines()) == 7
    command += ["--sample", tmp_path / "sample.txt"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert len(test.table.read_text().splitlines()) == 5
    assert "repeat its values: b (1)" in result.stderr
    (tmp_path / "sample.txt").unlink()
    failure = subprocess.run(command, capture_output=True, text=True)
    assert failure.returncode == 2
    assert failure.stderr.startswith("error: ")
