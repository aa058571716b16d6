"""One video of a batch: scored, and its results written."""

import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from affectflow.artifacts.job import Job, running
from affectflow.core.counting import heard_by
from affectflow.core.errors import InputError
from affectflow.prediction.outputs import Outputs, write_outputs
from affectflow.prediction.scores import VideoScores
from affectflow.prediction.selection import Selection
from affectflow.prediction.system import TrainedSystem
from affectflow.prediction.video import score_video


@dataclass(frozen=True)
class Task:
    """A video that is to be scored, where its results go, and the job that makes them."""

    path: Path
    outputs: Outputs
    job: Job


class Listener(Protocol):
    """Is told how far a video is."""

    def stage(self, name: str) -> None:
        """Its next stage begins."""

    def within(self, done: int, total: int | None, unit: str) -> None:
        """The stage has come so far."""

    def line(self, words: str) -> None:
        """The video has ended, in these words."""


def score_one(
    task: Task, system: TrainedSystem, selection: Selection, listener: Listener, temporary: Path | None = None
) -> str | None:
    """Score a video and write its results; the reason where that failed.

    Args:
        task: the video.
        system: what scores it.
        selection: which people.
        listener: is told how far it is.
        temporary: folder for its artifacts, which are deleted; the system's own where it is not given.
    """
    job = task.job
    try:
        with (
            tempfile.TemporaryDirectory(prefix="affectflow-", dir=temporary) as work,
            heard_by(listener.within),
        ):
            scores = score_video(task.path, system, Path(work), selection, listener.stage)
            job.measured, job.notes = scores.integrity.measured(), scores.integrity.notes
            with running(job):
                write_outputs(scores, system, task.outputs, listener.stage)
        listener.line("; ".join([f"{len(scores.times)} frames", *_people(scores), *scores.integrity.losses()]))
        return None
    except InputError as error:
        reason = str(error)
    except Exception as error:  # a fault of ours must not cost the night in which a hundred videos were to be scored
        traceback.print_exc()
        reason = f"unexpected {type(error).__name__}: {error}"
    listener.line(f"error: {reason}")
    return reason


def _people(scores: VideoScores) -> list[str]:
    """Who was scored, where that is not the one person that was found."""
    if len(scores.portraits) < 2:
        return [] if scores.portraits else ["nobody's face was found"]
    return [f"{sum(person.number is not None for person in scores.people)} of {len(scores.portraits)} people scored"]
