"""Which of a video's people the annotated subjects are."""

from collections.abc import Sequence

import numpy as np

from affectflow.datasets.video.shard import Side, Subject
from affectflow.preprocessing.face.tracks import Person

# People with less of the most prominent one's prominence are passers-by, not one of two annotated people.
_PASSER_BY = 0.05


def choose(people: Sequence[Person], subjects: Sequence[Subject], width: float) -> dict[str, Person | None]:
    """The person of each subject, None for one who is never found.

    `left` and `right` are the people whose faces lie leftmost and rightmost on average over the video, passers-by
    left out: the choice is made once a video, so that a frame which shows one of two people shows the same
    one. Where there is only one person in the whole video, the half of the picture decides which of the two it is.
    `only` is the most prominent person over the video (area times score of the face, summed over its frames) of those
    who are no other subject: beside `<video>_right`, `<video>` is the other one. No two subjects are one person:
    one for whom nobody is left is never found. Of two `only`, `<video>_main` and `<video>`, the longer name is the more
    prominent. A subject that names its person by number is that one.

    Args:
        people: of one video, the most prominent first.
        subjects: annotated in it.
        width: of the picture, in pixels.
    """
    if not people:
        return {s.subject: None for s in subjects}
    by_side = _sides(people, width)
    chosen: dict[str, Person | None]
    chosen = {s.subject: people[s.person - 1] for s in subjects if s.person is not None}
    chosen |= {s.subject: by_side[s.side] for s in subjects if s.person is None and s.side != "only"}
    rest = [s.subject for s in subjects if s.subject not in chosen]
    for subject in sorted(rest, key=lambda name: (-len(name), name)):
        others = [p for p in people if not any(p is assigned for assigned in chosen.values())]
        chosen[subject] = max(others, key=lambda p: p.prominence, default=None)
    return {s.subject: chosen[s.subject] for s in subjects}


def prominent(people: Sequence[Person]) -> list[Person]:
    """Those who are no passers-by, in their order."""
    least = _PASSER_BY * max((p.prominence for p in people), default=0.0)
    return [p for p in people if p.prominence >= least]


def _sides(people: Sequence[Person], width: float) -> dict[Side, Person | None]:
    main = sorted(prominent(people), key=_mean_x)
    if len(main) > 1:
        return {"left": main[0], "right": main[-1]}
    at_left = _mean_x(main[0]) < width / 2
    return {"left": main[0] if at_left else None, "right": None if at_left else main[0]}


def _mean_x(person: Person) -> float:
    return float(np.mean([(face.left + face.right) / 2 for face in person.faces.values()]))
