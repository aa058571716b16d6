"""Which of a video's people are scored, and what each is called."""

import numpy as np
import pytest

from affectflow.core.errors import InputError
from affectflow.prediction.people import select
from affectflow.prediction.selection import NamedPerson, Place, Selection
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.face.tracks import Person, Track

TIMES = np.arange(10) / 10


def person(left: float, frames: int, size: float = 40, first: int = 0) -> Person:
    face = Detection(left, 100, left + size, 100 + size, 1.0)
    return Person([Track(0, dict.fromkeys(range(first, first + frames), face))])


# Prominence 16000, 8000, 400: a twentieth of the first one's is 800.
PEOPLE = [person(0, 10), person(200, 5), person(400, 1, size=20)]


def chosen(*named: str, wanted=None) -> list[tuple[str, int | None]]:
    selection = Selection(wanted, tuple(map(NamedPerson.parse, named)))
    return [(subject.subject, subject.person) for subject in select(selection, "talk.mp4", PEOPLE, TIMES)]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(None, 2), ("prominent", 2), ("main", 1), ("all", 3), (1, 1), (2, 2), (9, 3)]
)
def test_the_most_prominent_come_first_and_are_called_by_their_numbers(wanted, expected):
    assert chosen(wanted=wanted) == [(str(n), n) for n in range(1, expected + 1)]


def test_who_is_named_is_scored_alone_or_with_those_that_are_asked_for():
    assert chosen("anna=3") == [("anna", 3)]
    assert chosen("anna=3", "ben=1") == [("ben", 1), ("anna", 3)]
    assert chosen("anna=3", wanted="prominent") == [("1", 1), ("2", 2), ("anna", 3)]
    assert chosen("anna=2", wanted="main") == [("1", 1), ("anna", 2)]
    assert chosen("anna=other.mp4:3") == [("1", 1), ("2", 2)]
    assert chosen("anna=talk.mp4:3") == [("anna", 3)]


def test_a_person_is_found_by_where_the_face_is_at_a_time():
    assert chosen("anna=0.2@220,120") == [("anna", 2)]
    # The nearest frame: 0.44 s is frame 4, the last one with the second person.
    assert chosen("anna=0.44@220,120") == [("anna", 2)]
    with pytest.raises(
        InputError, match=r"talk\.mp4: anna=0\.460@220,120: nobody's face is there in frame 5; found: 1"
    ):
        chosen("anna=0.46@220,120")


def test_what_cannot_be_is_said():
    with pytest.raises(InputError, match=r"anna=4: expected a person from 1 to 3"):
        chosen("anna=4")
    with pytest.raises(InputError, match=r"anna and ben are the same person, number 2"):
        chosen("anna=2", "ben=0.2@220,120")
    with pytest.raises(InputError, match=r"the name anna is given to persons 2 and 1"):
        chosen("anna=2", "anna=1")
    with pytest.raises(InputError, match=r"--person anna=other\.mp4:1: no such video"):
        Selection(None, (NamedPerson.parse("anna=other.mp4:1"),)).check({"talk.mp4"})


@pytest.mark.parametrize("text", ["anna", "anna=", "=2", "2=1", "anna=ben", "anna=1.5", "anna=2@3", "anna=-1"])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(ValueError, match=r"expected NAME=NUMBER or NAME=SECONDS@X,Y"):
        NamedPerson.parse(text)


@pytest.mark.parametrize(
    "text", ["anna=2", "anna=talk: one.mp4:2", "anna=talk.mp4:12.480@310,144", "a b=12.480@310,144"]
)
def test_a_named_person_is_read_as_it_is_written(text):
    assert str(NamedPerson.parse(text)) == text


def test_what_is_asked_for_is_told_apart():
    anna, ben = NamedPerson.parse("anna=2"), NamedPerson.parse("ben=other.mp4:1")
    assert Selection().describe("talk.mp4") == Selection("prominent").describe("talk.mp4") == ["prominent"]
    assert Selection(None, (anna, ben)).describe("talk.mp4") == ["named", "anna=2"]
    assert Selection("prominent", (anna,)).describe("talk.mp4") == ["prominent", "anna=2"]
    assert Selection(None, (ben, anna)).describe("other.mp4") == ["named", "anna=2", "ben=other.mp4:1"]
    assert Selection(2).describe("talk.mp4") == ["2"]


def test_a_place_is_as_the_table_of_people_has_it():
    assert NamedPerson.parse(f"anna={Place(12.48, 310.4, 144)}").who == Place(12.48, 310, 144)


def test_nobody_is_one_person_who_is_never_seen():
    assert [(s.subject, s.person) for s in select(Selection(), "empty.mp4", [], TIMES)] == [("1", None)]
