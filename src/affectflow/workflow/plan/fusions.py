"""What methods of a track are fused from: branches, or their trainings of folds; and which are scored on validation."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import get_args

from affectflow.artifacts.layout import METRICS, OFFICIAL, RUN_NOTES, SETTINGS, TrackRun, Training
from affectflow.config.evaluation.fusion import member_name, member_of
from affectflow.config.system.senses import Sense, senses_of
from affectflow.workflow.plan.predictions import PredictionPlan
from affectflow.workflow.plan.tracks import TrackPlan


class FusionPlan(TrackPlan):
    """A track whose branches are fused, in one fold and with one seed."""

    def member(self, member: str) -> PredictionPlan:
        """What a branch, or `<branch>:fold<n>`, predicts: of this fold and seed, or of that fold and the first seed."""
        branch, fold = member_of(member)
        run = TrackRun(self.name, fold, self.plan.run.seed) if fold else self.run
        return PredictionPlan(self.plan, run, branch)

    def training(self, member: str) -> Training:
        """The training of a member."""
        return self.member(member).training.key

    def prediction(self, member: str, split: str) -> str:
        """What is scored of a member: frames, smoothed where its branch is, or utterances."""
        member_plan = self.member(member)
        part = "utterances" if self.plan.run.per_utterance else "smoothed" if member_plan.smooths else ""
        return self.plan.layout.prediction(member_plan.run.of(member_plan.name), split, part)  # type: ignore[arg-type]

    def predictions(self, split: str, members: Iterable[str] | None = None) -> dict[str, str]:
        """The same of several members; of the validated branches when not given."""
        return {
            member: self.prediction(member, split)
            for member in (self.validated_branches if members is None else members)
        }

    @cached_property
    def validated_branches(self) -> list[str]:
        """The branches that are scored on validation; of a fold those of the methods that are scored there."""
        branches = [name for name, branch in self.system.branches.items() if branch.fit_on == "train"]
        if self.system.folded and self.run.fold != OFFICIAL:
            return [
                name for name in branches if any(name in method.branches for method in self.system.in_folds.values())
            ]
        return branches

    def members(self, title: str) -> dict[str, tuple[str, ...]]:
        """What is averaged for each target of a method."""
        method = self.system.methods[title]
        return {target: method.members(target, self.plan.run.folds) for target in self.track.targets}

    def each_member(self, *titles: str) -> list[str]:
        """The members of methods, each once."""
        return list(dict.fromkeys(name for title in titles for names in self.members(title).values() for name in names))

    @property
    def submitted(self) -> list[str]:
        """Members of the method that is written for the test split."""
        return self.each_member(self.system.submit)

    @property
    def tested(self) -> list[str]:
        """Members of the submitted method, and of those that a table of test scores reports."""
        reported = [title for title, method in self.system.methods.items() if method.paper_test]
        return self.each_member(self.system.submit, *reported)

    @property
    def shown(self) -> list[str]:
        """Members of the method that pictures of validation are of."""
        return self.each_member(self.system.shown)

    @property
    def extractors(self) -> dict[str, Training]:
        """Trainings of the branches whose features the submitted members read, by name as a member."""
        trainings = {}
        for member in self.submitted:
            fold, training = member_of(member)[1], self.member(member).training
            for name, extractor in training.feature_trainings.items():
                trainings[member_name(name, fold)] = extractor
        return trainings

    @property
    def feature_sets(self) -> list[str]:
        """The sets of features that the submitted members read, each once."""
        branches = (self.member(member).branch for member in self.submitted)
        return list(dict.fromkeys(name for branch in branches if branch.features for name in branch.features.sets))

    @property
    def weights(self) -> str:
        """The fusion's weights, as the corpus is split, with the first seed."""
        return self.plan.layout.weights(self.plan.first_run(self.name))

    @property
    def methods_text(self) -> str:
        """The validated methods with the paper's figures, as text."""
        return json.dumps({title: method.model_dump(mode="json") for title, method in self.system.validated.items()})

    @property
    def fused_methods_text(self) -> str:
        """The methods whose weights are found on the validation split, as text."""
        methods = self.system.validated if self.run.fold == OFFICIAL else self.system.in_folds
        return json.dumps(
            {title: {"branches": method.branches, "targets": method.targets} for title, method in methods.items()}
        )

    @property
    def unvalidated_methods_text(self) -> str:
        """Members of the methods without validation scores by target, as text; they are of the first seed alone."""
        first = (self.run.fold, str(self.run.seed)) == (OFFICIAL, str(self.plan.run.seed))
        titles = [name for name in self.system.methods if first and name not in self.system.validated]
        return json.dumps({title: self.members(title) for title in titles})

    @property
    def notes(self) -> dict[str, str]:
        """What must be said of branches wherever their scores are shown, by branch."""
        return {name: note for name in self.system.branches if (note := self.plan.note(self.name, name))}

    @property
    def conditions(self) -> dict[str, dict[str, str]]:
        """Validation predictions by branch, as recorded and without each sense; a branch that lacks it anyway is as
        recorded."""
        recorded, sets = self.predictions("validation"), self.plan.run.feature_sets
        conditions = {"as recorded": recorded}
        for sense in get_args(Sense):
            absent = self.predictions(f"validation-without-{sense}")
            touched = {name for name, branch in self.system.branches.items() if sense in senses_of(branch, sets)}
            conditions[f"without {sense}"] = {
                member: absent[member] if member in touched else path for member, path in recorded.items()
            }
        return conditions

    @property
    def all_conditions(self) -> list[str]:
        """The files of all conditions, each once."""
        return sorted({path for predictions in self.conditions.values() for path in predictions.values()})

    def weights_of_runs(self, kind: str) -> dict[str, str]:
        """Fusion weights by run: of every seed, or of every fold (`seeds`, `folds`)."""
        run = self.plan.run
        seeds = {str(seed): TrackRun(self.name, OFFICIAL, seed) for seed in run.training_seeds}
        folds = {f"fold{n}": TrackRun(self.name, f"fold{n}", run.seed) for n in range(1, run.folds + 1)}
        return {
            name: self.plan.layout.weights(track_run)
            for name, track_run in (seeds if kind == "seeds" else folds).items()
        }

    def model_files(self, branches: Iterable[str], file: str) -> dict[str, str]:
        """A file of trained branches, by name: as the corpus is split, with the first seed."""
        first = FusionPlan(self.plan, self.plan.first_run(self.name))
        return {name: first.member(name).model(file) for name in branches}

    @property
    def curves(self) -> dict[str, str]:
        """The scores by epoch of every branch that is scored on validation."""
        return self.model_files(self.validated_branches, METRICS)

    @property
    def trainings(self) -> dict[str, str]:
        """What each training noted of its run."""
        return self.model_files(self.system.branches, RUN_NOTES)

    @property
    def described(self) -> dict[str, str]:
        """What is known of each trained branch that is scored on validation."""
        return self.model_files(self.validated_branches, SETTINGS)
