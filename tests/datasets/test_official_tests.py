"""Test lists and samples of every release are found by what they hold; editions are told by headers."""

from pathlib import Path

import pytest
from affwild2_factory import ALL, list_tracks, list_va, make, write_sample

from affectflow.core.errors import InputError
from affectflow.core.tracks import Release, TrackName
from affectflow.datasets.video.listing import notes

FOLDERS: dict[TrackName, str] = {"va": "VA_Set", "expr": "EXPR_Set", "au": "AU_Set"}


def corpus(root: Path, edition: Release = "abaw2") -> Path:
    """Videos a to e, of which a trains and b validates every track."""
    make(root, *(f"videos/{name}.mp4" for name in "abcde"))
    for folder in FOLDERS.values():
        make(root, f"{folder}/Train_Set/a.txt", f"{folder}/Validation_Set/b.txt", edition=edition)
    return root


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


LISTS = {
    "of ABAW2": ("va_test_set.txt", "expression_test_set.txt", "aus_test_set.txt"),
    "of ABAW2, in a folder": tuple(f"test_set/{n}_test_set.txt" for n in ("va", "expression", "aus")),
    "released": tuple(f"6th/labels/{n}_test_set_release.txt" for n in ("va", "expr", "au")),
    "of ABAW3": tuple(
        f"names_of_videos_in_each_test_set/{n}_Challenge_test_set_release.txt"
        for n in ("Valence_Arousal_Estimation", "Expression_Recognition", "Action_Unit_Detection")
    ),
    "by their folders": tuple(f"{n}/names.csv" for n in FOLDERS.values()),
}
SAMPLES = {
    "of ABAW5": "test_set_examples/CVPR_5th_ABAW_{}_test_set_sample.txt",
    "of ABAW6, example": "test_set_examples/test_set_examples 2/CVPR_6th_ABAW_{}_test_set_example.txt",
    "of ABAW6": "prediction_files_format/CVPR_6th_ABAW_{}_test_set_sample.txt",
    "of ABAW9": "ABAW/test set/prediction_files_format/ICCV_9th_ABAW_{}_test_set_sample.csv",
    "of no name": "{}.txt",
}


@pytest.mark.parametrize("names", LISTS.values(), ids=LISTS.keys())
def test_lists_of_every_release_are_found(tmp_path: Path, names: tuple[str, ...]) -> None:
    corpus(tmp_path)
    for track, name in zip(ALL, names, strict=True):
        write(tmp_path / name, "d_left\r\nc\r\n\r\n" if track == "va" else "e\n")
    listings = list_tracks(tmp_path, *ALL)
    for track, name in zip(ALL, names, strict=True):
        assert (listings[track].test_list, listings[track].sample) == (tmp_path / name, None)
        assert listings[track].subjects("test") == (["c", "d_left"] if track == "va" else ["e"])
        count = 2 if track == "va" else 1
        remark = f"track {track}: {count} test subjects; found subjects from {tmp_path / name}"
        assert listings[track].remarks == (remark,) and remark in notes(listings)


@pytest.mark.parametrize("form", SAMPLES.values(), ids=SAMPLES.keys())
@pytest.mark.parametrize("expressions", ["Expr", "EXPR"])
def test_samples_of_every_release_are_found(tmp_path: Path, form: str, expressions: str) -> None:
    corpus(tmp_path, "abaw3")
    names = {track: form.format({"va": "VA", "expr": expressions, "au": "AU"}[track]) for track in ALL}
    for track, name in names.items():
        write_sample(tmp_path / name, track, "c_right", "d", edition="abaw3")
    listings = list_tracks(tmp_path, *ALL, edition="abaw3")
    for track, name in names.items():
        assert (listings[track].test_list, listings[track].sample) == (None, tmp_path / name)
        assert listings[track].subjects("test") == ["c_right", "d"]
        assert listings[track].remarks == (f"track {track}: 2 test subjects; found rows from {tmp_path / name}",)


def test_a_sample_whose_columns_are_others_is_of_the_track_that_its_name_says(tmp_path: Path) -> None:
    corpus(tmp_path)
    sample = write(
        tmp_path / "test/CVPR_5th_ABAW_EXPR_test_set_sample.txt", "image_location,expression\nc/00001.jpg,\n"
    )
    assert list_tracks(tmp_path, "expr")["expr"].sample == sample


def test_a_list_and_a_sample_that_agree_are_both_taken(tmp_path: Path) -> None:
    corpus(tmp_path)
    names = write(tmp_path / "va_test_set.txt", "d\nc\n")
    sample = write_sample(tmp_path / "x/VA_test_set_example.txt", "va", "c", "d")
    listing = list_va(tmp_path)
    assert (listing.test_list, listing.sample) == (names, sample)
    assert listing.remarks == (f"track va: 2 test subjects; found subjects from {names} and rows from {sample}",)


def test_two_files_that_agree_are_one(tmp_path: Path) -> None:
    corpus(tmp_path)
    near = write_sample(tmp_path / "5th/VA_test_set_sample.txt", "va", "c", "d")
    write_sample(tmp_path / "6th/again/VA_test_set_sample.txt", "va", "c", "d")
    assert list_va(tmp_path).sample == near


