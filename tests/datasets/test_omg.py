"""OMG-Emotion: its lists read strictly, its layout listed, annotations laid on frames and kept by utterance."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm
from omg_factory import HEADER, LISTS, PLACE, Row, make_omg, rows_of, write_list

from affectflow.artifacts.schemas import MANIFEST, VIDEOS, labels_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.data.corpora import OmgCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.listing import Listing, notes
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.omg_list import read_list, read_utterance
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import Subject, Video
from affectflow.datasets.video.utterance_tables import expand_to_frames, utterance_tables
from affectflow.datasets.video.utterances import Utterance

VA = track_of("va")


def list_omg(root: Path, **settings: object) -> Listing:
    return list_corpus(OmgCorpus.model_validate({"kind": "omg", "root": root, **settings}), ["va"])["va"]


def test_the_official_layout(tmp_path: Path) -> None:
    listing = list_omg(make_omg(tmp_path))
    subjects = {split: [row.subject for row in rows_of(split)] for split in ("train", "validation", "test")}
    assert listing.splits == {subject: split for split, names in subjects.items() for subject in names}
    assert set(listing.labels) == {*subjects["train"], *subjects["validation"]}
    assert listing.labels["5b44393ed_utterance_10"] == (tmp_path / "omg_TrainVideos.csv",)
    clip = tmp_path / "omg_Train/5b44393ed/utterance_10.mp4"
    assert Video("5b44393ed_utterance_10", clip, (Subject("5b44393ed_utterance_10"),)) in listing.videos
    assert len(listing.videos) == 15 and listing.sample == tmp_path / "omg_TestVideos_WithoutLabels.csv"
    assert notes({"va": listing}) == []


def test_splits_may_share_a_folder_and_test_labels_are_not_read(tmp_path: Path) -> None:
    root = make_omg(tmp_path)
    for name in ("omg_Train", "omg_Validation", "omg_Test"):
        for path in (root / name).iterdir():
            if path.name != "youtube_videos_temp":
                (root / "clips").mkdir(exist_ok=True)
                path.rename(root / "clips" / path.name)
    write_list(root / "labelled.csv", rows_of("test"))
    listing = list_omg(
        root, clips=dict.fromkeys(("train", "validation", "test"), "clips"), lists={"test": "labelled.csv"}
    )
    assert len(listing.videos) == 15 and notes({"va": listing}) == []
    assert not any(split == "test" and subject in listing.labels for subject, split in listing.splits.items())


def test_rows_without_a_clip_and_clips_without_a_row_are_told(tmp_path: Path) -> None:
    root = make_omg(tmp_path)
    for number in (2, 10):
        (root / f"omg_Train/5b44393ed/utterance_{number}.mp4").unlink()
    (root / "omg_Test/a1b44e5f3/utterance_11.mp4").touch()
    (root / "omg_Test/a1b44e5f3/notes.txt").touch()
    listing = list_omg(root)
    assert len(listing.videos) == 13 and "5b44393ed_utterance_2" not in listing.labels
    assert notes({"va": listing}) == [
        "2 utterance(s) have no clip, as of videos that can no longer be downloaded, and are left out: "
        "5b44393ed (2, 10)",
        "1 clip(s) are in no list, and are left out: a1b44e5f3 (11)",
    ]


def test_what_cannot_be_listed_is_named(tmp_path: Path) -> None:
    root = make_omg(tmp_path)
    with pytest.raises(InputError, match="elsewhere: no such folder; expected the clips of the test split"):
        list_omg(root, clips={"test": "elsewhere"})
    with pytest.raises(InputError, match=r"omg_Train: holds no clip of .*omg_ValidationVideos\.csv, such as dac2d8b01"):
        list_omg(root, clips={"validation": "omg_Train"})
    with pytest.raises(InputError, match=r"gone\.csv: no such label file"):
        list_omg(root, lists={"train": "gone.csv"})
    with pytest.raises(InputError, match=r"omg_Train.*: video 04899849f_1 is in two splits"):
        list_omg(root, lists={"validation": "omg_TrainVideos.csv"}, clips={"validation": "omg_Train"})


def test_a_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = [HEADER.upper(), "x,0,1,a_1,utterance_2.mp4,0.25,-0.5,4", "x,1,2,a_1,utterance_1.mp4, 1 ,1e-2,", "", ""]
    path.write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert read_list(path) == {Utterance("a_1", 2): (-0.5, 0.25), Utterance("a_1", 1): (0.01, 1.0)}
    assert read_utterance([path], "a_1_utterance_2", VA).tolist() == [[-0.5, 0.25]]
    with pytest.raises(InputError, match="has no utterance a_1_utterance_3"):
        read_utterance([path], "a_1_utterance_3", VA)
    write_list(path, [Row("b", 1, 0.0, 0.0)], labelled=False)
    assert read_list(path, labelled=False) == {Utterance("b", 1): None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: found the header '', expected"),
        (f"{PLACE}\nx,0,1,a,utterance_1.mp4\n", f"line 1: found the header '{PLACE}', expected '{HEADER}'"),
        (HEADER, "has a header and no rows"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,0.5\n", "line 2: found 6 columns"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,-0.1,0,1\n", r"line 2: arousal is -0.1, expected a number in \[0, 1\]"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,hot,0,1\n", "line 2: arousal is 'hot'"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,1,,1\n", "line 2: valence is ''"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,1,-1.5,1\n", "line 2: valence is -1.5"),
        (f"{HEADER}\nx,0,1,a,utterance_1.mp4,1,nan,1\n", "line 2: valence is 'nan'"),
        (f"{HEADER}\nx,0,1,../a,utterance_1.mp4,1,1,1\n", r"line 2: found the video '\.\./a'"),
        (f"{HEADER}\nx,0,1,a,utterance_x.mp4,1,1,1\n", "line 2: found the utterance 'utterance_x.mp4'"),
        (f"{HEADER}\nx,0,1,a,utterance_01.mp4,1,1,1\n", "line 2: found the utterance"),
        (
            f"{HEADER}\nx,0,1,a,utterance_1.mp4,1,1,1\n\nx,0,1,a,utterance_1.mp4,1,1,1\n",
            "line 4: a_utterance_1 stands in line 2 already",
        ),
        (f'{HEADER}\nx,0,1,a,"utterance_1.mp4,1,1,1\n', "line 2: unexpected end of data"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    root = make_omg(tmp_path)
    path = root / LISTS["train"]
    path.write_text(content)
    for number in (1, 2):
        clip = root / f"omg_Train/a/utterance_{number}.mp4"
        clip.parent.mkdir(exist_ok=True)
        clip.touch()
    with pytest.raises(InputError, match=message):
        list_omg(root)


def test_wrong_lines_of_utterances_without_a_clip_are_told(tmp_path: Path) -> None:
    root = make_omg(tmp_path)
    path = root / LISTS["train"]
    before = list_omg(root)
    lines = len(path.read_text().splitlines())
    with path.open("a") as stream:
        stream.write("x,0,1,gone,utterance_1.mp4,0.5,1.5,1\nx,0,1,gone,utterance_2.mp4,0.5\n")
    (root / LISTS["validation"]).write_text(
        (root / LISTS["validation"]).read_text() + "x,0,1,gone,utterance_3.mp4,0.5,0.5,1\n"
    )
    listing = list_omg(root)
    assert (listing.videos, listing.splits, listing.labels) == (before.videos, before.splits, before.labels)
    assert listing.remarks[1:] == (
        f"2 line(s) that are not used are wrong: {path}, line {lines + 1}: valence is 1.5, expected a number in "
        f"[-1, 1]; {path}, line {lines + 2}: found 6 columns ('x,0,1,gone,utterance_2.mp4,0.5'), expected 8",
    )
    subject = next(iter(before.labels))
    assert read_utterance([path], subject, VA).shape == (1, 2), "what is used is read"
    with pytest.raises(InputError, match=r"valence is 1\.5"):
        read_utterance([path], "gone_utterance_1", VA)
    clip = root / "omg_Train/gone/utterance_1.mp4"
    clip.parent.mkdir()
    clip.touch()
    with pytest.raises(InputError, match=r"valence is 1\.5"):
        list_omg(root)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(f"{HEADER}\nx,0,1,a\xff".encode("latin-1"))
    with pytest.raises(InputError, match="line 2: byte 0xff is not UTF-8 text"):
        read_list(path)


def script(name: str, root: Path, *words: object) -> None:
    result = subprocess.run(
        [warm.python(), root / "workflow/scripts" / f"{name}.py", *map(str, words)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


FRAMES = {"04899849f_1": 3, "5b44393ed": 5, "c0f84b343_2": 4, "dac2d8b01": 6, "1f61459b0": 2, "a1b44e5f3": 7}


def write_decoded(path: Path, listing: Listing) -> Path:
    """What decoding found of every clip: as many frames as its video stands for."""
    rows = [
        dict.fromkeys(VIDEOS.names)
        | {"video": video.video, "path": str(video.path), "frames": FRAMES[video.path.parent.name], "damaged": 0}  # type: ignore[union-attr]
        for video in listing.videos
    ]
    write_parquet(path, rows, VIDEOS)
    return path


def build_tables(folder: Path, root: Path) -> tuple[Listing, dict[str, Path]]:
    """Every table of a corpus, by the rules' scripts."""
    listing = list_omg(make_omg(folder / "omg"))
    paths = {name: folder / f"{name}.parquet" for name in ("as_read", "labels", "manifest", "utterances", "videos")}
    write_decoded(folder / "shard.parquet", listing)
    files = json.dumps({subject: list(map(str, label_files)) for subject, label_files in listing.labels.items()})
    track = ("--track", "va", "--edition", "abaw2")
    script("labels", root, "--label-files", files, "--format", "omg", *track, "--out", paths["as_read"])
    script(
        "expand_labels", root, *track, "--labels", paths["as_read"], "--videos", folder, "--shards", '["shard"]',
        "--out", paths["labels"],
    )  # fmt: skip
    manifest_table(
        [("shard", listing.videos)], listing.splits, [folder / "shard.parquet"], paths["labels"], VA, 0,
        listing.labels, paths["manifest"],
    )  # fmt: skip
    script(
        "utterance_tables", root, *track, "--utterance-labels", paths["as_read"], "--manifest", paths["manifest"],
        "--labels", paths["utterances"], "--videos", paths["videos"],
    )  # fmt: skip
    return listing, paths


