"""The networks of all tracks on one video. They take turns, so that each picture is decoded once for all of them."""

from pathlib import Path

from affectflow.artifacts.layout import FEATURES, MODEL, training_of
from affectflow.config.evaluation.fusion import member_name, member_of
from affectflow.core.tracks import TrackName
from affectflow.core.turns import Steps, take_turns
from affectflow.dataloading.recent import RecentPictures
from affectflow.fusion.smoothing import read_smoothing
from affectflow.inference.predict import predict_in_steps
from affectflow.models.folder import read_branch
from affectflow.prediction.system import TrainedSystem

Member = tuple[TrackName, str]
"""A track, and a member of its method."""

_MODEL_BYTES = 256 << 20
"""Of models that are in memory together. Where these are larger, decoding is a small part of the time."""
_PICTURE_BYTES = 24 << 20


def turns(system: TrainedSystem) -> dict[str, list[Member]]:
    """The members that take turns, by the name of the stage that they make up."""
    groups: list[list[Member]] = []
    room = 0
    for track, trained in system.tracks.items():
        for member, model in trained.models.items():
            size = (model / MODEL).stat().st_size
            if size > room:
                groups.append([])
                room = _MODEL_BYTES
            groups[-1].append((track, member))
            room -= size
    names = ["networks"] if len(groups) == 1 else [f"networks {place}" for place in range(1, len(groups) + 1)]
    return dict(zip(names, groups, strict=True))


def table_of(work: Path, track: TrackName, member: str) -> Path:
    """Where the predictions of a member lie."""
    return work / "tracks" / track / f"{member}.parquet"


def features_of(work: Path, model: Path) -> Path:
    """Folder of the features that a branch's model has found."""
    return work / FEATURES / training_of(model).folder


def predict_members(members: list[Member], system: TrainedSystem, work: Path) -> None:
    """Write the predictions of some members, in turns.

    Args:
        members: as of `turns`.
        system: what they are of.
        work: folder of the video's artifacts, with `manifest.parquet`.

    Raises:
        InputError: as of `predict_in_steps`.
    """
    recent = RecentPictures(_PICTURE_BYTES)
    take_turns([_steps(track, member, system, work, recent) for track, member in members])


def _steps(track: TrackName, member: str, system: TrainedSystem, work: Path, recent: RecentPictures) -> Steps:
    trained, run = system.tracks[track], system.run
    model, fold = trained.models[member], member_of(member)[1]
    extractors = {name: trained.extractors[member_name(name, fold)] for name in _feature_branches(model)}
    smooths_uncut = member in trained.smoothing and read_smoothing(trained.smoothing[member]).clip != "first"
    return predict_in_steps(
        model,
        work / "manifest.parquet",
        work,
        "test",
        table_of(work, track, member),
        track=track,
        edition=trained.track.edition,
        device=run.device,
        loader=run.loader,
        features={name: features_of(work, extractor) for name, extractor in extractors.items()},
        clip=not smooths_uncut,
        windowing=run.inference.videos,
        recent=recent,
    )


def _feature_branches(model: Path) -> tuple[str, ...]:
    """The branches whose features a trained branch reads."""
    features = read_branch(model)[0].features
    return features.of if features else ()
