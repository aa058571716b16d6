"""A trained system in Python: `load_system(settings).predict(video)`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from affectflow.config.system.load import load_run
from affectflow.core import advice
from affectflow.core.project import project_of
from affectflow.core.tracks import TrackName
from affectflow.prediction.system import TrainedSystem, find_trained
from affectflow.prediction.table import clip_table, scores_table
from affectflow.prediction.video import score_video


class System:
    """A trained system, ready to score videos."""

    def __init__(self, trained: TrainedSystem) -> None:
        self.trained = trained

    @property
    def tracks(self) -> tuple[TrackName, ...]:
        """What it predicts."""
        return tuple(self.trained.tracks)

    def predict(self, video: str | Path) -> pd.DataFrame:
        """Score a video: one row for every decoded frame, columns as in `affectflow predict`'s table; of a system that
        scores videos as a whole alone (`tracks=["eri"]`) one row, as in its `clips.csv`. Its `attrs` has `notes`, what
        is to be known of the file, and `warnings`, what of it is lost.

        Raises:
            affectflow.core.errors.InputError: the file cannot be decoded, or does not fit the trained system.
        """
        with tempfile.TemporaryDirectory(prefix="affectflow-") as work:
            scores = score_video(Path(video), self.trained, Path(work))
            table = scores_table(scores) if self.trained.framed else clip_table(scores)
            limit = self.trained.run.summary.damage_limit
            table.attrs |= {"notes": scores.integrity.said(), "warnings": scores.integrity.warnings(limit)}
            return table


def load_system(
    settings: str | Path = "config/config.yaml",
    tracks: Sequence[TrackName] | None = None,
    folder: str | Path | None = None,
    overlap: bool = True,
) -> System:
    """The system that the workflow has trained.

    Args:
        settings: settings of the run that trained it; relative paths in them are of its project's folder
            (docs/settings.md), wherever this program was started.
        tracks: which to predict, such as `["va", "expr"]`; all that are trained when not given.
        folder: where the workflow ran; the project's folder when not given.
        overlap: whether sequences overlap as `inference.videos` of the settings says; in the paper's way otherwise.

    Raises:
        affectflow.core.errors.InputError: settings are wrong, or a model is missing; says how to make it.
    """
    project = project_of(Path(settings))
    advice.note_settings([Path(settings)], project=project)
    root = project if folder is None else Path(folder)
    return System(find_trained(load_run(Path(settings)), root, tracks, overlap))
