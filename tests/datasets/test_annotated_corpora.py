"""Corpora of annotated videos beside Aff-Wild2: their layouts, splits and label files."""

import shutil
from pathlib import Path
from typing import Any

import corpus_factory as factory
import numpy as np
import pytest
from corpus_factory import PEOPLE, TASKS, TRACKS, VIDEOS, corpus, list_track, write

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.labels import labels_table, make_reader
from affectflow.datasets.video.listing import Listing, all_videos, notes
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import Numbering


def read(kind: str, listing: Listing, subject: str, **settings: Any) -> np.ndarray:
    track = track_of(TRACKS[kind], "abaw2" if TRACKS[kind] == "va" else kind)  # type: ignore[arg-type]
    return make_reader(kind, settings)(listing.labels[subject], subject, track)


def build_corpus(kind: str, root: Path) -> Path:
    """A small copy of a corpus without media."""
    if kind == "affwild":
        return factory.affwild(root, VIDEOS, ("200", "201"))
    if kind == "afewva":
        return factory.afewva(root, VIDEOS)
    return factory.disfa(root, PEOPLE) if kind == "disfa" else factory.bp4d(root, TASKS)


@pytest.mark.parametrize("kind", TRACKS)
def test_a_corpus_says_which_track_it_has(tmp_path: Path, kind: str) -> None:
    settings, other = corpus(kind, build_corpus(kind, tmp_path)), "expr"
    with pytest.raises(InputError, match=rf"is annotated for track {TRACKS[kind]} alone, not for expr; set tracks"):
        list_corpus(settings, [TRACKS[kind], other])  # type: ignore[list-item]


@pytest.mark.parametrize("kind", TRACKS)
def test_whoever_is_left_out_is_in_no_split_and_named(tmp_path: Path, kind: str) -> None:
    root = build_corpus(kind, tmp_path)
    whole = list_track(kind, root)
    name = sorted(whole.splits)[0]
    listing = list_track(kind, root, exclude=(name,))
    assert sorted(listing.splits) == sorted(whole.splits)[1:] == [video.video for video in listing.videos]
    assert f"left out by corpus.exclude: {name}" in notes({TRACKS[kind]: listing})
    with pytest.raises(InputError, match=r"corpus\.exclude: no video or person is named 'nobody'"):
        list_track(kind, root, exclude=("nobody",))


@pytest.mark.parametrize(("kind", "folder"), [("affwild", "videos/train"), ("disfa", "Video_LeftCamera")])
def test_files_that_are_no_videos_are_named(tmp_path: Path, kind: str, folder: str) -> None:
    root = build_corpus(kind, tmp_path)
    (root / folder / "notes.docx").write_bytes(b"")
    remarks = notes({TRACKS[kind]: list_track(kind, root)})
    assert remarks == ["1 file(s) are no videos by their names, and are left: notes.docx"]


