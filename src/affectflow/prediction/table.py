"""The tables of a video's scores: one row a frame, columns by track; one row for what is scored as a whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.prediction.scores import PersonScores, TrackScores, VideoScores

FRAME, VIDEO, PERSON = "frame", "video", "person"
"""What tells the rows of a table of frames, and of one of videos; and whose they are."""
SEEN = "seen"
"""What names of marks hold."""
_EDGES, _FACE_SCORE = ("face_left", "face_top", "face_right", "face_bottom"), "face_score"
_ANGLES = ("yaw", "pitch", "roll")
DECIMALS = 6
"""Digits after the point of scores and times in files."""


def scores_table(scores: VideoScores) -> pd.DataFrame:
    """One row for every person and decoded frame, a person's rows together; the index, `frame`, counts from 0.

    Columns: `person`, the name; `time` in seconds; of each track the fused outputs under their names, then those of
    each branch under `<output>_<branch>` (of `expr` first `expression`, the name of the class with the highest
    probability; none where the fused scores do not count), then `<track>_seen`, whether the fused scores count, and
    `<track>_seen_<branch>`, whether the branch saw or heard anything (`affectflow.prediction.presence`); `face_found`,
    `face_left`, `face_top`, `face_right`, `face_bottom` in pixels of the stored frame, `face_score` in [0, 1], `yaw`,
    `pitch`, `roll` in degrees (`affectflow.preprocessing.face.head_pose`), none where no face was found; `body_found`,
    `head_only`, whether the body's box is that of a head alone.
    """
    return pd.concat([_person_table(person, scores.times) for person in scores.people])


def _person_table(person: PersonScores, times: NDArray[np.float64]) -> pd.DataFrame:
    assert person.body is not None
    columns: dict[str, Any] = {PERSON: person.name, "time": times}
    for track_scores in person.of_frames():
        columns |= _track_columns(track_scores)
        columns |= {_mark_name(track_scores, by): flags for by, flags in _marks(track_scores).items()}
    columns |= {"face_found": person.face.found}
    columns |= dict(zip(_EDGES, person.face.boxes.T, strict=True)) | {_FACE_SCORE: person.face.scores}
    columns |= dict(zip(_ANGLES, person.face.pose.T, strict=True))
    columns |= {"body_found": person.body.found, "head_only": person.body.head_only}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(times), name=FRAME))


def clip_table(scores: VideoScores) -> pd.DataFrame:
    """One row for each person; the index, `video`, is the file's name.

    Columns: `person`, the name; `seconds`, which counts the last frame as long as the mean of the others; `frames`,
    decoded ones; `face_share`, the share of them in which a face was found; of each track that is scored as a whole the
    fused outputs under their names, then those of each branch under `<output>_<branch>`, and `<track>_seen_share` and
    `<track>_seen_share_<branch>`, the shares of the steps that are read in which marks are true, as in `scores_table`.
    """
    return pd.concat([_person_clip(person, scores) for person in scores.people])


def _person_clip(person: PersonScores, scores: VideoScores) -> pd.DataFrame:
    columns: dict[str, Any] = {PERSON: person.name, "seconds": seconds_of(scores.times), "frames": len(scores.times)}
    columns |= {"face_share": float(person.face.found.mean())}
    for track_scores in person.of_clip():
        columns |= _track_columns(track_scores)
        columns |= {
            _mark_name(track_scores, by, "_share"): float(flags.mean()) for by, flags in _marks(track_scores).items()
        }
    return pd.DataFrame(columns, index=pd.Index([scores.path.name], name=VIDEO))


def seconds_of(times: NDArray[np.float64]) -> float:
    """Length of a video whose frames have these times: the last one is as long as the mean of the others."""
    frames = len(times)
    return float(times[-1] - times[0]) * frames / (frames - 1) if frames > 1 else 0.0


def _track_columns(track_scores: TrackScores) -> dict[str, Any]:
    track = track_scores.trained.track
    outputs = track.outputs
    columns: dict[str, Any] = {}
    if track.kind == "classes":
        named = np.array(outputs, dtype=object)[track_scores.fused.argmax(axis=1)]
        columns[track.targets[0]] = np.where(track_scores.presence.fused, named, np.nan)
    columns |= {name: track_scores.fused[:, place] for place, name in enumerate(outputs)}
    for branch, values in track_scores.branches.items():
        columns |= {f"{name}_{branch}": values[:, place] for place, name in enumerate(outputs)}
    return columns


def _marks(track_scores: TrackScores) -> dict[str, NDArray[np.bool_]]:
    """Where the fused scores count, by an empty name, and where each branch saw or heard anything."""
    return {"": track_scores.presence.fused, **track_scores.presence.branches}


def _mark_name(track_scores: TrackScores, branch: str, suffix: str = "") -> str:
    return f"{track_scores.trained.track.name}_{SEEN}{suffix}{f'_{branch}' if branch else ''}"


def write_table(table: pd.DataFrame, out: Path, recorded: bool = True) -> None:
    """Write a table as CSV with fixed digits; truth values are `true` and `false`. `recorded` as of `atomic_path`."""
    words = {
        name: np.where(table[name], "true", "false") for name in table.columns if table[name].dtype == np.dtype(bool)
    }
    with atomic_path(out, recorded=recorded) as temporary:
        table.assign(**words).to_csv(temporary, float_format=f"%.{DECIMALS}f", lineterminator="\n")


def read_table(path: Path, index: str = FRAME) -> pd.DataFrame:
    """Read what `write_table` wrote; `index` names the column that its rows are told by."""
    blank = dict.fromkeys((*_EDGES, _FACE_SCORE, *_ANGLES), "")
    texts = {VIDEO: str, PERSON: str}
    return pd.read_csv(path, index_col=index, keep_default_na=False, na_values=blank, dtype=texts)
