"""What a branch must fit where it stands in a system: one function a check, each with its own message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from affectflow.config.base import Name
from affectflow.config.system.branch import Branch
from affectflow.config.training.terms import TERMS
from affectflow.core.tasks import tasks_of
from affectflow.core.tracks import TrackName, track_of


@dataclass(frozen=True)
class Placed:
    """A branch where it stands in a system."""

    branches: Mapping[TrackName, Mapping[Name, Branch]]
    """Those of all tracks of the system."""
    track: TrackName
    name: Name

    @property
    def branch(self) -> Branch:
        """Its settings."""
        return self.branches[self.track][self.name]

    @property
    def where(self) -> str:
        """Its place in the settings, for messages."""
        return f"tracks.{self.track}.branches.{self.name}"

    @property
    def learnt_tracks(self) -> tuple[TrackName, ...]:
        """The tracks that it learns."""
        return self.branch.tracks or (self.track,)


def learns_its_track_once(placed: Placed) -> None:
    """ValueError where the tracks that it learns leave out its own, or name one twice."""
    learnt_tracks = placed.learnt_tracks
    if placed.track not in learnt_tracks or len(set(learnt_tracks)) < len(learnt_tracks):
        raise ValueError(
            f"{placed.where}.tracks is {', '.join(learnt_tracks)}; expected {placed.track} among them, and each once"
        )


def is_the_same_in_each_track(placed: Placed) -> None:
    """ValueError where one of the tracks that it learns has it not, or otherwise."""
    for other in placed.learnt_tracks:
        if placed.branches.get(other, {}).get(placed.name) != placed.branch:
            raise ValueError(
                f"{placed.where} learns {other}, too: give tracks.{other}.branches.{placed.name} the same settings"
            )


def sets_name_learnt_tracks(placed: Placed) -> None:
    """ValueError where a source has annotations of a track that is not learnt."""
    for title, source in placed.branch.sources.items():
        for key, names in (("tracks", source.tracks), ("shared", source.shared)):
            if strange := [name for name in names if name not in placed.learnt_tracks]:
                raise ValueError(
                    f"{placed.where}.sources.{title}.{key} names {', '.join(strange)}, which the branch learns not"
                )


def sets_annotate_what_is_learnt(placed: Placed) -> None:
    """ValueError where no source has annotations of a track that is learnt."""
    sources = placed.branch.sources
    if sources and (
        unannotated := [n for n in placed.learnt_tracks if not any(n in source.tracks for source in sources.values())]
    ):
        raise ValueError(
            f"{placed.where}.sources: none is annotated with {', '.join(unannotated)}, which the branch learns"
        )


def sets_validate_what_is_learnt(placed: Placed) -> None:
    """ValueError where no source validates a track that is learnt."""
    sources = placed.branch.sources
    validated = {n for source in sources.values() if any(source.members("validation")) for n in source.tracks}
    if sources and (unvalidated := [n for n in placed.learnt_tracks if n not in validated]):
        raise ValueError(
            f"{placed.where}.sources: none validates {', '.join(unvalidated)}; set validate_on of one with it"
        )


def predicts_frames_or_clips_as_its_track(placed: Placed) -> None:
    """ValueError where the track is of clips and the network of frames, or the other way round."""
    track, branch = placed.track, placed.branch
    if track_of(track).per_clip != branch.per_clip:
        whole = "a clip as a whole" if track_of(track).per_clip else "each frame"
        raise ValueError(
            f"{placed.where}.network is {branch.network.name}; track {track} asks for one that predicts {whole}"
        )


def terms_are_of_what_is_learnt(placed: Placed) -> None:
    """ValueError where a further term of the loss is of none of the tracks that are learnt."""
    for name in placed.branch.loss.terms:
        if not set(TERMS[name].tracks) & set(placed.learnt_tracks):
            raise ValueError(
                f"{placed.where}.loss.terms.{name} is of {' and '.join(TERMS[name].tracks)}; the branch learns "
                f"{', '.join(placed.learnt_tracks)}: remove it"
            )


def coupling_has_what_it_couples(placed: Placed) -> None:
    """ValueError where expressions and action units would be coupled and are not both learnt."""
    if placed.branch.loss.coupling is not None and not {"expr", "au"} <= set(placed.learnt_tracks):
        raise ValueError(
            f"{placed.where}.loss.coupling couples expr and au; the branch learns {', '.join(placed.learnt_tracks)}: "
            "name both in tracks"
        )


def windows_are_of_valence_and_arousal(placed: Placed) -> None:
    """ValueError where predictions would be averaged over windows and are not of valence and arousal."""
    if placed.branch.postprocess.mean and "va" not in placed.learnt_tracks:
        raise ValueError(
            f"{placed.where}.postprocess.mean is of valence and arousal, which track {placed.track} has not; remove it"
        )


def selects_by_a_score(placed: Placed) -> None:
    """ValueError where epochs are chosen by what is no validation score of the branch."""
    scores = tasks_of(placed.branch.task(placed.track), "abaw2").scores
    if placed.branch.select not in scores:
        raise ValueError(f"{placed.where}.select is {placed.branch.select!r}, expected one of {', '.join(scores)}")


def loss_has_a_term(placed: Placed) -> None:
    """ValueError where all terms of the track's loss are off."""
    branch = placed.branch
    terms = [term for term in track_of(placed.track).loss_terms if term != "bins" or branch.bins is not None]
    further = [weight for name, weight in branch.loss.terms.items() if placed.track in TERMS[name].tracks]
    if not any([*further, *(getattr(branch.loss, term) for term in terms)]):
        raise ValueError(f"{placed.where}.loss: {' and '.join(terms)} leave nothing to learn from; set one above 0")


def words_are_of_expressions(placed: Placed) -> None:
    """ValueError where word vectors would be learnt and no track has classes with words."""
    if "expr" not in placed.learnt_tracks and placed.branch.loss.embedding:
        raise ValueError(
            f"{placed.where}.loss.embedding is for track expr alone: classes have words, {placed.track} none"
        )


def balances_classes(placed: Placed) -> None:
    """ValueError where classes would be balanced and the track has none."""
    branch = placed.branch
    alone = track_of(placed.track) if len(placed.learnt_tracks) == 1 else None
    if alone and alone.continuous and (branch.loss.class_weights, branch.sampling) != ("none", "all"):
        raise ValueError(f"{placed.where}: class_weights and sampling balance classes; track {placed.track} has none")


def samples_by_one_track(placed: Placed) -> None:
    """ValueError where sequences would be drawn by the classes of several tracks."""
    branch = placed.branch
    if branch.sampling != "all" and len(placed.learnt_tracks) > 1:
        raise ValueError(
            f"{placed.where}.sampling balances the classes of one track; {branch.task(placed.track)} are several"
        )


BRANCH_CHECKS: tuple[Callable[[Placed], None], ...] = (
    learns_its_track_once,
    is_the_same_in_each_track,
    sets_name_learnt_tracks,
    sets_annotate_what_is_learnt,
    sets_validate_what_is_learnt,
    predicts_frames_or_clips_as_its_track,
    terms_are_of_what_is_learnt,
    coupling_has_what_it_couples,
    windows_are_of_valence_and_arousal,
    selects_by_a_score,
    loss_has_a_term,
    words_are_of_expressions,
    balances_classes,
    samples_by_one_track,
)
"""In the order in which they run: the first that fails is told, and some rely on those before them."""


def check_branch(placed: Placed) -> None:
    """ValueError where a branch does not fit where it stands, by the first of `BRANCH_CHECKS` that says so."""
    for check in BRANCH_CHECKS:
        check(placed)