def rows(path: Path) -> list[dict[str, Any]]:
    return read_parquet(path, labels_schema(VA)).to_pylist()


def test_every_frame_carries_the_annotation_of_its_utterance(tmp_path: Path, root: Path) -> None:
    listing, paths = build_tables(tmp_path, root)
    annotated = {row.subject: row for split in ("train", "validation") for row in rows_of(split)}
    assert sorted(row["subject"] for row in rows(paths["as_read"])) == sorted(annotated)
    rows_by_subject: dict[str, list[dict[str, Any]]] = {}
    for row in rows(paths["labels"]):
        rows_by_subject.setdefault(row["subject"], []).append(row)
    assert set(rows_by_subject) == set(annotated)
    for subject, subject_rows in rows_by_subject.items():
        assert [row["frame"] for row in subject_rows] == list(range(FRAMES[annotated[subject].video]))
        for row in subject_rows:
            assert row["valence"] == np.float32(annotated[subject].valence)
            assert row["arousal"] == np.float32(annotated[subject].arousal)
    manifest = read_parquet(paths["manifest"], MANIFEST).to_pylist()
    assert {row["subject"]: row["difference"] for row in manifest if row["split"] != "test"} == dict.fromkeys(
        annotated, 0
    )
    assert {row["subject"] for row in manifest} == set(listing.splits)


