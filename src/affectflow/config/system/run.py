"""The settings of one run, and what follows from them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from affectflow.config.base import Name, Settings
from affectflow.config.data.corpora import Corpus, OmgCorpus
from affectflow.config.data.images import DemoImages, ImageCorpus, compound_task, targets_of
from affectflow.config.data.preprocessing import Body, Decode, Faces, Mel, Preview, Resize
from affectflow.config.evaluation.inference import Inference
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.summary import Summary
from affectflow.config.model.feature_sets import FeatureSet, note_of
from affectflow.config.project import ProjectPath
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader, Tracking
from affectflow.config.system.systems import System, TrackSystem
from affectflow.config.system.unused import unused_steps
from affectflow.config.training.pretraining import Pretraining
from affectflow.config.training.sources import TARGETS, pictured
from affectflow.core.tracks import Edition, Track, TrackName, track_of

LARGEST_SEED = 2**32 - 1


class RunSettings(Settings):
    """Everything that a run of the workflow depends on, each setting right by itself; `Run` checks that they fit."""

    corpus: Corpus
    videos_per_shard: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Average number of videos that one preprocessing job handles; a larger number gives fewer and longer jobs."""
    decode: Decode = Decode()
    faces: Faces = Faces()
    body: Body = Body()
    resize: Resize = Resize()
    mel: Mel = Mel()
    preview: Preview = Preview()
    images: dict[Name, ImageCorpus] = {}
    """Corpora of still pictures by name, for the system's `pretraining` and for the `sources` of its branches. A corpus
    that none of them names is not read."""
    system: System
    tracks: tuple[TrackName, ...] | None = None
    """Tracks of the system that this run predicts. When not set, all."""
    seed: int = Field(123, ge=0, le=LARGEST_SEED)
    """Random seed of training (123: code of Antoniadis et al.)."""
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of trainings of every branch, with `seed`, `seed` + 1 and so on. If above 1, `results/seeds_track<n>.csv`
    contains mean and standard deviation."""
    folds: Annotated[int, Field(ge=0, le=100)] = 0
    """Number of folds for cross-validation over the training and validation subjects: `results/folds_track<n>.csv`
    (Meng et al., table 2). 0 makes none. The people of a video stay in one fold."""
    inference: Inference = Inference()
    summary: Summary = Summary()
    scoring: Scoring = Scoring()
    loader: Loader = Loader()
    device: Device = Device()
    tracking: Tracking = Tracking()
    weights: ProjectPath = Path("config/weights.yaml")
    """List of published weights."""
    weights_dir: ProjectPath = Path("weights")
    """Folder where weight files are stored."""

    @property
    def edition(self) -> Edition:
        """Release of the annotations; a corpus that has but one or none is scored as Antoniadis et al.'s."""
        edition: Edition = getattr(self.corpus, "edition", "abaw2")
        return edition

    @property
    def training_seeds(self) -> range:
        """The seeds that every branch is trained with, `seed` first."""
        return range(self.seed, self.seed + self.seeds)

    @property
    def used(self) -> dict[TrackName, TrackSystem]:
        """The system's tracks that this run makes."""
        return {name: track for name, track in self.system.tracks.items() if self.tracks is None or name in self.tracks}

    @property
    def feature_sets(self) -> dict[Name, FeatureSet]:
        """The sets of frozen features that branches of this run read."""
        features_read = [
            b.features for track in self.used.values() for b in track.branches.values() if b.features is not None
        ]
        names = {name for features in features_read for name in features.sets}
        return {name: feature_set for name, feature_set in self.system.features.items() if name in names}

    @property
    def pretrained(self) -> dict[Name, Pretraining]:
        """The pre-trainings that branches of this run start from, or whose features they read."""
        names = {
            name for track in self.used.values() for branch in track.branches.values() for name in branch.init.values()
        }
        names |= {s.published for s in self.feature_sets.values() if s.published is not None}
        return {name: pretraining for name, pretraining in self.system.pretraining.items() if name in names}

    @property
    def pictured(self) -> list[Name]:
        """The corpora of still pictures that this run reads, by name."""
        branches = (branch for system in self.used.values() for branch in system.branches.values())
        names = {images for pretraining in self.pretrained.values() for images in pretraining.corpora}
        names |= {images for _, _, images in self.scored}
        return sorted(names.union(*(pictured(branch.sources.values()) for branch in branches)))

    @property
    def synthetic(self) -> list[Name]:
        """Those of them that are made here."""
        return [name for name in self.pictured if isinstance(self.images.get(name), DemoImages)]

    @property
    def scored(self) -> list[tuple[str, Name, Name]]:
        """What is scored on still pictures: what a branch learns, its name, and the corpus."""
        scored = []
        for track, system in self.used.items():
            for name, branch in system.branches.items():
                learnt_targets = {TARGETS[learnt] for learnt in branch.tracks or (track,) if learnt in TARGETS}
                for images in self.system.scored_images if branch.sees_single_faces else ():
                    annotated = set(targets_of(self.images[images])) if images in self.images else set()
                    if learnt_targets & annotated or ("compound" in annotated and len(learnt_targets) == len(TARGETS)):
                        scored.append((branch.task(track), name, images))
        for name, (task, _) in self.few_shots.items():
            corpora = [images for images in self.system.scored_images if images in self.images]
            scored += [(task, name, images) for images in corpora if compound_task(self.images[images]) == task]
        return list(dict.fromkeys(scored))

    @property
    def few_shots(self) -> dict[Name, tuple[str, Branch]]:
        """What this run's few-shot learning learns, and as which branch, by name."""
        few_shots = {}
        starts = {name: (t, branch) for t, system in self.used.items() for name, branch in system.branches.items()}
        for name, few_shot in self.system.few_shot.items():
            task = compound_task(self.images[few_shot.images]) if few_shot.images in self.images else None
            if task is not None and few_shot.images in self.system.scored_images and few_shot.start in starts:
                track, start = starts[few_shot.start]
                place = f"{self.corpus.name}/{self.system.name}/{start.task(track)}/{few_shot.start}"
                few_shots[name] = task, few_shot.branch(start, place)
        return few_shots

    @property
    def per_utterance(self) -> bool:
        """Whether the corpus is annotated by utterance: predictions of frames are then aggregated before they are
        fused and scored."""
        return isinstance(self.corpus, OmgCorpus)

    @property
    def notes(self) -> list[str]:
        """What of the settings this run does not use and a reader may expect it to, in words."""
        return unused_steps(self.used, self.per_utterance)

    def smooths(self, track: TrackName, branch: Name) -> bool:
        """Whether a branch's predictions of a track are averaged over windows of frames (`postprocess.mean`)."""
        return track == "va" and not self.per_utterance and bool(self.used[track].branches[branch].postprocess.mean)

    def note_of(self, track: TrackName, branch: Name) -> str:
        """What must be said wherever scores of a branch are shown; empty where nothing must."""
        settings = self.used[track].branches[branch]
        sets = settings.features.sets if settings.features else ()
        notes = [f"{name}: {note}" for name in sets if (note := note_of(self.system.features[name]))]
        return "; ".join([*([settings.note] if settings.note else []), *notes])

    def track(self, name: TrackName) -> Track:
        """A track as the corpus annotates it."""
        return track_of(name, self.edition, self.scoring.absent_units)
