"""What a run of the workflow has trained, found in its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.layout import MODEL, SETTINGS, Training, track_result
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.evaluation.fusion import member_of
from affectflow.config.system.branch import Branch
from affectflow.config.system.senses import Sense, needed, senses_of
from affectflow.config.system.settings import Run
from affectflow.core.advice import snakemake
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, TrackName
from affectflow.fusion.late_fusion import FusedMethod, read_method
from affectflow.models.folder import read_branch
from affectflow.prediction.feature_sets import weights_of
from affectflow.prediction.windowing_notes import describe_windowing
from affectflow.workflow.plan.fusions import FusionPlan
from affectflow.workflow.plan.plan import Plan

_SHOWN = 5


@dataclass(frozen=True)
class TrainedTrack:
    """A track whose branches are trained and whose fusion weights are found."""

    track: Track
    models: Mapping[str, Path]
    """Model folder by member of the submitted method: a branch, or `<branch>:fold<n>`, its training of a fold."""
    extractors: Mapping[str, Path]
    """Model folder of each branch whose features any of these reads, by its name as a member of the same fold."""
    sets: Mapping[str, Path | None]
    """The extracted feature sets that any of these reads, by name, with the weights of each; None where it needs none.
    """
    smoothing: Mapping[str, Path]
    """What the windows were found to be by which predictions are smoothed, by member; of those that are."""
    senses: Mapping[str, tuple[Sense, ...]]
    """What each member sees or hears."""
    method: FusedMethod
    weights: Path
    """Where the fusion weights stand."""
    notes: tuple[str, ...]
    """What must be said wherever the scores are shown."""

    @property
    def limits(self) -> list[float]:
        """Probability from which each output counts as active; of the track `au` alone."""
        return [self.method.thresholds[unit] for unit in self.track.outputs]

    @property
    def needs(self) -> Sense:
        """What must be found in a frame for the fused scores to count."""
        return needed(self.senses.values())

    @property
    def weighted(self) -> list[str]:
        """The members that have a weight for any target."""
        return [
            member
            for member in self.models
            if any(weights.get(member, 0) > 0 for weights in self.method.weights.values())
        ]

    def files(self) -> list[Path]:
        """What scores are made from, besides the video."""
        models = [*self.models.values(), *self.extractors.values()]
        parts = (model / name for model in models for name in (MODEL, SETTINGS))
        set_weights = (file for file in self.sets.values() if file is not None)
        return [self.weights, *parts, *set_weights, *self.smoothing.values()]


@dataclass(frozen=True)
class TrainedSystem:
    """The trained tracks of a system."""

    run: Run
    """Settings of the run that trained it; its preprocessing settings are used again."""
    root: Path
    """The workflow's folder."""
    tracks: Mapping[TrackName, TrainedTrack]
    untrained: tuple[TrackName, ...] = ()
    """Tracks of the run that are not trained, where none was asked for by name."""

    def files(self) -> list[Path]:
        """What scores are made from, besides the video."""
        return [path for trained in self.tracks.values() for path in trained.files()]

    @property
    def framed(self) -> bool:
        """Whether any track is predicted for each frame."""
        return any(not trained.track.per_clip for trained in self.tracks.values())

    @property
    def per_clip(self) -> bool:
        """Whether any track is predicted for a video as a whole."""
        return any(trained.track.per_clip for trained in self.tracks.values())

    @property
    def synthetic(self) -> bool:
        """Whether it was trained on people who do not exist."""
        return self.run.corpus.kind in SYNTHETIC

    def notes(self) -> list[str]:
        """What a reader must know of its scores."""
        methods = {f"{name}: {' + '.join(trained.method.branches)}" for name, trained in self.tracks.items()}
        about = (
            f"Scores are estimates of the affect that a person shows, by the system {self.run.system.name} trained on "
            f"the corpus {self.run.corpus.name} ({'; '.join(sorted(methods))}). They do not say what the person feels."
        )
        notes = dict.fromkeys(note for trained in self.tracks.values() for note in trained.notes)
        return [about, *describe_windowing(self.run.inference.videos, self.branches()), *notes]

    def branches(self) -> list[Branch]:
        """The settings of every model whose predictions are fused."""
        return [read_branch(model)[0] for trained in self.tracks.values() for model in trained.models.values()]

    def caution(self) -> str:
        """What must not be overlooked; empty for a system trained on recordings."""
        if not self.synthetic:
            return ""
        return (
            "The training corpus is synthetic: an animated portrait. These scores show that the workflow works and "
            "say nothing about people."
        )


