"""Readers of corpora: every layout of Aff-Wild2, and folders of videos."""

from pathlib import Path

import pytest

from affectflow.config.corpora import AffWild2Corpus, DemoCorpus, FolderCorpus
from affectflow.corpus.affwild2 import list_affwild2
from affectflow.corpus.demo.listing import list_demo
from affectflow.corpus.demo.make import make_demo
from affectflow.corpus.folder import list_folder
from affectflow.corpus.listing import Listing
from affectflow.corpus.shard import Subject, Video, shards
from affectflow.errors import InputError


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("valence,arousal\n0,0\n" if path.suffix == ".txt" else "")
    return root


def listed(root: Path, **settings: object) -> Listing:
    return list_affwild2(AffWild2Corpus.model_validate({"kind": "affwild2", "root": root, **settings}))


@pytest.mark.parametrize("prefix", ["", "annotations/", "6th ABAW Annotations/"])
@pytest.mark.parametrize("challenge", ["VA_Set", "VA_Estimation_Challenge"])
@pytest.mark.parametrize("train", ["Train_Set", "Training_Set"])
def test_every_name_of_the_annotation_folders_is_read(tmp_path: Path, prefix: str, challenge: str, train: str) -> None:
    make(
        tmp_path,
        "videos/batch1/1-30-1280x720.mp4",
        "videos/batch2/video45_3.avi",
        "videos/extra.mp4",
        f"{prefix}{challenge}/{train}/1-30-1280x720.txt",
        f"{prefix}{challenge}/Validation_Set/video45_3_left.txt",
        f"{prefix}{challenge}/Validation_Set/video45_3_right.txt",
    )
    listing = listed(tmp_path)
    assert listing.splits == {
        "1-30-1280x720": "train",
        "video45_3_left": "validation",
        "video45_3_right": "validation",
    }
    assert listing.videos == (
        Video("1-30-1280x720", tmp_path / "videos/batch1/1-30-1280x720.mp4", (Subject("1-30-1280x720"),)),
        Video(
            "video45_3",
            tmp_path / "videos/batch2/video45_3.avi",
            (Subject("video45_3_left", "left"), Subject("video45_3_right", "right")),
        ),
    )
    assert listing.unused == (tmp_path / "videos/extra.mp4",)


def test_labels_beside_the_videos_go_before_those_one_folder_down(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a.txt", "older/VA_Set/Train_Set/b.txt")
    assert list(listed(tmp_path).splits) == ["a"]


def test_two_sets_of_labels_side_by_side_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "5th/VA_Set/Train_Set/a.txt", "6th/VA_Set/Train_Set/a.txt")
    with pytest.raises(InputError, match=r"both hold labels; set corpus\.annotations"):
        listed(tmp_path)


def test_the_made_demo_is_read_like_a_real_copy(tmp_path: Path) -> None:
    demo = DemoCorpus(kind="demo", root=tmp_path, subjects=(3, 2, 2), seconds=1, rate=10, width=320, height=180)
    make_demo(demo)
    planned, read = list_demo(demo), listed(tmp_path)
    assert (read.videos, read.splits, read.labels) == (planned.videos, planned.splits, planned.labels)
    assert (read.test_list, read.sample) == (planned.test_list, planned.sample)


def test_a_suffix_that_belongs_to_the_video_s_own_name_is_no_side(tmp_path: Path) -> None:
    make(tmp_path, "videos/turn_left.mp4", "VA_Set/Train_Set/turn_left.txt")
    assert listed(tmp_path).videos[0].subjects == (Subject("turn_left", "only"),)


def test_main_subject_shares_the_video_s_name(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a_main.txt")
    assert listed(tmp_path).videos[0].subjects == (Subject("a_main", "only"),)


def test_the_test_split_comes_from_the_official_list(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "videos/c.mp4", "VA_Set/Train_Set/a.txt")
    names = tmp_path / "names_of_videos_in_each_test_set/Valence_Arousal_Estimation_Challenge_test_set_release.txt"
    names.parent.mkdir()
    names.write_text("c_left\nb\n\nc_right\n")
    listing = listed(tmp_path)
    assert listing.test_list == names
    assert listing.subjects("test") == ["b", "c_left", "c_right"]


def test_the_test_split_comes_from_the_sample_file_without_a_list(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "VA_Set/Train_Set/a.txt")
    sample = tmp_path / "ABAW/prediction_files_format/CVPR_6th_ABAW_VA_test_set_sample.txt"
    sample.parent.mkdir(parents=True)
    sample.write_text("image_location,valence,arousal\nb/00001.jpg,\nb/00002.jpg,\n")
    listing = listed(tmp_path)
    assert (listing.sample, listing.subjects("test")) == (sample, ["b"])


def test_labels_without_a_video_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a.txt", "VA_Set/Train_Set/gone.txt")
    with pytest.raises(InputError, match=r"no video for 1 subject\(s\): gone \(.*gone\.txt\)"):
        listed(tmp_path)


def test_a_subject_in_two_splits_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a.txt", "VA_Set/Validation_Set/a.txt")
    with pytest.raises(InputError, match="subject a is in two splits"):
        listed(tmp_path)


def test_two_videos_of_one_name_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/batch1/a.mp4", "videos/batch2/a.avi", "VA_Set/Train_Set/a.txt")
    with pytest.raises(InputError, match="both named 'a'"):
        listed(tmp_path)


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="videos: no such folder"):
        listed(tmp_path)
    make(tmp_path, "videos/a.mp4")
    with pytest.raises(InputError, match="no folder VA_Set or VA_Estimation_Challenge"):
        listed(tmp_path)


def test_excluded_videos_are_left_out_with_all_their_subjects(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "VA_Set/Train_Set/a.txt")
    make(tmp_path, "VA_Set/Train_Set/b_left.txt", "VA_Set/Train_Set/b_right.txt")
    listing = listed(tmp_path, exclude=["b"])
    assert (list(listing.splits), listing.excluded) == (["a"], ("b",))
    with pytest.raises(InputError, match="no subject or video is named 'z'"):
        listed(tmp_path, exclude=["z"])


def test_folder_takes_every_video(tmp_path: Path) -> None:
    make(tmp_path, "one two.mp4", "deep/-dash.MOV", "notes.md", ".hidden.mp4")
    listing = list_folder(FolderCorpus(kind="folder", root=tmp_path))
    assert [video.video for video in listing.videos] == ["-dash", "one two"]
    assert set(listing.splits.values()) == {"test"}


def test_folder_without_videos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no video in it"):
        list_folder(FolderCorpus(kind="folder", root=tmp_path))


def test_one_video_a_shard_bears_its_name_where_that_is_plain() -> None:
    names = ["12-24-1920x1080", "-x", "a b", "ü'\"", "a_b"]
    found = shards([Video(name, Path(name)) for name in names], 1)
    assert {"12-24-1920x1080", "a_b"} <= set(found)
    assert len(found) == len(names)
    assert all(c.isascii() and (c.isalnum() or c in "-_.") for shard in found for c in shard)


def test_a_new_video_dirties_one_shard() -> None:
    videos = [Video(f"clip{number}", Path("x")) for number in range(500)]
    before = shards(videos, 10)
    after = shards([*videos, Video("new", Path("x"))], 10)
    assert sum(before.get(name) != group for name, group in after.items()) == 1
    assert sum(len(group) for group in before.values()) == 500
