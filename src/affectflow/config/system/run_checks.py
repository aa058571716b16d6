"""What the settings of a run must agree in: one function a check, each with its own message."""

from collections.abc import Callable

from affectflow.config.data.images import check_drawn
from affectflow.config.data.mel_bands import check_spectrogram
from affectflow.config.system.clips import check_clips
from affectflow.config.system.ensembles import check_methods, check_rows
from affectflow.config.system.run import LARGEST_SEED, RunSettings
from affectflow.config.system.run_branch_checks import RUN_BRANCH_CHECKS, InRun
from affectflow.config.training.pretraining import check_stored


def tracks_are_the_systems(run: RunSettings) -> None:
    """ValueError where a track is named that the system does not predict."""
    if unknown := sorted(set(run.tracks or ()) - set(run.system.tracks)):
        raise ValueError(
            f"tracks names {', '.join(unknown)}, which system {run.system.name} does not predict; it has "
            f"{', '.join(run.system.tracks)}"
        )


def tracks_are_named_once(run: RunSettings) -> None:
    """ValueError where tracks are given and are none, or one twice."""
    if run.tracks is not None and (not run.tracks or len(set(run.tracks)) < len(run.tracks)):
        raise ValueError("tracks names none, or one twice")


def seeds_are_in_range(run: RunSettings) -> None:
    """ValueError where the last seed would be larger than seeds can be."""
    if (last := run.training_seeds[-1]) > LARGEST_SEED:
        raise ValueError(
            f"seeds is {run.seeds}: from seed {run.seed} on the last would be {last}, and the largest is "
            f"{LARGEST_SEED}; lower one"
        )


def folds_leave_something_to_train_on(run: RunSettings) -> None:
    """ValueError where there is one fold, which would hold all."""
    if run.folds == 1:
        raise ValueError("folds is 1: nothing would be left to train on; set 0, or 2 and more")


def utterances_are_of_valence_and_arousal(run: RunSettings) -> None:
    """ValueError where a corpus that is annotated by utterance is asked for other tracks."""
    if run.per_utterance and set(run.used) != {"va"}:
        raise ValueError(
            f"tracks are {', '.join(run.used)}, and a corpus of kind {run.corpus.kind} annotates valence and "
            "arousal alone: set tracks: [va]"
        )


def utterances_are_in_no_folds(run: RunSettings) -> None:
    """ValueError where folds would part the utterances of a video."""
    if run.per_utterance and run.folds:
        raise ValueError(
            f"folds is {run.folds}, and would part the utterances of a video: a corpus of kind "
            f"{run.corpus.kind} has no folds; set 0"
        )


def clips_are_annotated(run: RunSettings) -> None:
    """ValueError where the corpus is not annotated with what the tracks ask for: clips, or frames."""
    check_clips(run.corpus, run.used)


def spectrograms_fit_the_sound(run: RunSettings) -> None:
    """ValueError where mel bands or windows do not fit the sample rate."""
    check_spectrogram(run.mel, run.decode.sample_rate)


def corpus_has_its_own_folder(run: RunSettings) -> None:
    """ValueError where the corpus is called as the folder of still pictures."""
    if run.corpus.name == "images":
        raise ValueError("corpus.name is images, which names the folders of still pictures; choose another")


def pictures_are_drawn_apart(run: RunSettings) -> None:
    """ValueError where pictures would be drawn into the folder of another corpus."""
    check_drawn(run.images, run.corpus.root)


def pictures_suit_their_pretraining(run: RunSettings) -> None:
    """ValueError where a pre-training wants other annotations, or larger pictures, than are stored."""
    for name, encoder in run.pretrained.items():
        check_stored(f"system.pretraining.{name}", encoder, run.images)


def methods_and_branches_fit(run: RunSettings) -> None:
    """ValueError where a method of a track cannot be fused, or a branch of it cannot be made, in this run."""
    for track, system in run.used.items():
        check_methods(f"system.tracks.{track}", system, run.track(track), run.folds)
        for name in system.branches:
            for check in RUN_BRANCH_CHECKS:
                check(InRun(run, track, name))


def table_rows_have_scores(run: RunSettings) -> None:
    """ValueError where a table has a row without a score."""
    for name, table in run.system.tables.items():
        systems = {track: run.used[track] for track in table.tracks if track in run.used}
        check_rows(f"system.tables.{name}", table, systems, run.folds)


def official_faces_have_a_folder(run: RunSettings) -> None:
    """ValueError where official faces are to be read and their folder is not named."""
    if run.faces.source == "official" and getattr(run.corpus, "cropped_aligned", None) is None:
        raise ValueError(
            "faces.source is official, but corpus.cropped_aligned is not set: name the folder of official faces, "
            "or set faces.source: detect"
        )


RUN_CHECKS: tuple[Callable[[RunSettings], None], ...] = (
    tracks_are_the_systems,
    tracks_are_named_once,
    seeds_are_in_range,
    folds_leave_something_to_train_on,
    utterances_are_of_valence_and_arousal,
    utterances_are_in_no_folds,
    clips_are_annotated,
    spectrograms_fit_the_sound,
    corpus_has_its_own_folder,
    pictures_are_drawn_apart,
    pictures_suit_their_pretraining,
    methods_and_branches_fit,
    table_rows_have_scores,
    official_faces_have_a_folder,
)
"""In the order in which they run: the first that fails is told, and some rely on those before them."""


def check_run(run: RunSettings) -> None:
    """ValueError where settings do not agree, by the first of `RUN_CHECKS` that says so."""
    for check in RUN_CHECKS:
        check(run)
