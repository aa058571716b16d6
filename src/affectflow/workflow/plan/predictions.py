"""What a prediction of a track by a branch reads, and what it is told."""

import json
from dataclasses import dataclass
from functools import cached_property

from affectflow.artifacts.layout import TrackRun
from affectflow.config.evaluation.inference import PAPER
from affectflow.config.system.branch import Branch
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.tracks import TrackPlan
from affectflow.workflow.plan.trainings import TrainingPlan, artifacts_read


@dataclass(frozen=True)
class PredictionPlan:
    """What a branch predicts of a track, by its training of a fold and seed."""

    plan: Plan
    run: TrackRun
    name: str
    """Of the branch."""

    @property
    def options(self) -> str:
        """`--track` and `--edition` of a job."""
        return TrackPlan(self.plan, self.run).options

    @cached_property
    def training(self) -> TrainingPlan:
        """The training behind it."""
        return TrainingPlan(self.plan, self.plan.training(self.run.of(self.name)))

    @property
    def branch(self) -> Branch:
        """The branch's settings."""
        return self.training.branch

    def model(self, file: str) -> str:
        """A file of the trained branch."""
        return self.plan.layout.model(self.training.key, file)

    def artifacts(self, *splits: str) -> list[str]:
        """The artifacts that it reads of splits."""
        return artifacts_read(self.plan, self.branch, [self.run.track], self.run.fold, splits)

    @property
    def windowing(self) -> str:
        """How its sequences lie, as text."""
        windowing = self.plan.run.inference.tables if self.branch.overlappable else PAPER
        return json.dumps(windowing.describe(), sort_keys=True)

    @property
    def smooths(self) -> bool:
        """Whether its scores are averaged over windows of frames."""
        return any(self.plan.run.smooths(t, self.name) for t in self.plan.run.used if t == self.run.track)

    @property
    def clip(self) -> str:
        """The option that leaves valence and arousal beyond [-1, 1] until they are smoothed, where it is so."""
        return "--unclipped" if self.smooths and self.branch.postprocess.clip == "last" else ""

    @property
    def tried_on(self) -> dict[str, str]:
        """Validation predictions and labels by option of the script, where windows are tried on them."""
        if not self.branch.postprocess.mean_is_tried:
            return {}
        layout = self.plan.layout
        predictions = layout.prediction(self.run.of(self.name), "validation")
        return {"predictions": predictions, "labels": layout.labels(self.run.track)}