def test_affwild(tmp_path: Path) -> None:
    listing = list_track("affwild", factory.affwild(tmp_path, VIDEOS, ("200", "201")))
    assert listing.subjects("test") == ["200", "201"]
    assert len(listing.subjects("validation")) == 2
    assert len(listing.subjects("train")) == 8
    assert listing.labels.keys() == set(VIDEOS)
    assert read("affwild", listing, "003").tolist() == [[0.0, 0.0], [0.1, -0.1], [0.2, -0.2], [0.3, -0.3]]
    custom = list_track("affwild", tmp_path, validation=("004", "007"))
    assert custom.subjects("validation") == ["004", "007"]
    factory.empty(tmp_path / "videos/train/300.mp4")
    assert notes({"va": list_track("affwild", tmp_path)}) == [
        "1 video(s) without labels and in no test list are left out: 300.mp4"
    ]
    with pytest.raises(InputError, match=r"corpus\.validation: 200 is no training video"):
        list_track("affwild", tmp_path, validation=("200",))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("annotations/train/arousal/002.txt", r"labels of one target alone for 1: 002"),
        ("videos/train/002.mp4", r"videos: no video for 1: 002"),
        ("annotations/train/valence", r"train/valence: no such folder"),
        ("videos/test", r"videos/test: no such folder"),
    ],
)
def test_what_affwild_lacks_is_named(tmp_path: Path, missing: str, message: str) -> None:
    path = factory.affwild(tmp_path, VIDEOS) / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=message):
        list_track("affwild", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1\r\n0.2\r\n0\r\n0.5\r\n\r\n", None),
        ("\ufeff0.1\n0.2\n0\n0.5", None),
        ("0.1\n0.2\n1.01\n0.5\n", "line 3: valence is 1.01, expected a number in [-1, 1]"),
        ("0.1\n\n0.2\n0.5\n", "line 2: valence is ''"),
        ("0.1\n0.2,0.3\n0\n0\n", "line 2: valence is '0.2,0.3'"),
        ("0.1\nnan\n0\n0\n", "line 2: valence is 'nan'"),
        ("0.1\n0.2\n", "2 and 4 lines, expected one a frame in both"),
        ("\n", "is empty"),
    ],
)
def test_lines_of_affwild(tmp_path: Path, text: str, message: str | None) -> None:
    listing = list_track("affwild", factory.affwild(tmp_path, VIDEOS))
    path = write(tmp_path / "annotations/train/valence/001.txt", text)
    if message is None:
        assert read("affwild", listing, "001")[:, 0].tolist() == [0.1, 0.2, 0.0, 0.5]
        return
    with pytest.raises(InputError) as error:
        read("affwild", listing, "001")
    assert str(path) in str(error.value) and message in str(error.value)


@pytest.mark.parametrize("below", ["", "01"])
def test_afewva(tmp_path: Path, below: str) -> None:
    listing = list_track("afewva", (factory.afewva(tmp_path / below, VIDEOS), tmp_path)[1], rate=24)
    assert sorted(listing.splits) == list(VIDEOS)
    assert {video.numbering for video in listing.videos} == {Numbering(0, 24.0)}
    assert listing.videos[0].path == tmp_path / below / "001"
    assert all_videos({"va": listing}) == listing.videos
    assert read("afewva", listing, "002").tolist() == [[0.0, 0.0], [0.1, -0.1], [0.2, -0.2], [0.3, -0.3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"frames": {"00000": {"valence": 1,\n"arousal": }}}', "line 2: no JSON"),
        ("[]", "expected a JSON object with `frames`"),
        ('{"frames": {}}', "expected `frames`, a mapping"),
        ('{"video_id": "002", "frames": {}}', "video_id is '002', expected '001'"),
        ('{"frames": {"00000": {"valence": 11, "arousal": 0}}}', "frame 00000: valence is 11, expected a number"),
        ('{"frames": {"00000": {"valence": 1}}}', "frame 00000: arousal is None"),
        ('{"frames": {"00000": {"valence": NaN, "arousal": 0}}}', "frame 00000: valence is nan"),
        ('{"frames": {"00000": {"valence": true, "arousal": 0}}}', "frame 00000: valence is True"),
        ('{"frames": {"00000": {"valence": 1, "valence": 2, "arousal": 0}}}', "names 'valence' twice"),
        (
            '{"frames": {"00000": {"valence": 1, "arousal": 0}, "00002": {"valence": 1, "arousal": 0}}}',
            "frames hold '00002', expected '00001' next",
        ),
    ],
)
def test_faults_of_afewva_are_named(tmp_path: Path, text: str, message: str) -> None:
    listing = list_track("afewva", factory.afewva(tmp_path, VIDEOS))
    path = write(tmp_path / "001/001.json", text)
    with pytest.raises(InputError) as error:
        read("afewva", listing, "001")
    assert str(path) in str(error.value) and message in str(error.value)