def find_trained(
    run: Run, root: Path, tracks: Sequence[TrackName] | None = None, overlap: bool = True
) -> TrainedSystem:
    """The system that a run of the workflow in `root` has trained.

    Args:
        run: settings of the run.
        root: the workflow's folder.
        tracks: which to predict; all that are trained when not given.
        overlap: whether sequences lie as `inference.videos` says; in the paper's way otherwise.

    Raises:
        InputError: the system has no such track, or a model or the fusion weights are missing; says how to make them.
    """
    if unknown := [name for name in tracks or () if name not in run.used]:
        raise InputError(f"track {', '.join(unknown)}: not one of this run, which has {', '.join(run.used)}")
    # In the run's order, each once.
    wanted = [name for name in run.used if tracks is None or name in tracks]
    missing = {name: _TrackFiles(run, root, name).missing for name in wanted}
    trained = [name for name in wanted if not missing[name]]
    if not trained or (tracks is not None and len(trained) < len(wanted)):
        files = [str(path) for name in wanted for path in missing[name]]
        more = f" and {len(files) - _SHOWN} more files" if len(files) > _SHOWN else ""
        targets = [target for name in wanted if missing[name] for target in _targets(run, root, name, missing[name])]
        raise InputError(
            f"{', '.join(files[:_SHOWN])}{more}: missing; the system {run.system.name} is not trained on corpus "
            f"{run.corpus.name} yet, or not wholly. Run `{snakemake(targets)}` first"
        )
    if not overlap:
        run = run.model_copy(update={"inference": run.inference.in_the_papers_way()})
    return TrainedSystem(
        run,
        root,
        {name: _read_track(run, root, name) for name in trained},
        tuple(n for n in wanted if n not in trained),
    )


def _targets(run: Run, root: Path, name: TrackName, missing: Sequence[Path]) -> list[str]:
    """What the workflow is to be asked for, for a track to be whole.

    Results that are there need no model, so that they lead to none: a deleted model is to be asked for by its name, and
    with it the fusion's weights, which follow from it.
    """
    files, results = _TrackFiles(run, root, name), track_result("test", run.track(name).number)
    if not (root / results).exists() and not files.predictions.exists():
        return [results]
    return [str(path.relative_to(root)) for path in dict.fromkeys([*missing, files.weights])]


class _TrackFiles:
    """Where the run's plan has what a track's submitted method is predicted with; by member, as in `TrainedTrack`."""

    def __init__(self, run: Run, root: Path, name: TrackName) -> None:
        self._run, self._root, self._plan = run, root, Plan(run)
        self._fusion = FusionPlan(self._plan, self._plan.first_run(name))

    @property
    def predictions(self) -> Path:
        return self._root / self._plan.layout.predictions(self._fusion.name)

    @property
    def weights(self) -> Path:
        return self._root / self._fusion.weights

    @property
    def models(self) -> dict[str, Path]:
        return {member: self._model(self._fusion.training(member)) for member in self._fusion.submitted}

    @property
    def extractors(self) -> dict[str, Path]:
        return {name: self._model(training) for name, training in self._fusion.extractors.items()}

    @property
    def sets(self) -> dict[str, Path | None]:
        return {name: weights_of(self._run, self._root, name) for name in self._fusion.feature_sets}

    @property
    def smoothing(self) -> dict[str, Path]:
        members = {name: self._fusion.member(name) for name in self._fusion.submitted}
        return {
            name: self._root / self._plan.layout.smoothing(member.run.of(member.name))
            for name, member in members.items()
            if member.smooths
        }

    @property
    def missing(self) -> list[Path]:
        """Those of all that are not there."""
        parts = (
            model / part for model in (*self.models.values(), *self.extractors.values()) for part in (MODEL, SETTINGS)
        )
        set_weights = (path for path in self.sets.values() if path is not None)
        return [path for path in (self.weights, *parts, *set_weights, *self.smoothing.values()) if not path.exists()]

    def _model(self, training: Training) -> Path:
        return self._root / self._plan.layout.model(training)


def _read_track(run: Run, root: Path, name: TrackName) -> TrainedTrack:
    files = _TrackFiles(run, root, name)
    models, method = files.models, read_method(files.weights, run.used[name].submit)
    branches = dict.fromkeys(branch for branch, _ in map(member_of, models))
    notes = tuple(f"{name}, branch {branch}: {note}" for branch in branches if (note := run.note_of(name, branch)))
    senses = {member: senses_of(read_branch(model)[0], run.system.features) for member, model in models.items()}
    return TrainedTrack(
        track=method.predicts,
        models=models,
        extractors=files.extractors,
        sets=files.sets,
        smoothing=files.smoothing,
        senses=senses,
        method=method,
        weights=files.weights,
        notes=notes,
    )
