"""The table of a video's people: who was found, where and how often, and who of them was scored."""

import pandas as pd

from affectflow.prediction.scores import VideoScores
from affectflow.prediction.selection import Place
from affectflow.prediction.table import PERSON, VIDEO

_COLUMNS = (
    *(PERSON, "number", "scored", "first_frame", "last_frame", "first_time", "last_time"),
    *("face_frames", "face_share", "size", "x", "y", "at"),
)


def people_table(scores: VideoScores) -> pd.DataFrame:
    """One row for everyone whose face was found, the most prominent first; the index, `video`, is its file's name.

    Columns: `person`, the name in the other tables, or the number; `number`, from 1; `scored`; `first_frame`,
    `last_frame`, `first_time`, `last_time` (seconds) with a face; `face_frames`, how many have one, and `face_share` of
    all frames; `size`, `x`, `y`: root of the box's area and its centre, medians in pixels; `at`: time and place of the
    best face, as `--person NAME=…` takes them.
    """
    names = {person.number: person.name for person in scores.people}
    rows = [
        {
            PERSON: names.get(portrait.person, str(portrait.person)),
            "number": portrait.person,
            "scored": portrait.person in names,
            "first_frame": portrait.first,
            "last_frame": portrait.last,
            "first_time": scores.times[portrait.first],
            "last_time": scores.times[portrait.last],
            "face_frames": portrait.frames,
            "face_share": portrait.frames / len(scores.times),
            "size": portrait.size,
            "x": portrait.x,
            "y": portrait.y,
            "at": str(Place(float(scores.times[portrait.best]), portrait.best_x, portrait.best_y)),
        }
        for portrait in scores.portraits
    ]
    return pd.DataFrame(rows, columns=_COLUMNS, index=pd.Index([scores.path.name] * len(rows), name=VIDEO))