def test_what_afewva_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder 001 to 600"):
        list_track("afewva", tmp_path)
    factory.afewva(tmp_path, VIDEOS)
    factory.afewva(tmp_path / "12", ("003",))
    with pytest.raises(InputError, match="both are clip 003"):
        list_track("afewva", tmp_path)
    shutil.rmtree(tmp_path / "12")
    (tmp_path / "003/003.json").unlink()
    with pytest.raises(InputError, match=r"no labels for 1: .*003/003\.json"):
        list_track("afewva", tmp_path)


def test_disfa(tmp_path: Path) -> None:
    listing = list_track("disfa", factory.disfa(tmp_path, PEOPLE))
    assert len(listing.splits) == 20
    assert all(listing.splits[f"LeftVideo{p}_comp"] == listing.splits[f"RightVideo{p}_Comp"] for p in PEOPLE)
    left = list_track("disfa", tmp_path, cameras=("left",))
    assert sorted(left.splits) == [f"LeftVideo{person}_comp" for person in PEOPLE]
    rows = read("disfa", left, "LeftVideoSN001_comp", active=2)
    assert rows.shape == (6, 12)
    assert rows[:, 0].tolist() == [0, 0, 1, 1, 1, 1]
    assert read("disfa", left, "LeftVideoSN001_comp", active=4)[:, 11].tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,0\n2,6\n", "line 2: found '2,6', expected 2,<intensity from 0 to 5>"),
        ("1,0\n3,0\n", "line 2: found '3,0', expected 2,"),
        ("0,0\n1,0\n", "line 1: found '0,0', expected 1,"),
        ("1,0\n2 0\n", "line 2: found '2 0'"),
        ("1,0\n2,1.0\n", "line 2: found '2,1.0'"),
        ("1,0\n2,0\n", "has 2 lines"),
    ],
)
def test_faults_of_disfa_are_named(tmp_path: Path, text: str, message: str) -> None:
    listing = list_track("disfa", factory.disfa(tmp_path, PEOPLE))
    path = write(tmp_path / "ActionUnit_Labels/SN002/SN002_au17.txt", text)
    with pytest.raises(InputError) as error:
        read("disfa", listing, "LeftVideoSN002_comp", active=2)
    assert str(path) in str(error.value) and message in str(error.value)


def test_what_disfa_lacks_is_named(tmp_path: Path) -> None:
    factory.disfa(tmp_path, PEOPLE)
    (tmp_path / "Video_LeftCamera/LeftVideoSN004_comp.avi").unlink()
    with pytest.raises(InputError, match="no video of the left camera for 1: SN004"):
        list_track("disfa", tmp_path)
    assert "RightVideoSN004_Comp" in list_track("disfa", tmp_path, cameras=("right",)).splits
    (tmp_path / "ActionUnit_Labels/SN004/SN004_au9.txt").unlink()
    with pytest.raises(InputError, match=r"no label file for 1: .*SN004_au9\.txt"):
        list_track("disfa", tmp_path)
    shutil.rmtree(tmp_path / "ActionUnit_Labels/SN004")
    listing = list_track("disfa", tmp_path)
    assert [path.name for path in listing.unused] == ["RightVideoSN004_Comp.avi"]
    factory.empty(tmp_path / "Video_LeftCamera/extra.avi")
    with pytest.raises(InputError, match=r"extra\.avi: expected a name such as LeftVideoSN001_comp\.avi"):
        list_track("disfa", tmp_path)


