"""Readers of corpora: every layout of Aff-Wild2, and folders of videos."""

from pathlib import Path

import pytest
from affwild2_factory import ALL, list_tracks, list_va, make, write_sample

from affectflow.config.data.corpora import DemoCorpus, FolderCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName, track_of
from affectflow.datasets.video.abaw_labels import read_labels
from affectflow.datasets.video.folder import list_folder
from affectflow.datasets.video.listing import Listing, all_videos, find_videos, notes
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import Subject, Video
from affectflow.synthetic.make import make_demo


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
    listing = list_va(tmp_path)
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
    assert list(list_va(tmp_path).splits) == ["a"]


def test_two_sets_of_labels_side_by_side_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "5th/VA_Set/Train_Set/a.txt", "6th/VA_Set/Train_Set/a.txt")
    with pytest.raises(InputError, match=r"both hold labels of abaw2; set corpus\.annotations"):
        list_va(tmp_path)


@pytest.mark.parametrize(
    ("track", "folder"),
    [
        ("expr", "EXPR_Set"),
        ("expr", "EXPR_Recognition_Challenge"),
        ("expr", "6th ABAW Annotations/EXPR_Classification_Challenge"),
        ("au", "AU_Set"),
        ("au", "6th ABAW Annotations/AU_Detection_Challenge"),
    ],
)
def test_every_name_of_the_other_tracks_folders_is_read(tmp_path: Path, track: TrackName, folder: str) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", f"{folder}/Train_Set/a.txt", f"{folder}/Validation_Set/b.txt")
    assert list_tracks(tmp_path, track)[track].splits == {"a": "train", "b": "validation"}
    with pytest.raises(InputError, match="no folder VA_Set or VA_Estimation_Challenge"):
        list_tracks(tmp_path, track, "va")


def test_tracks_have_subjects_and_splits_of_their_own(tmp_path: Path) -> None:
    make(tmp_path, *(f"videos/{name}.mp4" for name in "abcd"))
    make(tmp_path, "VA_Set/Train_Set/a.txt", "VA_Set/Validation_Set/b_left.txt")
    make(tmp_path, "EXPR_Set/Train_Set/b_left.txt", "EXPR_Set/Train_Set/b_right.txt", "EXPR_Set/Test_Set/c.txt")
    listings = list_tracks(tmp_path, "va", "expr")
    assert listings["va"].splits == {"a": "train", "b_left": "validation"}
    assert listings["expr"].splits == {"b_left": "train", "b_right": "train", "c": "test"}
    assert listings["expr"].labels == {s: (tmp_path / f"EXPR_Set/Train_Set/{s}.txt",) for s in ("b_left", "b_right")}
    left, right = Subject("b_left", "left"), Subject("b_right", "right")
    path = {name: tmp_path / f"videos/{name}.mp4" for name in "abcd"}
    assert listings["va"].videos == (Video("a", path["a"], (Subject("a"),)), Video("b", path["b"], (left,)))
    assert all_videos(listings) == (
        Video("a", path["a"], (Subject("a"),)),
        Video("b", path["b"], (left, right)),
        Video("c", path["c"], (Subject("c"),)),
    )
    assert listings["va"].unused == listings["expr"].unused == (path["d"],)
    assert notes(listings)[0] == "1 video(s) without labels and in no test list are left out: d.mp4"
    assert list_va(tmp_path).unused == (path["c"], path["d"])


def test_tracks_that_disagree_about_a_side_or_a_file_are_an_error() -> None:
    def listing(path: str, subject: Subject) -> Listing:
        return Listing((Video("a", Path(path), (subject,)),), {subject.subject: "train"}, {})

    left, only = Subject("a_left", "left"), Subject("a_left")
    with pytest.raises(InputError, match=r"a\.mp4: subject a_left is 'left' in one track and 'only' in track expr"):
        all_videos({"va": listing("a.mp4", left), "expr": listing("a.mp4", only)})
    with pytest.raises(InputError, match=r"a\.mp4 and b/a\.mp4: track expr has another video a"):
        all_videos({"va": listing("a.mp4", left), "expr": listing("b/a.mp4", left)})


