"""Which of a video's people the annotated subjects are."""

from collections.abc import Sequence

import numpy as np

from affectflow.corpus.shard import Subject
from affectflow.face.tracks import Person

# People with less of the most prominent one's prominence are passers-by, not one of two annotated people.
_PASSER_BY = 0.05


def choose(people: Sequence[Person], subjects: Sequence[Subject], width: float) -> dict[str, Person | None]:
    """The person of each subject, None for one who is never found.

    `only` is the most prominent person over the video (area times score of the face, summed over its frames).
    `left` and `right` are the people whose faces lie leftmost and rightmost on average over the video, passers-by
    left out: the choice is made once a video, so that a frame which shows one of two people shows the same
    one. Where there is only one person in the whole video, the half of the picture decides which of the two it is.

    Args:
        people: of one video.
        subjects: annotated in it.
        width: of the picture, in pixels.
    """
    if not people:
        return {s.subject: None for s in subjects}
    most = max(people, key=lambda p: p.prominence)
    main = [p for p in people if p.prominence >= _PASSER_BY * most.prominence]
    by_side: dict[str, Person | None] = {
        "only": most,
        "left": min(main, key=_mean_x),
        "right": max(main, key=_mean_x),
    }
    if len(main) == 1:
        by_side["right" if _mean_x(main[0]) < width / 2 else "left"] = None
    return {s.subject: by_side[s.side] for s in subjects}


def _mean_x(person: Person) -> float:
    return float(np.mean([(face.left + face.right) / 2 for face in person.faces.values()]))
