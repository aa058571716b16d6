"""Which of a video's people are scored, and what each is called."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject
from affectflow.preprocessing.face.subjects import prominent
from affectflow.preprocessing.face.tracks import Person

Words = Literal["main", "prominent", "all"]
Wanted = Words | int

_NAMED = re.compile(
    r"(?P<name>[^=]+)=((?P<video>.+):)?((?P<number>\d+)|(?P<seconds>\d+(\.\d+)?)@(?P<x>\d+(\.\d+)?),(?P<y>\d+(\.\d+)?))"
)


@dataclass(frozen=True)
class Place:
    """A point of the picture at a time: seconds, and pixels of the stored frame."""

    seconds: float
    x: float
    y: float

    def __str__(self) -> str:
        return f"{self.seconds:.3f}@{self.x:.0f},{self.y:.0f}"


@dataclass(frozen=True)
class NamedPerson:
    """A person whom the user has named: by number, from 1, or by where the face is at a time."""

    name: str
    who: int | Place
    video: str | None = None
    """The file's name; None: of every video of the batch."""

    @classmethod
    def parse(cls, text: str) -> "NamedPerson":
        """From NAME=NUMBER, NAME=SECONDS@X,Y, either with VIDEO: before the second part.

        Raises:
            ValueError: it is neither, or the name is a number.
        """
        match = _NAMED.fullmatch(text)
        if match is None or match["name"].strip().isdigit() or not match["name"].strip():
            raise ValueError(
                f"found {text!r}, expected NAME=NUMBER or NAME=SECONDS@X,Y, such as anna=2, anna=12.48@310,144 or "
                "anna=talk.mp4:2; the name is not a number"
            )
        place = ("seconds", "x", "y")
        who = int(match["number"]) if match["number"] else Place(*(float(match[part]) for part in place))
        return cls(match["name"].strip(), who, match["video"])

    def __str__(self) -> str:
        return f"{self.name}={f'{self.video}:' if self.video else ''}{self.who}"


@dataclass(frozen=True)
class Selection:
    """Who is to be scored.

    `main` is the most prominent person of a video (area times score of the face, summed over its frames), `prominent`
    also everyone with at least a twentieth of that, `all` everyone whose face was found, a number the so many most
    prominent.
    """

    wanted: Wanted | None = None
    """None: the people who are named, in a video with any, else the prominent ones."""
    named: tuple[NamedPerson, ...] = ()

    def check(self, videos: Collection[str]) -> None:
        """Check that the videos of named people are among these, by their files' names.

        Raises:
            InputError: one is not.
        """
        if wrong := [str(named) for named in self.named if named.video is not None and named.video not in videos]:
            raise InputError(f"--person {', '.join(wrong)}: no such video among those to score")

    def of(self, video: str) -> list[NamedPerson]:
        """Those whom the user has named in a video, by its file's name."""
        return [named for named in self.named if named.video in (None, video)]

    def describe(self, video: str) -> list[str]:
        """What it says of a video."""
        return [str(self.wanted or "prominent"), *map(str, self.of(video))]


def select(selection: Selection, video: str, people: Sequence[Person], times: NDArray[np.float64]) -> list[Subject]:
    """The subjects of a video, the most prominent first. A person without a name is called by the number.

    Of a video in which nobody was found there is one subject, `1`, who is never seen.

    Args:
        selection: who is wanted.
        video: the file's name.
        people: from the stage that finds them, the most prominent first.
        times: seconds of each frame.

    Raises:
        InputError: a named person is not in the video, or two names are one person's.
    """
    names: dict[int, str] = {}
    for named in selection.of(video):
        number = _number(named, video, people, times)
        if number in names:
            raise InputError(f"{video}: {names[number]} and {named.name} are the same person, number {number}")
        if taken := [str(other) for other, name in names.items() if name == named.name]:
            raise InputError(f"{video}: the name {named.name} is given to persons {taken[0]} and {number}")
        names[number] = named.name
    chosen = sorted(names.keys() | _wanted(selection, people, bool(names)))
    return [Subject(names.get(number, str(number)), person=number) for number in chosen] or [Subject("1")]


def _wanted(selection: Selection, people: Sequence[Person], any_named: bool) -> set[int]:
    counts = {"main": min(1, len(people)), "prominent": len(prominent(people)), "all": len(people)}
    if selection.wanted is None:
        return set() if any_named else set(range(1, counts["prominent"] + 1))
    count = counts[selection.wanted] if isinstance(selection.wanted, str) else min(selection.wanted, len(people))
    return set(range(1, count + 1))


def _number(named: NamedPerson, video: str, people: Sequence[Person], times: NDArray[np.float64]) -> int:
    if isinstance(named.who, int):
        if not 1 <= named.who <= len(people):
            raise InputError(f"{video}: {named}: expected a person from 1 to {len(people)}; so many were found")
        return named.who
    frame = int(np.abs(times - named.who.seconds).argmin())
    there = {number: person.faces[frame] for number, person in enumerate(people, 1) if frame in person.faces}
    point = np.array([named.who.x, named.who.y])
    inside = [n for n, face in there.items() if (face.box[:2] <= point).all() and (point <= face.box[2:]).all()]
    if not inside:
        faces = ", ".join(f"{n} at {face.centre[0]:.0f},{face.centre[1]:.0f}" for n, face in there.items())
        raise InputError(f"{video}: {named}: nobody's face is there in frame {frame}; found: {faces or 'no face'}")
    return min(inside, key=lambda n: float(np.linalg.norm(there[n].centre - point)))