def test_lists_and_samples_are_found_and_named_by_track(tmp_path: Path) -> None:
    make(tmp_path, *(f"videos/{name}.mp4" for name in "abc"))
    lists = {"va": "Valence_Arousal_Estimation", "expr": "Expression_Recognition", "au": "Action_Unit_Detection"}
    samples = {"va": "VA", "expr": "Expr", "au": "AU"}
    (tmp_path / "names_of_videos_in_each_test_set").mkdir()
    for track, folder in (("va", "VA_Set"), ("expr", "EXPR_Set"), ("au", "AU_Set")):
        make(tmp_path, f"{folder}/Train_Set/a.txt")
        sample = f"ABAW/prediction_files_format/CVPR_6th_ABAW_{samples[track]}_test_set_sample.txt"
        write_sample(tmp_path / sample, track, "b" if track == "va" else "c")
        names = tmp_path / f"names_of_videos_in_each_test_set/{lists[track]}_Challenge_test_set_release.txt"
        names.write_text("b\n" if track == "va" else "c\n")
    listings = list_tracks(tmp_path, *ALL)
    for track in ALL:
        assert listings[track].test_list is not None and listings[track].test_list.name.startswith(lists[track])
        assert listings[track].sample is not None and f"_{samples[track]}_" in listings[track].sample.name
        assert listings[track].subjects("test") == (["b"] if track == "va" else ["c"])
    (tmp_path / "mine.txt").write_text("b\nc\n")
    configured = list_tracks(tmp_path, *ALL, test_list={"au": "mine.txt"}, held_out={"expr": "apart"})
    assert configured["au"].subjects("test") == ["b", "c"]
    assert configured["expr"].test_list == listings["expr"].test_list
    assert [configured[track].held_out for track in ALL] == [None, tmp_path / "apart", None]
    with pytest.raises(InputError, match=r"gone\.txt: no such file"):
        list_tracks(tmp_path, "va", test_sample={"va": "gone.txt"})


@pytest.mark.parametrize("edition", ["abaw2", "abaw3"])
def test_the_made_demo_is_read_like_a_real_copy(tmp_path: Path, edition: str) -> None:
    shape = {"subjects": (3, 2, 2), "seconds": 1, "rate": 10, "width": 320, "height": 180}
    demo = DemoCorpus.model_validate({"kind": "demo", "root": tmp_path, "edition": edition, **shape})
    make_demo(demo)
    planned_listings, listings = list_corpus(demo, ALL), list_tracks(tmp_path, *ALL, edition=edition)
    for track in ALL:
        listing, plan = listings[track], planned_listings[track]
        assert (listing.videos, listing.splits, listing.labels) == (plan.videos, plan.splits, plan.labels)
        assert (listing.test_list, listing.sample) == (plan.test_list, plan.sample)
        assert listing.labels
        for (path,) in listing.labels.values():
            assert len(read_labels(path, track_of(track, demo.edition))) in (9, 10)
        assert plan.held_out is not None
        assert sorted(path.stem for path in plan.held_out.iterdir()) == listing.subjects("test")


def test_a_suffix_that_belongs_to_the_video_s_own_name_is_no_side(tmp_path: Path) -> None:
    make(tmp_path, "videos/turn_left.mp4", "VA_Set/Train_Set/turn_left.txt")
    assert list_va(tmp_path).videos[0].subjects == (Subject("turn_left", "only"),)


def test_main_subject_shares_the_video_s_name(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a_main.txt")
    assert list_va(tmp_path).videos[0].subjects == (Subject("a_main", "only"),)


def test_the_test_split_comes_from_the_official_list(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "videos/c.mp4", "VA_Set/Train_Set/a.txt")
    names = tmp_path / "names_of_videos_in_each_test_set/Valence_Arousal_Estimation_Challenge_test_set_release.txt"
    names.parent.mkdir()
    names.write_text("c_left\nb\n\nc_right\n")
    listing = list_va(tmp_path)
    assert listing.test_list == names
    assert listing.subjects("test") == ["b", "c_left", "c_right"]


def test_the_test_split_comes_from_the_sample_file_without_a_list(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "VA_Set/Train_Set/a.txt")
    sample = tmp_path / "ABAW/prediction_files_format/CVPR_6th_ABAW_VA_test_set_sample.txt"
    sample.parent.mkdir(parents=True)
    sample.write_text("image_location,valence,arousal\nb/00001.jpg,\nb/00002.jpg,\n")
    listing = list_va(tmp_path)
    assert (listing.sample, listing.subjects("test")) == (sample, ["b"])


def test_labels_without_a_video_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a.txt", "VA_Set/Train_Set/gone.txt")
    with pytest.raises(InputError, match=r"no video for 1 subject\(s\): gone \(.*gone\.txt\)"):
        list_va(tmp_path)


def test_a_subject_in_two_splits_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "VA_Set/Train_Set/a.txt", "VA_Set/Validation_Set/a.txt")
    with pytest.raises(InputError, match="subject a is in two splits"):
        list_va(tmp_path)


