"""Hume-Reaction: its tables read strictly, its layout listed, its labels kept in one table."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import warm
from hume_factory import HEADER, SPLITS, intensities_of, label_line, write_hume
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.config.data.clip_corpora import HumeCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.hume_tables import read_clip, read_intensities, read_partition
from affectflow.datasets.video.labels import labels_table, make_reader
from affectflow.datasets.video.listing import Listing, notes
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import Subject, Video

ERI = track_of("eri")


def list_hume(root: Path, **changes: object) -> Listing:
    return list_corpus(HumeCorpus.model_validate({"kind": "hume", "root": root, **changes}), ["eri"])["eri"]


@pytest.mark.parametrize("brackets", [(True, True), (False, True), (True, False), (False, False)])
def test_every_clip_is_a_video_and_a_subject(tmp_path: Path, brackets: tuple[bool, bool]) -> None:
    listing = list_hume(write_hume(tmp_path, brackets=brackets))
    names = sorted(SPLITS)
    assert listing.videos == tuple(Video(n, tmp_path / f"videos/{n}.mp4", (Subject(n),)) for n in names)
    assert listing.splits == {
        "00001": "train", "00002": "test", "00003": "train", "00007": "validation", "00010": "test"
    }  # fmt: skip
    assert listing.labels == dict.fromkeys(("00001", "00003", "00007"), (tmp_path / "labels.csv",))
    assert listing.sample == tmp_path / "partition.csv" and listing.held_out is None
    assert notes({"eri": listing}) == []


def test_spellings_of_splits_and_columns(tmp_path: Path) -> None:
    splits = {"00001": "Train", "00002": "VAL", "00003": "devel", "00004": "Validation", "00005": "Test"}
    root = write_hume(tmp_path, splits)
    assert list(list_hume(root).splits.values()) == ["train", "validation", "validation", "validation", "test"]
    path = root / "labels.csv"
    lines = path.read_text().splitlines()
    header = "Country, file_id ,SURPRISE,Adoration,Amusement,Anxiety,Disgust,Empathic Pain,fear"
    rows = [",".join(["ZA", line.split(",")[0], line.split(",")[-1], *line.split(",")[1:-1]]) for line in lines[1:]]
    path.write_bytes(("\ufeff" + "\r\n".join([header, *rows, ""])).encode())
    assert [row.intensities for row in read_intensities(path).values()] == [
        tuple(intensities_of(clip)) for clip in ("00001", "00002", "00003", "00004")
    ]


def test_one_table_may_hold_both(tmp_path: Path) -> None:
    root = write_hume(tmp_path)
    rows = [f"{label_line(c)},{split.title()}" for c, split in SPLITS.items() if split != "test"]
    rows += [f"[{c}],,,,,,,,{split.title()}" for c, split in SPLITS.items() if split == "test"]
    (root / "data_info.csv").write_text("\n".join([f"{HEADER},Split", *rows]) + "\n")
    listing = list_hume(root, labels="data_info.csv", partition="data_info.csv")
    assert listing.splits == list_hume(root).splits and set(listing.labels) == set(list_hume(root).labels)


def test_the_split_is_in_the_second_column_where_none_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "partition.csv"
    path.write_text("Id,Set,Participant\n[00004],devel,12\n00002,test,13\n")
    partition = read_partition(path)
    assert {clip: (row.written, row.split, row.line) for clip, row in partition.items()} == {
        "00004": ("[00004]", "validation", 2),
        "00002": ("00002", "test", 3),
    }


def test_what_has_no_counterpart_is_told_and_left_out(tmp_path: Path) -> None:
    extra = {f"{n:05d}": "test" for n in range(100, 125)}
    root = write_hume(tmp_path, SPLITS | extra)
    for clip in (*extra, "00003"):
        (root / f"videos/{clip}.mp4").unlink()
    (root / "videos/more").mkdir()
    (root / "videos/more/99999.mp4").touch()
    with (root / "labels.csv").open("a") as table:
        table.write(label_line("00010") + "\n")
    listing = list_hume(root)
    assert {video.video for video in listing.videos} == {"00001", "00002", "00007", "00010"} == set(listing.splits)
    assert set(listing.labels) == {"00001", "00007"}
    names = ", ".join(["00003", *list(extra)[:19]])
    assert notes({"eri": listing}) == [
        f"26 clip(s) of the corpus's tables have no file, and are left out: {names}, …",
        "1 video(s) are in no table of the corpus, and are left out: 99999",
        "1 test clip(s) have labels, which are not used: 00010",
    ]


def test_clips_that_settings_leave_out(tmp_path: Path) -> None:
    root = write_hume(tmp_path)
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace(label_line("00003") + "\n", ""))
    listing = list_hume(root, exclude=["00003"])
    assert "00003" not in listing.splits and len(listing.videos) == 4
    assert notes({"eri": listing}) == ["left out by corpus.exclude: 00003"]
    with pytest.raises(InputError, match=r"corpus\.exclude: no clip of .*partition\.csv is named '\[00003\]'"):
        list_hume(root, exclude=["[00003]"])


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        (
            "labels",
            HEADER,
            HEADER.replace("Fear", "Joy"),
            "labels.csv, line 1: the header lacks Fear; expected File_ID",
        ),
        ("labels", "File_ID", "clip", "line 1: the header lacks File_ID"),
        ("labels", HEADER, f"{HEADER},fear", "line 1: the header names Fear twice"),
        ("labels", label_line("00001"), "[00001],0,0,1,0,0,0", "line 3: found 7 columns"),
        ("labels", label_line("00001"), "[00001],0,0,1,0,0,0,high", "line 3: Surprise is 'high', expected a number in"),
        ("labels", label_line("00001"), "[00001],0,0,1,0,0,,0", "line 3: Fear is '', expected a number"),
        ("labels", label_line("00001"), "[00001],0,0,1,0,0,nan,0", "line 3: Fear is 'nan', expected a number"),
        ("labels", label_line("00001"), "[00001],0,0,1,-0.1,0,0,0", r"line 3: Disgust is -0.1, expected .* \[0, 1\]"),
        ("labels", label_line("00001"), "[00001],0,0,1,0,1.2,0,0", "line 3: Empathic-Pain is 1.2"),
        ("labels", label_line("00001"), "[00001],0,0,0.9,0,0,0,0", "line 3: the largest intensity is 0.9, expected 1"),
        ("labels", label_line("00001"), "[../1],0,0,1,0,0,0,0", r"line 3: found the clip '\[\.\./1\]'"),
        ("labels", label_line("00001"), "[00001,0,0,1,0,0,0,0", r"line 3: found the clip '\[00001', expected"),
        ("labels", label_line("00001"), label_line("00003"), "line 3: clip 00003 stands in line 2 already"),
        ("labels", label_line("00001"), label_line("00003", False), "line 3: clip 00003 stands in line 2 already"),
        ("labels", label_line("00001"), label_line("00005"), r"labels.csv, line 3: clip 00005 has labels and no split"),
        (
            "labels",
            label_line("00001") + "\n",
            "",
            "partition.csv, line 3: clip 00001 is in the train split and has no",
        ),
        (
            "labels",
            label_line("00007"),
            "[00007],,,,,,,",
            "line 4: clip 00007 is in the validation split and has no lab",
        ),
        ("labels", label_line("00001"), '"[00001],0,0,1', "unexpected end of data"),
        (
            "partition",
            "[00001],train",
            "[00001],training",
            "partition.csv, line 3: split is 'training', expected train,",
        ),
        ("partition", "[00001],train", "00003,train", "partition.csv, line 3: clip 00003 stands in line 2 already"),
        ("partition", "[00001],train", "[00001]", "partition.csv, line 3: found 1 columns"),
        (
            "partition",
            "File_ID,Split",
            "File_ID",
            "partition.csv, line 1: found 1 column.s., expected the clip",
        ),
        (
            "partition",
            "[00007],val",
            "[00007],train",
            "none of the 5 clips that have a file is of the validation split",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, table: str, old: str, new: str, message: str) -> None:
    path = write_hume(tmp_path) / f"{table}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        list_hume(tmp_path)


def test_what_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    root = write_hume(tmp_path)
    with pytest.raises(InputError, match=r"gone\.csv: no such label file"):
        list_hume(root, labels="gone.csv")
    with pytest.raises(InputError, match="clips: no such folder; expected the corpus's videos there"):
        list_hume(root, videos="clips")
    for text, message in ((HEADER, "has a header and no rows"), ("", "line 1: the header lacks File_ID, Adoration")):
        (root / "labels.csv").write_text(text)
        with pytest.raises(InputError, match=message):
            list_hume(root)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("[00010],0,0,1,0,0,0,2", "Surprise is 2, expected a number in [0, 1]"),
        ("[00010],0,0", "found 3 columns ('[00010],0,0'), expected 8"),
        ("[00010],0,0,.5,0,0,0,0", "the largest intensity is 0.5, expected 1: all are relative to it"),
    ],
)
def test_wrong_labels_that_nothing_uses_are_told(tmp_path: Path, line: str, fault: str) -> None:
    root = write_hume(tmp_path)
    before = list_hume(root)
    path = root / "labels.csv"
    with path.open("a") as table:
        table.write(f"{line}\n")
    listing = list_hume(root)
    assert (listing.splits, listing.labels) == (before.splits, before.labels)
    assert listing.remarks == (f"1 line(s) that are not used are wrong: {path}, line 5: {fault}",)
    assert read_clip([path], "00001", ERI).tolist() == [intensities_of("00001")]
    with pytest.raises(InputError, match=re.escape(f"line 5: {fault}")):
        read_clip([path], "00010", ERI)
    # Of a clip that is left out, or that has no file, too.
    path.write_text(path.read_text().replace(label_line("00001"), line.replace("00010", "00001")))
    with pytest.raises(InputError, match=re.escape(f"line 3: {fault.replace('00010', '00001')}")):
        list_hume(root)
    assert len(list_hume(root, exclude=["00001"]).remarks) == 1
    (root / "videos/00001.mp4").unlink()
    assert len(list_hume(root).remarks) == 2


@pytest.mark.parametrize("name", ["partition_train_val.csv", "Partition_2.csv", "data_info.csv"])
def test_a_table_of_splits_of_another_name_is_found(tmp_path: Path, name: str) -> None:
    root = write_hume(tmp_path, {clip: split for clip, split in SPLITS.items() if split != "test"})
    (root / "partition.csv").rename(root / name)
    listing = list_hume(root)
    assert set(listing.splits.values()) == {"train", "validation"} and listing.sample == root / name
    assert notes({"eri": listing}) == [
        "track eri has no test subject: results/test_track4.csv cannot be made, and is left out",
        f"splits are those of {root / name}",
    ]


def test_of_several_tables_of_splits_the_whole_one_is_taken(tmp_path: Path) -> None:
    root = write_hume(tmp_path)
    few = root / "partition_train_val.csv"
    few.write_text("File_ID,Split\n[00003],train\n[00007],val\n")
    assert list_hume(root).sample == root / "partition.csv"
    few.write_text("File_ID,Split\n[00003],val\n")
    with pytest.raises(InputError, match=r"partition\.csv and .*partition_train_val\.csv: disagree about splits; name"):
        list_hume(root)
    assert list_hume(root, partition="partition.csv").sample == root / "partition.csv"
    few.unlink()
    (root / "partition.csv").unlink()
    with pytest.raises(InputError, match=r"holds no table of splits, such as partition\.csv; corpus\.partition can"):
        list_hume(root)


def test_many_wrong_lines_are_counted(tmp_path: Path) -> None:
    root = write_hume(tmp_path, {f"{n:05d}": "train" for n in range(30)} | {"00030": "val", "00031": "test"})
    path = root / "labels.csv"
    path.write_text("\n".join([HEADER, *(f"[{n:05d}],0,0,0,0,0,0,2" for n in range(30)), label_line("00030")]))
    with pytest.raises(InputError) as error:
        list_hume(root)
    lines = str(error.value).splitlines()
    assert len(lines) == 21 and lines[-1] == "… and 10 more"
    assert lines[19].startswith(f"{path}, line 21: ")


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(0, 1, allow_subnormal=False), min_size=7, max_size=7),
    strongest=st.integers(0, 6),
    brackets=st.booleans(),
    space=st.sampled_from(["", " ", "\t"]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], strongest: int, brackets: bool, space: str
) -> None:
    path = tmp_path_factory.mktemp("hume") / "labels.csv"
    values[strongest] = 1.0
    clip = "[00012]" if brackets else "00012"
    path.write_text(f"{HEADER}\n{(space + ',').join([clip, *map(repr, values)])}\n")
    assert read_clip([path], "00012", ERI).tolist() == [values]
    with pytest.raises(InputError, match="has no labels of clip 12"):
        read_clip([path], "12", ERI)


def test_labels_have_one_row_a_clip(tmp_path: Path, root: Path) -> None:
    listing = list_hume(write_hume(tmp_path / "hume"))
    out, by_script = tmp_path / "labels.parquet", tmp_path / "by_script.parquet"
    labels_table(listing.labels, make_reader("hume", {}), ERI, out)
    table = read_parquet(out, labels_schema(ERI))
    assert table["subject"].to_pylist() == ["00001", "00003", "00007"]
    assert table["frame"].to_pylist() == [0, 0, 0]
    values = np.array([table[name].to_pylist() for name in ERI.targets]).T
    assert (values == np.array([intensities_of(c) for c in ("00001", "00003", "00007")], np.float32)).all()
    files = json.dumps({subject: list(map(str, paths)) for subject, paths in listing.labels.items()})
    command = [warm.python(), root / "workflow/scripts/labels.py", "--label-files", files, "--format", "hume"]
    subprocess.run([*command, "--track", "eri", "--edition", "abaw2", "--out", by_script], check=True)
    assert read_parquet(by_script, labels_schema(ERI)).equals(table)


def test_all_clips_of_the_corpus_are_listed(tmp_path: Path) -> None:
    splits = {f"{n:05d}": "train" if n <= 15_806 else "val" if n <= 20_463 else "test" for n in range(1, 25_068)}
    listing = list_hume(write_hume(tmp_path, splits))
    assert len(listing.videos) == 25_067 and len(listing.labels) == 20_463
    assert [len(listing.subjects(split)) for split in ("train", "validation", "test")] == [15_806, 4_657, 4_604]
    assert listing.remarks == ()