def test_tables_of_utterances(tmp_path: Path, root: Path) -> None:
    _, paths = build_tables(tmp_path, root)
    annotated = {(row.video, row.number): row for split in ("train", "validation") for row in rows_of(split)}
    order = {"04899849f_1": [1, 2], "5b44393ed": [2, 3, 10], "c0f84b343_2": [1, 4, 5], "dac2d8b01": [1, 2, 3]}
    expected = [
        (video, place, annotated[video, n]) for video, numbers in order.items() for place, n in enumerate(numbers)
    ]
    utterances = rows(paths["utterances"])
    assert [(row["subject"], row["frame"]) for row in utterances] == [(video, place) for video, place, _ in expected]
    assert [row["valence"] for row in utterances] == [np.float32(row.valence) for _, _, row in expected]
    assert [row["arousal"] for row in utterances] == [np.float32(row.arousal) for _, _, row in expected]
    videos = {row["subject"]: row for row in read_parquet(paths["videos"], MANIFEST).to_pylist()}
    assert {name: (row["split"], row["frames"], row["rows"]) for name, row in videos.items()} == {
        "04899849f_1": ("train", 2, 2),
        "1f61459b0": ("test", 2, None),
        "5b44393ed": ("train", 3, 3),
        "a1b44e5f3": ("test", 2, None),
        "c0f84b343_2": ("validation", 3, 3),
        "dac2d8b01": ("validation", 3, 3),
    }


