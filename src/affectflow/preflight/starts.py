"""What the networks of a run start from, or read the features of: published weights by name, and encoders that are
pre-trained on pictures."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from affectflow.artifacts.layout import MODEL, OFFICIAL, Training, layout_of_branch
from affectflow.config.model.feature_sets import RANDOM
from affectflow.config.system.settings import Run
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.images.registry import image_labels
from affectflow.datasets.images.stills import SPLITS, Split
from affectflow.datasets.video.editions import check_edition
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import Video
from affectflow.preflight.members import check_members, find_members, users_of
from affectflow.pretrained.weights import Registry, published_weights


def wanted_weights(run: Run) -> dict[str, str]:
    """Names of the published weights and word vectors that a run needs, and what needs each, in words."""
    uses = {
        pretraining.init: f"pre-training {name}"
        for name, pretraining in run.pretrained.items()
        if pretraining.init is not None
    }
    for track, system in run.used.items():
        for name, branch in system.branches.items():
            trained = {*run.pretrained, *run.system.neighbours(track, branch)}
            uses |= dict.fromkeys(published_weights(branch, trained), f"branch {name} of track {track}")
    for name, feature_set in run.feature_sets.items():
        if feature_set.published is not None and feature_set.published not in (RANDOM, *run.pretrained):
            uses[feature_set.published] = f"system.features.{name}"
    return uses


def check_starts(run: Run, registry: Registry) -> None:
    """Check the names of what networks start from, and what pre-trainings and sets learn from.

    Raises:
        InputError: a name is unknown, or means two things; says what is known.
    """
    encoders = run.system.pretraining
    branches = {name for system in run.used.values() for name in system.branches}
    if both := sorted((set(encoders) | branches) & set(registry)):
        raise InputError(
            f"{', '.join(both)}: a name of both system.pretraining or a branch and {run.weights}, so that init could "
            "mean either; rename one"
        )
    for name, use in wanted_weights(run).items():
        if name not in registry:
            raise InputError(
                f"{use} starts from {name}, which is unknown: the track has no such branch, system.pretraining has "
                f"{', '.join(encoders) or 'no encoder'}, {run.weights} has {', '.join(registry)}"
            )
    for name, pretraining in run.pretrained.items():
        if unknown := [images for images in pretraining.corpora if images not in run.images]:
            raise InputError(
                f"system.pretraining.{name}.images has {', '.join(unknown)}, and the setting images has "
                f"{', '.join(run.images) or 'no corpus'}. Say there where the pictures lie: "
                f"images.{unknown[0]} with kind and root. {_without(run, unknown[0])}"
            )
    check_members(run)


def check_models(run: Run, root: Path = Path()) -> None:
    """Check that the branches of other runs that a run starts from are trained, below `root`.

    Raises:
        InputError: a model is not there; says which run makes it.
    """
    for track, system in run.used.items():
        for name, branch in system.branches.items():
            for weights in branch.init.values():
                if "/" in weights and not (path := root / model_of(weights, run.seed)).exists():
                    raise InputError(
                        f"{path}: no such model, from which branch {name} of track {track} starts; run the workflow "
                        f"with the settings of {'/'.join(weights.split('/')[:2])} and seed {run.seed} in this folder "
                        "first, or clear the branch's init with null"
                    )


def check_faces(run: Run, videos: Iterable[Video]) -> None:
    """Check that the organisers' faces of every subject are there, where a run takes them.

    Raises:
        InputError: some are not; says how to do without.
    """
    if run.faces.source != "official":
        return
    folder = Path(getattr(run.corpus, "root", "")) / getattr(run.corpus, "cropped_aligned", "")
    subjects = [subject.subject for video in videos for subject in video.subjects]
    if missing := [name for name in subjects if not (folder / name).is_dir()]:
        listing = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise InputError(
            f"{folder}: no faces of {len(missing)} of {len(subjects)} subjects ({listing}), and faces.source is "
            "official: expected a folder for each subject, <subject>/00001.jpg …, which the organisers give out beside "
            "the videos as cropped and aligned pictures. Unpack them there, name their folder in "
            "corpus.cropped_aligned, or find faces in the videos instead: faces.source: detect"
        )


def model_of(branch: str, seed: int) -> Path:
    """The model of a branch CORPUS/SYSTEM/TRACK/BRANCH that another run has trained in this folder."""
    layout, task, name = layout_of_branch(branch)
    return Path(layout.model(Training(task, name, OFFICIAL, seed), MODEL))


Pictures = dict[tuple[str, Split], tuple[Path, ...]]
"""The lists or the folder that annotate each split of image corpora."""


def find_corpora(run: Run) -> tuple[dict[TrackName, Listing], Pictures]:
    """What each track has of the run's corpus, and what annotates its image corpora; the corpora that branches' sets
    have, and the models of other runs, are looked for too.

    Raises:
        InputError: something is not there or not as it must be; names all of it at once.
    """
    problems: list[str] = []
    listings = _attempt(problems, lambda: _listed(run))
    pictures = _attempt(problems, lambda: find_pictures(run))
    for look in (find_members, check_models):
        _attempt(problems, partial(look, run))
    if problems or listings is None or pictures is None:
        raise InputError("\n".join(problems))
    return listings, pictures


def _listed(run: Run) -> dict[TrackName, Listing]:
    check_edition(run.corpus.name, run.edition, run.used)
    return list_corpus(run.corpus, list(run.used))


Found = TypeVar("Found")


def _attempt(problems: list[str], look: Callable[[], Found]) -> Found | None:
    """What `look` finds; None, and a problem more, where that is an error."""
    try:
        return look()
    except InputError as error:
        problems.append(str(error))
        return None


def find_pictures(run: Run) -> Pictures:
    """The lists or the folder that annotate each split of the image corpora that this run reads.

    Raises:
        InputError: corpora are not there; says of each what was looked for, and how to do without it.
    """
    pictures: Pictures = {}
    problems: list[str] = []
    for name in run.pictured:
        try:
            pictures |= {(name, split): image_labels(run.images[name], split) for split in SPLITS}
        except InputError as error:
            problems.append(f"{error}. {_without(run, name)}")
    if problems:
        raise InputError("\n".join(problems))
    return pictures


def _without(run: Run, images: str) -> str:
    """What to do where an image corpus is not at hand, in sentences."""
    sentences = [f"Without {images}, leave it out of {place}" for place in users_of(run, images)]
    learning = {name: pretraining for name, pretraining in run.pretrained.items() if images in pretraining.corpora}
    names = list(learning)
    sentences += [
        f"Without {images}, leave it out of system.pretraining.{name}.images"
        for name, pretraining in learning.items()
        if len(pretraining.corpora) > 1
    ]
    users = sorted(
        f"tracks.{track}.branches.{name}.init.{stream}"
        for track, system in run.used.items()
        for name, branch in system.branches.items()
        for stream, weights in branch.init.items()
        if weights in names
    )
    if users:
        sentences.append(
            f"{', '.join(names)} learns from {images}, and {', '.join(users)} start from it. Without {images}, bring "
            f"weights (`{affectflow('weights fetch affectnet_face --file PATH')}`) and set these to affectnet_face; or "
            "set them to null, for random weights (`init: null` for all streams of a branch)"
        )
    readers = [
        f"features.{name}.weights" for name, feature_set in run.feature_sets.items() if feature_set.published in names
    ]
    if readers:
        sentences.append(
            f"{', '.join(names)} learns from {images}, and system.{', system.'.join(readers)} reads it. Without "
            f"{images}, bring weights that fit (`{affectflow('weights list')}`, "
            f"`{affectflow('weights fetch NAME --file PATH')}`) and set this to their name; or set it to {RANDOM}, for "
            "random ones"
        )
    return ". ".join(sentences)
