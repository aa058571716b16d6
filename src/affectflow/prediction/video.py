"""All stages on one video, in one process: from a media file to the fused scores of a trained system."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from affectflow.artifacts.layout import FEATURES, feature_file, feature_set, resized, training_of
from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.schemas import FACES, VIDEOS
from affectflow.artifacts.tables import as_flags, read_arrow, read_parquet
from affectflow.config.evaluation.fusion import member_name, member_of
from affectflow.config.system.settings import Run
from affectflow.dataloading.needs import resized_sizes
from affectflow.dataloading.rows import ArtifactRows
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Subject, Video
from affectflow.fusion.late_fusion import fused
from affectflow.fusion.smoothing import read_smoothing, smoothed
from affectflow.inference.features import write_features
from affectflow.inference.predict import predict_split
from affectflow.models.folder import read_branch
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.presence import find_presence
from affectflow.prediction.scores import Bodies, TrackScores, VideoScores
from affectflow.prediction.stages import SHARD, Workspace, describe, make
from affectflow.prediction.system import TrainedSystem, TrainedTrack
from affectflow.preprocessing.body.hints import FaceBoxes
from affectflow.preprocessing.media.pictures import Frames
from affectflow.workflow.plan.stages import Step, steps

Say = Callable[[str], None]


def stages(system: TrainedSystem) -> list[str]:
    """Names of the stages of `score_video`, in their order."""
    return [
        *map(describe, _steps(system)),
        *(f"features {name}" for name in _extractors(system).values()),
        *(f"{name} {b}" for name, trained in system.tracks.items() for b in trained.models),
    ]


def _steps(system: TrainedSystem) -> list[Step]:
    """The stages of the plan behind all that the system reads and shows of a video."""
    models = (
        model
        for trained in system.tracks.values()
        for model in (*trained.models.values(), *trained.extractors.values())
    )
    sizes = resized_sizes(read_branch(model)[0] for model in models)
    artifacts = ["frames", "sound", "faces", *(["body", "mel"] if system.framed else [])]
    sets = dict.fromkeys(name for trained in system.tracks.values() for name in trained.sets)
    return steps([*artifacts, *map(resized, sizes), *map(feature_set, sets)], system.run.system.features)


def score_video(path: Path, system: TrainedSystem, work: Path, say: Say = lambda stage: None) -> VideoScores:
    """Score one video with every trained track.

    Args:
        path: a media file.
        system: what scores it.
        work: an empty folder for artifacts, which must outlive the result's use.
        say: told the name of each of `stages` as it begins.

    Raises:
        InputError: the file cannot be decoded, or does not fit the trained system.
    """
    run, name = system.run, path.stem
    place = Workspace(Video(name, path, (Subject(name),)), work, run, system.root)
    file = place.file
    for step in _steps(system):
        say(describe(step))
        make(step, place)
    manifest, first = work / "manifest.parquet", next(iter(system.tracks.values())).track
    manifest_table([(SHARD, [place.video])], {name: "test"}, [file("videos")], None, first, 0, {}, manifest)
    for model, extractor in _extractors(system).items():
        say(f"features {extractor}")
        out = _features(work, model) / feature_file("test")
        write_features(model, [manifest], work, "test", out, device=run.device, loader=run.loader)
    row = read_parquet(file("videos"), VIDEOS).to_pylist()[0]
    return VideoScores(
        path=path,
        tracks={track: _track(trained, run, work, say) for track, trained in system.tracks.items()},
        times=Frames(file("frames")).times(name),
        face_found=as_flags(read_arrow(file("faces"), FACES)["found"]),
        face_boxes=FaceBoxes(file("faces")).boxes(name, row["frames"]),
        bodies=_bodies(work, file("body"), name, row["frames"]) if system.framed else None,
        size=(row["width"], row["height"]),
        frames=file("frames"),
        sound=file("sound"),
        faces=file("faces"),
        integrity=Integrity.of_row(row),
    )


def _bodies(work: Path, file: Path, name: str, frames: int) -> Bodies:
    boxes, detected = ArtifactRows(work).boxes(SHARD, name, frames)
    return Bodies(detected, np.where(detected[:, None], boxes, np.nan), file)


def _extractors(system: TrainedSystem) -> dict[Path, str]:
    """The branches whose features any track reads: names by model."""
    return {model: name for trained in system.tracks.values() for name, model in trained.extractors.items()}


def _feature_branches(model: Path) -> tuple[str, ...]:
    """The branches whose features a trained branch reads."""
    features = read_branch(model)[0].features
    return features.of if features else ()


def _features(work: Path, model: Path) -> Path:
    """Folder of the features that a branch's model has found."""
    return work / FEATURES / training_of(model).folder


def _track(trained: TrainedTrack, run: Run, work: Path, say: Say) -> TrackScores:
    track = trained.track
    folder, manifest = work / "tracks" / track.name, work / "manifest.parquet"
    tables: dict[str, Path] = {}
    smoothing = {branch: read_smoothing(stored) for branch, stored in trained.smoothing.items()}
    for branch, model in trained.models.items():
        say(f"{track.name} {branch}")
        tables[branch] = folder / f"{branch}.parquet"
        fold = member_of(branch)[1]
        predict_split(
            model,
            manifest,
            work,
            "test",
            tables[branch],
            track=track.name,
            edition=track.edition,
            device=run.device,
            loader=run.loader,
            features={
                name: _features(work, trained.extractors[member_name(name, fold)]) for name in _feature_branches(model)
            },
            clip=branch not in smoothing or smoothing[branch].clip == "first",
            windowing=run.inference.videos,
        )
    predictions = read_branches(tables, track)
    predictions |= {branch: smoothed(tables[branch], windows) for branch, windows in smoothing.items()}
    branches = {branch: scores.values for branch, scores in predictions.items()}
    return TrackScores(trained, fused(predictions, trained.method), branches, find_presence(trained, manifest, work))
