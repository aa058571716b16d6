"""Which of a video's people are scored, and what each is called."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject
from affectflow.prediction.selection import NamedPerson, Selection
from affectflow.preprocessing.face.subjects import prominent
from affectflow.preprocessing.face.tracks import Person


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