def test_two_videos_of_one_name_are_an_error(tmp_path: Path) -> None:
    make(tmp_path, "videos/batch1/a.mp4", "videos/batch2/a.avi", "VA_Set/Train_Set/a.txt")
    with pytest.raises(InputError, match="both named 'a'"):
        list_va(tmp_path)


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="videos: no such folder"):
        list_va(tmp_path)
    make(tmp_path, "videos/a.mp4")
    with pytest.raises(InputError, match="no folder VA_Set or VA_Estimation_Challenge"):
        list_va(tmp_path)


def test_excluded_videos_are_left_out_with_all_their_subjects(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "VA_Set/Train_Set/a.txt")
    make(tmp_path, "VA_Set/Train_Set/b_left.txt", "VA_Set/Train_Set/b_right.txt")
    listing = list_va(tmp_path, exclude=["b"])
    assert (list(listing.splits), listing.excluded) == (["a"], ("b",))
    with pytest.raises(InputError, match="no subject or video of va is named 'z'"):
        list_va(tmp_path, exclude=["z"])


def test_what_is_excluded_need_not_be_in_every_track(tmp_path: Path) -> None:
    make(tmp_path, "videos/a.mp4", "videos/b.mp4", "VA_Set/Train_Set/a.txt", "AU_Set/Train_Set/a.txt")
    make(tmp_path, "AU_Set/Train_Set/b.txt")
    listings = list_tracks(tmp_path, "va", "au", exclude=["b"])
    assert list(listings["va"].splits) == list(listings["au"].splits) == list(listings["au"].labels) == ["a"]
    assert notes(listings)[1] == "left out by corpus.exclude: b"
    with pytest.raises(InputError, match="no subject or video of va, au is named 'z'"):
        list_tracks(tmp_path, "va", "au", exclude=["b", "z"])


def test_folder_takes_every_video(tmp_path: Path) -> None:
    make(tmp_path, "one two.mp4", "deep/-dash.MOV", "notes.md", ".hidden.mp4")
    listing = list_folder(FolderCorpus(kind="folder", root=tmp_path))
    assert [video.video for video in listing.videos] == ["-dash", "one two"]
    assert set(listing.splits.values()) == {"test"}
    both = list_corpus(FolderCorpus(kind="folder", root=tmp_path), ("va", "expr"))
    assert both == {"va": listing, "expr": listing}
    assert all_videos(both) == listing.videos


def test_linked_folders_and_files_are_followed(tmp_path: Path) -> None:
    make(tmp_path, "corpus/b.mp4", "disk/batch/a.mp4", "disk/batch/c.mp4", "elsewhere/d.mp4")
    (tmp_path / "corpus/batch1").symlink_to(tmp_path / "disk/batch")
    (tmp_path / "corpus/z.mp4").symlink_to(tmp_path / "elsewhere/d.mp4")
    videos = find_videos(tmp_path / "corpus")
    assert videos == {
        "b": tmp_path / "corpus/b.mp4",
        "a": tmp_path / "corpus/batch1/a.mp4",
        "c": tmp_path / "corpus/batch1/c.mp4",
        "z": tmp_path / "corpus/z.mp4",
    }


def test_links_that_lead_nowhere_or_round_are_errors(tmp_path: Path) -> None:
    make(tmp_path, "lost/a.mp4", "round/deep/a.mp4")
    (tmp_path / "lost/b.mp4").symlink_to(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match=r"lost/b\.mp4: is no file, or a link that leads nowhere"):
        find_videos(tmp_path / "lost")
    (tmp_path / "round/deep/up").symlink_to(tmp_path / "round")
    with pytest.raises(InputError, match=r"round/deep/up: is a link to .*round, in which it lies"):
        find_videos(tmp_path / "round")


def test_folder_without_videos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no video in it"):
        list_folder(FolderCorpus(kind="folder", root=tmp_path))
