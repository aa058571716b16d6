"""What a branch must fit in a run: one function a check, each with its own message."""

from collections.abc import Callable
from dataclasses import dataclass

from affectflow.config.base import Name
from affectflow.config.system.branch import Branch
from affectflow.config.system.clips import check_senses
from affectflow.config.system.run import RunSettings
from affectflow.config.training.sources import check_pictures
from affectflow.core.tracks import TrackName, track_of


@dataclass(frozen=True)
class InRun:
    """A branch of one of the run's tracks."""

    run: RunSettings
    track: TrackName
    name: Name

    @property
    def branch(self) -> Branch:
        """Its settings."""
        return self.run.used[self.track].branches[self.name]

    @property
    def where(self) -> str:
        """Its place in the settings, for messages."""
        return f"system.tracks.{self.track}.branches.{self.name}"


def learns_tracks_of_the_run(placed: InRun) -> None:
    """ValueError where it learns a track that the run leaves out."""
    if lacking := [track for track in placed.branch.tracks if track not in placed.run.used]:
        raise ValueError(
            f"branch {placed.name} of track {placed.track} learns {', '.join(lacking)}, too, which tracks leaves out; "
            "name all of them, or none"
        )


def sets_have_pictures_as_asked(placed: InRun) -> None:
    """ValueError where still pictures lack the annotations of a source, or are smaller than is read."""
    branch = placed.branch
    size = 0 if branch.features else branch.picture.size
    check_pictures(placed.where, branch.sources, size, placed.run.images)


def features_are_of_the_runs_corpus(placed: InRun) -> None:
    """ValueError where training sources of features name other corpora of videos, of which there are none."""
    branch, own_corpus = placed.branch, placed.run.corpus.name
    other_corpora = sorted({corpus for source in branch.sources.values() for corpus in source.corpora} - {own_corpus})
    if branch.features and other_corpora:
        raise ValueError(
            f"{placed.where}.sources names {', '.join(other_corpora)}, of which there are no features: they are of the "
            f"run's own corpus, {own_corpus}, and of still pictures"
        )


def edition_has_what_the_corpus_asks(placed: InRun) -> None:
    """ValueError where its own edition lacks outputs that the corpus's asks for."""
    branch, run = placed.branch, placed.run
    if branch.edition is None:
        return
    outputs, own_outputs = run.track(placed.track).outputs, track_of(placed.track, branch.edition).outputs
    if lacking := [output for output in outputs if output not in own_outputs]:
        raise ValueError(
            f"{placed.where}.edition is {branch.edition}, which lacks {', '.join(lacking)}; corpus.edition "
            f"{run.edition} asks for them: change one"
        )


def feature_sets_are_of_its_senses(placed: InRun) -> None:
    """ValueError where it reads feature sets of faces or sound and has none, or has sets that it does not read."""
    check_senses(placed.where, placed.branch, placed.run.system.features)


def landmarks_are_found(placed: InRun) -> None:
    """ValueError where it reads landmarks and the run finds none."""
    faces = placed.run.faces
    if "landmarks" in placed.branch.streams and (faces.source, faces.landmarker) != ("detect", "dlib68"):
        raise ValueError(
            f"branch {placed.name} of track {placed.track} reads landmarks, and faces gives none; set faces.source: "
            "detect and faces.landmarker: dlib68"
        )


RUN_BRANCH_CHECKS: tuple[Callable[[InRun], None], ...] = (
    learns_tracks_of_the_run,
    sets_have_pictures_as_asked,
    features_are_of_the_runs_corpus,
    edition_has_what_the_corpus_asks,
    feature_sets_are_of_its_senses,
    landmarks_are_found,
)
"""In the order in which they run: the first that fails is told."""
