"""What a training of a branch reads, and what it is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from affectflow.artifacts.layout import (
    MODEL,
    OFFICIAL,
    SETTINGS,
    CorpusLayout,
    Training,
    feature_files,
    picture_folder,
    pictures,
)
from affectflow.config.system.branch import Branch
from affectflow.config.system.members import members_of, pictures_of
from affectflow.config.training.terms import term_modules
from affectflow.core.tasks import names_of
from affectflow.core.tracks import TrackName
from affectflow.dataloading.needs import artifacts_of
from affectflow.papers.registry import network_module
from affectflow.preflight.members import corpus_files
from affectflow.preflight.starts import model_of
from affectflow.pretrained.weights import published_weights
from affectflow.workflow.names import literal
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.text import options
from affectflow.workflow.plan.tracks import edition_options


def artifacts_read(plan: Plan, branch: Branch, tracks: Iterable[str], fold: str, splits: Sequence[str]) -> list[str]:
    """The artifacts that a branch reads to see the subjects of `splits`, each once; in a fold the parts of train and
    validation follow from labels, so that all of both are named."""
    if fold != OFFICIAL and "test" not in splits:
        splits = ("train", "validation")
    tracks = list(tracks)
    files = (plan.artifacts(kind, track, *splits) for kind in artifacts_of(branch) for track in tracks)
    return list(dict.fromkeys(file for group in files for file in group))


@dataclass(frozen=True)
class TrainingPlan:
    """A training of a branch."""

    plan: Plan
    key: Training

    @cached_property
    def tracks(self) -> list[str]:
        """The tracks that it learns; none of compound expressions."""
        return [] if self.key.branch in self.plan.few_shots else names_of(self.key.task)

    @cached_property
    def branch(self) -> Branch:
        """The branch's settings."""
        if self.key.branch in self.plan.few_shots:
            return self.plan.few_shots[self.key.branch][1]
        return self.plan.used[self.tracks[0]].branches[self.key.branch]

    @property
    def options(self) -> str:
        """`--edition` of its annotations."""
        return edition_options(self.plan.run, self.branch.edition or self.plan.run.edition, self.tracks)

    @cached_property
    def _neighbours(self) -> dict[str, str]:
        """Branches that it can start from, learn from or read, each with a track that it predicts."""
        return {name: track for track in self.tracks for name in self.plan.used[track].branches}

    def _training(self, name: str) -> Training:
        """The training of another branch, of the same fold and seed."""
        return self.plan.training(Training(self._neighbours[name], name, self.key.fold, self.key.seed))

    def artifacts(self, *splits: str) -> list[str]:
        """The artifacts that it reads to see the subjects of splits."""
        return artifacts_read(self.plan, self.branch, self.tracks, self.key.fold, splits)

    @cached_property
    def all_manifests(self) -> dict[str, str]:
        """The manifest whose splits it sees, by track."""
        return {track: self.plan.layout.manifest(track, self.key.fold) for track in self.tracks}

    @cached_property
    def learns_here(self) -> bool:
        """Whether it learns from the run's own corpus."""
        return not self.branch.sources or self.plan.layout.corpus in members_of(self.branch)[1]

    @property
    def manifests(self) -> dict[str, str]:
        """Those of its manifests that it learns from."""
        return self.all_manifests if self.learns_here else {}

    @property
    def labels(self) -> dict[str, str]:
        """The labels that it learns from, by track."""
        return {track: self.plan.layout.labels(track) for track in self.tracks} if self.learns_here else {}

    @property
    def seen(self) -> list[str]:
        """The artifacts of frames and pictures that it reads, and all else of other corpora."""
        files = self.artifacts("train", "validation") if self.learns_here else []
        files += [pictures(name, split) for name, split in pictures_of(self.branch)]
        for name, tracks in members_of(self.branch)[1].items():
            if name != self.plan.layout.corpus:
                files += _of_corpus(name, tuple(tracks))
        return files

    @property
    def members(self) -> str:
        """Where the members of its sets lie, as options."""
        images, corpora = members_of(self.branch)
        both = {"images": {name: picture_folder(name) for name in images}}
        both["corpus"] = {name: CorpusLayout(name).work for name in corpora}
        return " ".join(options(kind, folders) for kind, folders in both.items())

    @property
    def relatedness(self) -> list[str]:
        """The file that says how it couples expressions and action units, where it does."""
        coupling = self.branch.loss.coupling
        return [] if coupling is None else [literal(coupling.relatedness)]

    @property
    def starts(self) -> dict[str, str]:
        """The models that it starts from, by the name that its `init` gives: of branches of the same fold and seed; of
        pre-trainings and other runs those of the first seed, as with published weights."""
        run, models = self.plan.run, {}
        for name in sorted(set(self.branch.init.values())):
            if name in self._neighbours:
                models[name] = self.plan.layout.model(self._training(name), MODEL)
            elif name in run.pretrained:
                models[name] = self.plan.encoders.encoder(name, run.seed, MODEL)
            elif "/" in name:
                models[name] = literal(model_of(name, run.seed))
        return models

    @property
    def weights(self) -> list[str]:
        """Files of published weights and word embeddings that it starts from."""
        return self.plan.weights(*published_weights(self.branch, self.starts))

    @property
    def teacher(self) -> list[str]:
        """The folder of the branch that teaches it: of the same fold and seed; none of most."""
        return [self.plan.layout.model(self._training(self.branch.teacher))] if self.branch.teacher else []

    @property
    def teacher_files(self) -> list[str]:
        """The files of that branch."""
        return [f"{folder}/{file}" for folder in self.teacher for file in (MODEL, SETTINGS)]

    @property
    def feature_trainings(self) -> dict[str, Training]:
        """The training behind the learnt features of each branch that it reads, by name: of the same fold and seed."""
        return {name: self._training(name) for name in (self.branch.features.of if self.branch.features else ())}

    @property
    def feature_folders(self) -> dict[str, Path]:
        """Where these features lie."""
        return {name: Path(self.plan.layout.features(key)) for name, key in self.feature_trainings.items()}

    def features(self, *splits: str, stills: bool = True) -> list[str]:
        """The files of learnt features that it reads of splits: of the run's corpus, and of its sets' pictures."""
        folders, files = self.feature_folders, list[Path]()
        for split in splits if self.branch.features else ():
            images = {name for one in self.branch.sources.values() for name in one.members(split)[0]}
            files += feature_files(
                folders, split, self.branch.augmented_copies(split), sorted(images) if stills else []
            )
        return list(map(str, files))

    @property
    def networks(self) -> list[str]:
        """The modules of the networks that it builds: its own, and its teacher's."""
        teacher = self.branch.teacher
        own = self.plan.used[self.tracks[0]].branches if teacher else {}
        names = [self.branch.network.name, *([own[teacher].network.name] if teacher else [])]
        return list(dict.fromkeys(map(network_module, names)))

    @property
    def terms(self) -> list[str]:
        """The modules of the further terms of its loss."""
        return term_modules(self.branch.loss.terms)


@cache
def _of_corpus(name: str, tracks: tuple[TrackName, ...]) -> list[str]:
    return [literal(path) for path in corpus_files(name, list(tracks))]