@pytest.mark.parametrize("below", ["2D+3D", "."])
def test_bp4d(tmp_path: Path, below: str) -> None:
    root = factory.bp4d(tmp_path, TASKS, below=below)
    (tmp_path / below / "F001" / "T2").mkdir()
    listing = list_track("bp4d", root)
    assert sorted(listing.splits) == sorted(TASKS)
    assert all(listing.splits[f"F{n:03d}_T1"] == listing.splits[f"F{n:03d}_T6"] for n in range(1, 6))
    assert notes({"au": listing}) == ["1 video(s) without labels and in no test list are left out: F001/T2"]
    assert {video.numbering for video in listing.videos} == {Numbering(0, 25.0)}
    rows = read("bp4d", listing, "F001_T1", first_frame=1)
    assert np.isnan(rows[:2]).all() and rows.shape == (5, 12)
    names = track_of("au", "bp4d").targets
    assert rows[2].tolist() == [0.0] * 12
    assert dict(zip(names, rows[3], strict=True)) == {name: float(name == "au6") for name in names}
    assert [name for name, value in zip(names, rows[4], strict=True) if np.isnan(value)] == ["au6"]
    assert len(read("bp4d", listing, "F001_T1", first_frame=0)) == 6
    shutil.rmtree(tmp_path / below / "F003" / "T6")
    with pytest.raises(InputError, match=r"no folder of pictures.* for 1: F003_T6"):
        list_track("bp4d", root)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4,0,0,0,0,1", "4,0,0,0,0,2", "line 3: found '2', expected 0, 1, or 9 if unknown"),
        ("4,0,0,0,0,1", "3,0,0,0,0,1", "line 3: frame 3, expected them ascending, from 1 on"),
        ("4,0,0,0,0,1", "4,0,0,0,1", "line 3: found '4,0,0,0,1,0"),
        ("4,0,0,0,0,1", "x,0,0,0,0,1", "line 3: found 'x,0"),
        ("0,1,2,4,5,6", "0,1,2,4,5,66", "which lacks unit(s) 6"),
    ],
)
def test_faults_of_bp4d_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    listing = list_track("bp4d", factory.bp4d(tmp_path, TASKS))
    path = tmp_path / "AUCoding/AU_OCC/F001_T1.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as error:
        read("bp4d", listing, "F001_T1", first_frame=1)
    assert str(path) in str(error.value) and message in str(error.value)


@pytest.mark.parametrize(
    ("kind", "out", "missing", "message"),
    [
        ("disfa", "SN003", "ActionUnit_Labels/SN003/SN003_au1.txt", "no label file for 1: .*SN003_au1"),
        ("disfa", "SN003", "Video_LeftCamera/LeftVideoSN003_comp.avi", "no video of the left camera for 1: SN003"),
        ("afewva", "003", "003/003.json", r"no labels for 1: .*003\.json"),
        ("bp4d", "F003_T1", "2D+3D/F003/T1", "no folder of pictures, .* for 1: F003_T1"),
    ],
)
def test_what_is_missing_of_those_that_are_left_out_stops_nothing(
    tmp_path: Path, kind: str, out: str, missing: str, message: str
) -> None:
    build_corpus(kind, tmp_path)
    before = list_track(kind, tmp_path, exclude=[out])
    path = tmp_path / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=message):
        list_track(kind, tmp_path)
    assert list_track(kind, tmp_path, exclude=[out]).splits == before.splits


def test_wrong_labels_of_test_subjects_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listing = list_track("afewva", build_corpus("afewva", tmp_path))
    test_subject, train_subject = listing.subjects("test")[0], listing.subjects("train")[0]
    track, read = track_of("va"), make_reader("afewva", {})
    for subject in (test_subject, train_subject):
        path = tmp_path / subject / f"{subject}.json"
        whole = path.read_text()
        path.write_text(whole.replace('"valence": 1.0', '"valence": 11.0'))
        with pytest.raises(InputError, match=r"valence is 11\.0"):
            labels_table(listing.labels, read, track, tmp_path / "labels.parquet")
        if subject == test_subject:
            labels_table(listing.labels, read, track, tmp_path / "labels.parquet", unused={test_subject})
            subjects = read_parquet(tmp_path / "labels.parquet", labels_schema(track))["subject"].to_pylist()
            assert set(subjects) == set(listing.labels) - {test_subject}
            assert (
                f"test subject {test_subject} is left without labels, which nothing uses: {path}, frame" in caplog.text
            )
            path.write_text(whole)
    with pytest.raises(InputError, match=r"valence is 11\.0"):
        labels_table(listing.labels, read, track, tmp_path / "labels.parquet", unused={test_subject})
