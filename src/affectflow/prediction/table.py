"""The table of a video's scores: one row a frame, columns by track."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affectflow.artifacts.atomic import atomic_path
from affectflow.prediction.video import TrackScores, VideoScores

DECIMALS = 6
"""Digits after the point of scores and times in files."""


def scores_table(scores: VideoScores) -> pd.DataFrame:
    """One row for every decoded frame; the index, `frame`, counts from 0.

    Columns: `time` in seconds; of each track the fused outputs under their names, then those of each branch under
    `<output>_<branch>` (of `expr` first `expression`, the name of the class with the highest probability);
    `face_found`, `body_found`.
    """
    columns: dict[str, Any] = {"time": scores.times}
    for its in scores.tracks.values():
        columns |= _track_columns(its)
    columns |= {"face_found": scores.face_found, "body_found": scores.body_found}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(scores.times), name="frame"))


def _track_columns(its: TrackScores) -> Mapping[str, Any]:
    outputs = its.of.track.outputs
    columns: dict[str, Any] = {}
    if its.of.track.name == "expr":
        columns["expression"] = np.array(outputs, dtype=object)[its.fused.argmax(axis=1)]
    columns |= {name: its.fused[:, place] for place, name in enumerate(outputs)}
    for branch, values in its.branches.items():
        columns |= {f"{name}_{branch}": values[:, place] for place, name in enumerate(outputs)}
    return columns


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write a table as CSV with fixed digits; truth values are `true` and `false`."""
    words = {
        name: np.where(table[name], "true", "false") for name in table.columns if table[name].dtype == np.dtype(bool)
    }
    with atomic_path(out) as temporary:
        table.assign(**words).to_csv(temporary, float_format=f"%.{DECIMALS}f", lineterminator="\n")


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    return pd.read_csv(path, index_col="frame", keep_default_na=False)