def test_an_utterance_whose_clip_cannot_be_decoded_is_in_no_table(tmp_path: Path, root: Path) -> None:
    listing, paths = build_tables(tmp_path, root)
    bad = {"5b44393ed_utterance_3", "dac2d8b01_utterance_1", "a1b44e5f3_utterance_10", "a1b44e5f3_utterance_14"}
    shard = tmp_path / "shard.parquet"
    decoded = read_parquet(shard, VIDEOS).to_pylist()
    write_parquet(shard, [row | {"frames": 0} if row["video"] in bad else row for row in decoded], VIDEOS)
    expand_to_frames(paths["as_read"], [shard], VA, paths["labels"])
    assert bad.isdisjoint(row["subject"] for row in rows(paths["labels"]))
    arguments = ([("shard", listing.videos)], listing.splits, [shard], paths["labels"], VA, 0, listing.labels)
    manifest_table(*arguments, paths["manifest"], leave_out=True)
    utterance_tables(paths["as_read"], paths["manifest"], VA, paths["utterances"], paths["videos"])
    # As the rows of predictions are counted: those that are left, without gaps.
    valences = {(row.video, row.number): row.valence for split in ("train", "validation") for row in rows_of(split)}
    utterances = [(row["subject"], row["frame"], row["valence"]) for row in rows(paths["utterances"])]
    for video, numbers in {"5b44393ed": [2, 10], "dac2d8b01": [2, 3]}.items():
        expected = [(video, place, np.float32(valences[video, number])) for place, number in enumerate(numbers)]
        assert [row for row in utterances if row[0] == video] == expected
    videos = {row["subject"]: row["frames"] for row in read_parquet(paths["videos"], MANIFEST).to_pylist()}
    assert videos == {"04899849f_1": 2, "1f61459b0": 2, "5b44393ed": 2, "c0f84b343_2": 3, "dac2d8b01": 2}


def test_tables_that_do_not_fit_are_named(tmp_path: Path, root: Path) -> None:
    _, paths = build_tables(tmp_path, root)
    repeated = [*rows(paths["as_read"]), rows(paths["as_read"])[0]]
    write_parquet(tmp_path / "twice.parquet", repeated, labels_schema(VA))
    with pytest.raises(InputError, match="subject 04899849f_1_utterance_1 has more than one row"):
        expand_to_frames(tmp_path / "twice.parquet", [tmp_path / "shard.parquet"], VA, tmp_path / "out.parquet")
    decoded = [
        row for row in read_parquet(tmp_path / "shard.parquet", VIDEOS).to_pylist() if "5b44393ed" not in row["video"]
    ]
    write_parquet(tmp_path / "few.parquet", decoded, VIDEOS)
    with pytest.raises(InputError, match=r"3 utterance\(s\) have no decoded frames, such as 5b44393ed_utterance_10"):
        expand_to_frames(paths["as_read"], [tmp_path / "few.parquet"], VA, tmp_path / "out.parquet")
    manifest = read_parquet(paths["manifest"], MANIFEST).to_pylist()
    manifest[0]["split"] = "validation"
    write_parquet(tmp_path / "mixed.parquet", manifest, MANIFEST)
    with pytest.raises(InputError, match="utterances of video 04899849f_1 are in the splits train, validation"):
        utterance_tables(paths["as_read"], tmp_path / "mixed.parquet", VA, tmp_path / "a", tmp_path / "b")