@pytest.mark.parametrize("kind", ["lists", "samples", "both"])
def test_two_files_that_disagree_are_an_error_that_names_both(tmp_path: Path, kind: str) -> None:
    corpus(tmp_path)
    one, two = tmp_path / "5th/va_test_set.txt", tmp_path / "6th/va_test_set.txt"
    if kind == "lists":
        write(one, "c\n"), write(two, "c\nd\n")
        message = f"{one} and {two}: both could be meant, and they disagree; name one in corpus.test_list.va"
        choice, subjects = {"test_list": {"va": "6th/va_test_set.txt"}}, ["c", "d"]
    elif kind == "samples":
        write_sample(one, "va", "c"), write_sample(two, "va", "c", "d")
        message = f"{one} and {two}: both could be meant, and they disagree; name one in corpus.test_sample.va"
        choice, subjects = {"test_sample": {"va": "6th/va_test_set.txt"}}, ["c", "d"]
    else:
        write(one, "c\ne\n"), write_sample(two, "va", "c", "d")
        message = (
            f"{one} and {two}: disagree about the test subjects of track va: 1 subject(s) in va_test_set.txt alone, "
            "such as e; 1 subject(s) in va_test_set.txt alone, such as d; name"
        )
        choice, subjects = {"test_sample": {"va": "6th/va_test_set.txt"}}, ["c", "d"]
    with pytest.raises(InputError) as error:
        list_va(tmp_path)
    assert str(error.value).startswith(message)
    assert list_va(tmp_path, **choice).subjects("test") == subjects


def test_other_files_are_no_test_files(tmp_path: Path) -> None:
    corpus(tmp_path)
    write(tmp_path / "va_train_set.txt", "a\n")
    write(tmp_path / "va_names.txt", "a\nb\n")  # all have labels
    write(tmp_path / "VA_README.txt", "Valence and arousal of c.\n")
    write(tmp_path / "va_test_frames.txt", "c 120\nd 90\n")
    write(tmp_path / "cropped_aligned/va_test_set.txt", "c\n")
    write(tmp_path / "videos/va_test_set.txt", "c\n")
    write(tmp_path / "c/va_test_set.txt", "c\n")
    write(tmp_path / ".trash/va_test_set.txt", "c\n")
    listing = list_va(tmp_path)
    assert (listing.test_list, listing.sample, listing.subjects("test")) == (None, None, [])


def test_what_is_passed_is_said_where_a_track_has_no_test_subject(tmp_path: Path) -> None:
    corpus(tmp_path)
    filled_sample = write_sample(tmp_path / "mine/predictions.txt", "va", "c", value="0.5,0.25")
    later_sample = write_sample(tmp_path / "Expr_test_set_sample.txt", "expr", "c", edition="abaw3")
    names = write(tmp_path / "names.txt", "c\nd\n")
    listings = list_tracks(tmp_path, "va", "expr")
    messages = notes(listings)
    assert f"{filled_sample}: has the form of a sample prediction file, but holds values" in messages
    assert f"{later_sample}: is the sample of abaw3, and corpus.edition is abaw2" in messages
    assert f"{names}: is a list of names, and neither its name nor its folder's says a track" in messages
    assert [note for note in messages if "no test subject" in note] == [
        f"track {track} has no test subject: results/test_track{number}.csv cannot be made, and is left out"
        for track, number in (("va", 1), ("expr", 2))
    ]
    write(tmp_path / "va_test_set.txt", "c\n")
    assert not any(str(filled_sample) in remark for remark in list_va(tmp_path).remarks)


@pytest.mark.parametrize(
    ("track", "edition", "files", "fitting"),
    [
        ("expr", "abaw2", "abaw3", "abaw3"),
        ("expr", "abaw3", "abaw2", "abaw1 and abaw2"),
        ("au", "abaw2", "abaw1", "abaw1"),
        ("au", "abaw1", "abaw3", "abaw2 and abaw3"),
    ],
)
def test_a_wrong_edition_is_seen_from_the_headers(
    tmp_path: Path, track: TrackName, edition: Release, files: Release, fitting: str
) -> None:
    corpus(tmp_path, files)
    list_tracks(tmp_path, *ALL, edition=files)
    pattern = (
        rf"{FOLDERS[track]}/(Train|Validation)_Set/[ab]\.txt, line 1: found the header .* it is that of {fitting}: set"
    )
    with pytest.raises(InputError, match=rf"{pattern} corpus\.edition, which is {edition}"):
        list_tracks(tmp_path, track, edition=edition)
    # Who is left out is not looked at: the label file is not used.
    make(tmp_path, f"{FOLDERS[track]}/Train_Set/c.txt", edition=edition)
    make(tmp_path, f"{FOLDERS[track]}/Validation_Set/d.txt", edition=edition)
    assert list_tracks(tmp_path, track, edition=edition, exclude=["a", "b"])[track].splits == {
        "c": "train", "d": "validation"
    }  # fmt: skip


def test_annotations_of_several_editions_may_lie_side_by_side(tmp_path: Path) -> None:
    corpus(tmp_path / "2nd ABAW", "abaw2")
    corpus(tmp_path / "3rd ABAW", "abaw3")
    for folder in ("2nd ABAW", "3rd ABAW"):
        (tmp_path / folder / "videos").rename(tmp_path / ("videos" if folder[0] == "2" else "same"))
    for edition, folder in (("abaw2", "2nd ABAW"), ("abaw3", "3rd ABAW")):
        listings = list_tracks(tmp_path, *ALL, edition=edition)
        for track in ALL:
            assert listings[track].labels["a"] == (tmp_path / folder / FOLDERS[track] / "Train_Set/a.txt",)
    with pytest.raises(InputError, match=r"both hold labels, and neither of abaw1; set corpus\.annotations"):
        list_va(tmp_path, edition="abaw1")
