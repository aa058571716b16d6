"""A run as its jobs see it: settings, what its corpus lists, and which tracks are trained, tested and scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from affectflow.artifacts.layout import OFFICIAL, ImageLayout, Layout, TrackRun, Training
from affectflow.config.system.branch import Branch
from affectflow.config.system.settings import Run
from affectflow.config.system.systems import TrackSystem
from affectflow.core.tracks import Track
from affectflow.datasets.video.listing import Listing, without_test
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.registry import weights_file
from affectflow.pretrained.weights import Registry, present
from affectflow.workflow.names import literal
from affectflow.workflow.plan.text import long_text


@dataclass(frozen=True)
class Plan:
    """A run. Without listings and shards it still says what is trained and fused: settings alone decide that."""

    run: Run
    listings: Mapping[str, Listing] = field(default_factory=dict)
    """What the corpus has for each track."""
    shards: Mapping[str, tuple[Video, ...]] = field(default_factory=dict)
    """The videos that one preprocessing job handles, by shard."""
    registry: Registry = field(default_factory=dict)
    """Published weights."""

    @cached_property
    def layout(self) -> Layout:
        """Where the run's files lie."""
        return Layout(self.run.corpus.name, self.run.system.name)

    @cached_property
    def encoders(self) -> ImageLayout:
        """Where its encoders of still pictures lie."""
        return ImageLayout(self.run.system.name)

    @cached_property
    def used(self) -> dict[str, TrackSystem]:
        """How the system predicts each track of the run."""
        return {str(name): system for name, system in self.run.used.items()}

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """Each track of the run as the corpus annotates it."""
        return {name: self.run.track(name) for name in self.run.used}

    @cached_property
    def numbered(self) -> dict[str, str]:
        """Tracks by the challenge's number, which names their results."""
        return {str(track.number): name for name, track in self.tracks.items()}

    @cached_property
    def labelled(self) -> dict[str, str]:
        """Those with labels: a corpus without has nothing to train or score, and no counts to reconcile."""
        return {number: name for number, name in self.numbered.items() if self.listings[name].labels}

    @cached_property
    def tested(self) -> dict[str, str]:
        """Those of them with test subjects; others are trained and validated alone."""
        untested = self.untested
        return {number: name for number, name in self.labelled.items() if name not in untested}

    @cached_property
    def untested(self) -> dict[str, str]:
        """Tracks without test subjects, each with the reason."""
        return {str(track): why for track, why in without_test(dict(self.listings)).items()}

    @cached_property
    def held_out(self) -> dict[str, str]:
        """Labelled tracks whose test labels are there, for the demo's test score alone."""
        return {number: name for number, name in self.labelled.items() if self.listings[name].held_out}

    @cached_property
    def few_shots(self) -> dict[str, tuple[str, Branch]]:
        """What few-shot learning learns, and as which branch, by name."""
        return self.run.few_shots

    @cached_property
    def tasks(self) -> set[str]:
        """All that a network of the run learns."""
        own = {branch.task(t) for t, system in self.run.used.items() for branch in system.branches.values()}
        return own | {task for task, _ in self.few_shots.values()}

    @cached_property
    def branches(self) -> set[str]:
        """Names of all branches."""
        return {name for system in self.used.values() for name in system.branches} | set(self.few_shots)

    @cached_property
    def kind(self) -> str:
        """The corpus whose figures stand in tables of papers: BP4D+ has the layout of BP4D and is another one."""
        return self.run.edition if self.run.corpus.kind == "bp4d" else self.run.corpus.kind

    @property
    def tolerance(self) -> int:
        """Frames by which labels and video may differ."""
        tolerance: int = getattr(self.run.corpus, "tolerance", 0)
        return tolerance

    @property
    def labels_as_read(self) -> str:
        """Pattern of labels as they are read: of frames, or of utterances where the corpus annotates these."""
        return self.layout.utterance_labels_as_read() if self.run.per_utterance else self.layout.labels()

    def first_run(self, track: str) -> TrackRun:
        """The fusion of a track as the corpus is split, with the first seed."""
        return TrackRun(track, OFFICIAL, self.run.seed)

    def training(self, training: Training) -> Training:
        """The training behind what a branch predicts of a track: of all that it learns together."""
        ((name, branch),) = [(t, self.used[t].branches[training.branch]) for t in self.run.used if t == training.task]
        return Training(branch.task(name), training.branch, training.fold, training.seed)

    def of_shards(self, artifact: str) -> list[str]:
        """The files of one kind."""
        return [self.layout.artifact(artifact, shard) for shard in self.shards]

    def artifacts(self, artifact: str, track: str, *splits: str) -> list[str]:
        """The artifacts of a kind that hold subjects of a track's `splits`."""
        split_of = self.listings[track].splits
        return [
            self.layout.artifact(artifact, shard)
            for shard, videos in self.shards.items()
            if any(split_of.get(subject.subject) in splits for video in videos for subject in video.subjects)
        ]

    @cached_property
    def shards_text(self) -> str:
        """All shards with their videos, as text."""
        return long_text(
            [{"shard": shard, "videos": [v.to_json() for v in videos]} for shard, videos in self.shards.items()]
        )

    def weights(self, *names: str) -> list[str]:
        """The files of published weights and word embeddings.

        Raises:
            InputError: one is not there; says how to get it.
        """
        return [literal(present(name, self.registry, self.run.weights_dir)) for name in names]

    @property
    def pose_weights(self) -> list[str]:
        """The file of weights of a pose backend that needs one.

        Raises:
            InputError: it is not there; says what is expected.
        """
        file = weights_file(self.run.body)
        return [] if file is None else [literal(file)]

    def note(self, track: str, branch: str) -> str:
        """What must be said of a branch wherever its scores are shown; empty where nothing."""
        ((name, settings),) = [(t, system.branches[branch]) for t, system in self.run.used.items() if t == track]
        windowing_note = self.run.inference.tables.note(settings.overlappable)
        return "; ".join(note for note in (self.run.note_of(name, branch), windowing_note) if note)
