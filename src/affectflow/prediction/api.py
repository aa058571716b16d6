"""A trained system in Python: `load_system(settings).predict(video)`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from affectflow.config.system.load import load_run
from affectflow.core import advice
from affectflow.core.project import project_of
from affectflow.core.tracks import TrackName
from affectflow.prediction.selection import Selection, Wanted
from affectflow.prediction.system import TrainedSystem, find_trained
from affectflow.prediction.table import clip_table, scores_table
from affectflow.prediction.video import score_video


class System:
    """A trained system, ready to score videos."""

    def __init__(self, trained: TrainedSystem) -> None:
        self.trained = trained

    @property
    def tracks(self) -> tuple[TrackName, ...]:
        """The tracks that the system predicts."""
        return tuple(self.trained.tracks)

    def predict(self, video: str | Path, people: Wanted = "prominent") -> pd.DataFrame:
        """Score a video. The result has one row for every person and decoded frame, with the columns of `affectflow
        predict`'s table. If the system only scores videos as a whole (`tracks=["eri"]`), it has one row a person, as in
        `clips.csv`. In its `attrs`, `notes` lists what is unusual about the file, and `warnings` large losses of frames
        or sound.

        Args:
            video: a media file.
            people: who is scored: `main`, the most prominent person; `prominent`, all who are seen much; `all`,
                everyone whose face was found; or how many of the most prominent.

        Raises:
            affectflow.core.errors.InputError: the file cannot be decoded, or does not fit the trained system.
        """
        with tempfile.TemporaryDirectory(prefix="affectflow-") as work:
            scores = score_video(Path(video), self.trained, Path(work), Selection(people))
            table = scores_table(scores) if self.trained.framed else clip_table(scores)
            limit = self.trained.run.summary.damage_limit
            table.attrs |= {"notes": scores.integrity.remarks(), "warnings": scores.integrity.warnings(limit)}
            return table


def load_system(
    settings: str | Path = "config/config.yaml",
    tracks: Sequence[TrackName] | None = None,
    folder: str | Path | None = None,
    overlap: bool = True,
) -> System:
    """Load the system that the workflow has trained.

    Args:
        settings: settings of the run that trained the system. Relative paths in them start at the project's folder
            (docs/settings.md), wherever this program was started.
        tracks: tracks to predict, such as `["va", "expr"]`. When not given, all trained ones.
        folder: folder in which the workflow ran. When not given, the project's folder.
        overlap: whether sequences overlap as set in `inference.videos`; otherwise they are cut as in the paper.

    Raises:
        affectflow.core.errors.InputError: settings are wrong, or a model is missing; the message says how to make it.
    """
    project = project_of(Path(settings))
    advice.note_settings([Path(settings)], project=project)
    root = project if folder is None else Path(folder)
    return System(find_trained(load_run(Path(settings)), root, tracks, overlap))
