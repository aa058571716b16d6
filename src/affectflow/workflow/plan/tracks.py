"""What is known of a track: its labels, splits and official lists, and how scripts are told of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from affectflow.artifacts.layout import TrackRun
from affectflow.config.system.settings import Run
from affectflow.config.system.systems import TrackSystem
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, Track
from affectflow.datasets.video.listing import Listing
from affectflow.workflow.names import literal
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.text import long_text


def edition_options(run: Run, edition: Edition, tracks: Iterable[str]) -> str:
    """What a script is told of annotations and, where it is not the default and action units are scored, how."""
    absent, units = run.scoring.absent_units, any(run.track(name).kind == "units" for name in tracks)
    return f"--edition {edition}" + (f" --absent-units {absent}" if units and absent != "zero" else "")


@dataclass(frozen=True)
class TrackPlan:
    """A track, in one fold and with one seed."""

    plan: Plan
    run: TrackRun

    @property
    def name(self) -> str:
        """Of the track."""
        return self.run.track

    @cached_property
    def track(self) -> Track:
        """What it asks for."""
        return self.plan.tracks[self.name]

    @cached_property
    def system(self) -> TrackSystem:
        """How the system predicts it."""
        return self.plan.used[self.name]

    @property
    def listing(self) -> Listing:
        """What the corpus has for it."""
        return self.plan.listings[self.name]

    @property
    def options(self) -> str:
        """`--track` and `--edition` of a job."""
        return f"--track {self.name} {edition_options(self.plan.run, self.plan.run.edition, [self.name])}"

    @property
    def manifest(self) -> str:
        """The manifest whose splits a job sees: the corpus's own, or a fold's."""
        return self.plan.layout.manifest(self.name, self.run.fold)

    @property
    def labels(self) -> str:
        """Labels of frames."""
        return self.plan.layout.labels(self.name)

    @property
    def scored_manifest(self) -> str:
        """The manifest of what is scored: the same, but for a corpus that is annotated by utterance."""
        return self.plan.layout.utterance_manifest(self.name) if self.plan.run.per_utterance else self.manifest

    @property
    def scored_labels(self) -> str:
        """The labels of what is scored, in the same way."""
        return self.plan.layout.utterance_labels(self.name) if self.plan.run.per_utterance else self.labels

    @property
    def frame_manifest(self) -> list[str]:
        """The manifest of a track whose scores are of frames; none of others, which no single frame speaks for."""
        return [] if self.plan.run.per_utterance or self.track.per_clip else [self.manifest]

    @property
    def faces_of_frames(self) -> list[str]:
        """The faces of its validation subjects, where its scores are of frames."""
        return self.plan.artifacts("faces", self.name, "validation") if self.frame_manifest else []

    @property
    def label_files(self) -> list[str]:
        """The files that hold its labels, each once."""
        return list(dict.fromkeys(literal(path) for files in self.listing.labels.values() for path in files))

    @property
    def label_files_text(self) -> str:
        """The same by subject, as text."""
        return long_text({subject: list(map(str, files)) for subject, files in self.listing.labels.items()})

    @property
    def unused_labels_text(self) -> str:
        """Test subjects whose labels nothing reads, as text."""
        return long_text([name for name in self.listing.subjects("test") if name in self.listing.labels])

    @property
    def splits_text(self) -> str:
        """The split of each subject, as text."""
        return long_text(self.listing.splits)

    @property
    def sample(self) -> str:
        """The organisers' sample of a submission."""
        return literal(self.listing.sample)

    @property
    def official_lists(self) -> dict[str, Path]:
        """The organisers' files that decide the rows of a submission, by option of the script."""
        lists = {"test-list": self.listing.test_list, "sample": self.listing.sample}
        return {option: path for option, path in lists.items() if path}

    @property
    def held_out_labels(self) -> list[str]:
        """The files of held-out test labels: one a subject, or one table of clips."""
        names = [f"{subject}.txt" for subject in self.listing.subjects("test")]
        names = ["labels.csv"] if self.track.per_clip else names
        return [literal(f"{self.listing.held_out}/{name}") for name in names]

    @property
    def fused_test(self) -> str:
        """The fused test scores.

        Raises:
            InputError: nobody is to be tested.
        """
        if why := self.plan.untested.get(self.name):
            raise InputError(f"{why}: see docs/corpora.md for what says who is tested")
        return self.plan.layout.fused_test(self.plan.first_run(self.name))
