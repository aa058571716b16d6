"""Cuts between shots, in made films (those of the benchmark) and in files whose cuts were seen by eye."""

import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Decoded

from affectflow.preprocessing.media.shots import DELAY, CutFinder, find_cuts
from affectflow.preprocessing.media.still import Still

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from cut_films import KINDS, boxed, films, level, photographs, shot, view

MISSED = "jump cuts, background still"
HARD = ("light flashing all the time", "pan, .06 widths a frame", "shaken")


def found(pictures) -> list[int]:
    return [frame for frame, cut in enumerate(find_cuts(pictures)) if cut]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (*HARD, MISSED)])
def test_cuts_of_made_films_are_found_and_no_others(kind):
    for film in films(kind, 2):
        within = [f for f in found(film.pictures) if not any(a <= f <= b for a, b in film.transitions)]
        assert within == list(film.cuts)


@pytest.mark.parametrize("kind", HARD)
def test_what_is_hard_has_few_faults(kind):
    """At most one cut of a film is missed, and at most one is false."""
    for film in films(kind, 2):
        assert len(set(film.cuts) - set(found(film.pictures))) <= 1
        assert len(set(found(film.pictures)) - set(film.cuts)) <= 1


def test_what_changes_in_less_than_half_of_the_picture_is_never_a_false_cut():
    """A person who jumps before a background that stays is seen or missed, by how much of the picture that is."""
    for film in films(MISSED, 2):
        assert set(found(film.pictures)) <= set(film.cuts)


def scene(index: int, frames: int = 6) -> list[np.ndarray]:
    return shot(photographs()[index], np.random.default_rng(index), frames)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(3, 7)), min_size=1, max_size=5))
@settings(deadline=None, max_examples=25)
def test_one_answer_a_frame_and_never_the_first(shots):
    pictures = [p for index, frames in shots for p in scene(index, frames)]
    finder, answers = CutFinder(), []
    for number, picture in enumerate(pictures):
        answers += finder.add(picture)
        assert len(answers) == max(0, number + 1 - DELAY)
    answers += finder.finish()
    assert len(answers) == len(pictures) and not answers[0]
    assert finder.finish() == []
    # Neighbours that show the same photograph are one shot.
    starts = np.cumsum([frames for _, frames in shots])[:-1]
    changes = [int(s) for s, (a, b) in zip(starts, pairwise(shots), strict=True) if a[0] != b[0]]
    assert [n for n, cut in enumerate(answers) if cut] == changes


@given(st.integers(0, 12), st.integers(1, DELAY), st.floats(1.5, 4), st.sampled_from([0, 80, 255, -255]))
@settings(deadline=None, max_examples=25)
def test_a_flash_or_a_black_frame_is_no_cut_wherever_it_is(first, length, gain, offset):
    pictures = scene(0, 12 + DELAY)
    for frame in range(first, min(first + length, len(pictures))):
        pictures[frame] = level(pictures[frame], gain, offset)
    lit_at_an_end = first < 1 or first + length >= len(pictures)
    assert found(pictures) == [] or lit_at_an_end


def test_a_white_frame_between_two_shots_is_one_cut():
    pictures = [*scene(0), np.full((180, 320, 3), 255, np.uint8), *scene(2)]
    assert found(pictures) == [6]


def test_a_cut_that_a_few_last_frames_follow():
    assert found([*scene(0), *scene(2, 1)]) == [6]
    assert found([*scene(0, 1), *scene(2)]) == [1]
    assert found(scene(0, 1)) == [] == found([])


@pytest.mark.parametrize("size", [(80, 45), (160, 90), (640, 360), (90, 160)])
def test_any_size_of_picture(size):
    assert found([cv2.resize(p, size) for p in [*scene(0), *scene(2), *scene(3)]]) == [6, 12]


def test_bars_are_left_out_by_the_number():
    """A change within bars is the change of the picture without them."""
    a, b = (cv2.resize(view(photographs()[n], 0.5, 0.5), (160, 90)) for n in (0, 2))
    columns = slice(60, 100)
    with_bars = [Still(boxed(p, slice(None), columns)) for p in (a, b)]
    alone = [Still(np.ascontiguousarray(p[:, columns])) for p in (a, b)]
    of_bars, of_part = (x.change(y, np.maximum(x.lightest, y.lightest)) for x, y in (with_bars, alone))
    assert of_bars == pytest.approx(of_part) and of_part > 0.3


def test_the_change_is_symmetric_bounded_and_nothing_for_the_same_picture():
    stills = [Still(view(p, 0.5, 0.5)) for p in (*photographs(), np.zeros((400, 600, 3), np.uint8))]
    lightest = np.max([s.lightest for s in stills], axis=0)
    for a in stills:
        assert a.change(a, lightest) == 0
        for b in stills:
            assert 0 <= a.change(b, lightest) <= 1.5
            assert a.change(b, lightest) == pytest.approx(b.change(a, lightest))


def test_half_the_contrast_is_no_change():
    a = view(photographs()[2], 0.5, 0.5)
    x, y = Still(a), Still(level(a, 0.5, 60))
    assert x.change(y, np.maximum(x.lightest, y.lightest)) < 0.02


@pytest.mark.parametrize(
    ("name", "cuts"), [("one_person_jumpcuts.mp4", [37, 74, 112]), ("two_people_pillarbox.mp4", [24, 49, 74])]
)
def test_cuts_of_files_that_failed(cases, tmp_path, name, cuts):
    assert found(Decoded(cases / name, tmp_path).pictures()) == cuts


@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        ("mexca_test_video_audio_5_seconds.mp4", [92]),
        ("pyfeat_face_noface.mov", [72]),
        ("fer_test.mp4", []),
        ("pyfeat_no_face.mp4", []),
        ("pyfeat_single_face.mp4", []),
    ],
)
def test_cuts_of_recordings(clips, tmp_path, name, cuts):
    assert found(Decoded(clips / name, tmp_path).pictures()) == cuts
