"""All stages on one video, in one process: from a media file to the fused scores of a trained system."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import FEATURES, artifact_file, feature_file, feature_set, resized, training_of
from affectflow.artifacts.predictions import Scores, read_branches
from affectflow.artifacts.schemas import FACES, VIDEOS
from affectflow.artifacts.tables import as_flags, read_arrow, read_parquet
from affectflow.config.evaluation.fusion import member_name, member_of
from affectflow.config.system.settings import Run
from affectflow.core.tracks import TrackName
from affectflow.dataloading.needs import resized_sizes
from affectflow.dataloading.rows import ArtifactRows
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Subject, Video
from affectflow.fusion.late_fusion import fused
from affectflow.fusion.smoothing import read_smoothing, smoothed
from affectflow.inference.features import write_features
from affectflow.inference.predict import predict_split
from affectflow.models.folder import read_branch
from affectflow.prediction.feature_sets import extract
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.presence import Presence, find_presence
from affectflow.prediction.system import TrainedSystem, TrainedTrack
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.body.hints import FaceBoxes
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.face.align import align_shard
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.pictures import Frames
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.workflow.plan.stages import ALIGN_FACE, DECODE, MASK_BODY, RESIZE, SPECTROGRAM, Step, steps

_SHARD = "video"

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrackScores:
    """Scores of one track for every frame, or for the video as a whole."""

    trained: TrainedTrack
    fused: Scores
    """Shape (frames, outputs of the track), or (1, outputs)."""
    branches: Mapping[str, Scores]
    """Of each member of the method, in the same shape, as fused: smoothed where its branch is."""
    presence: Presence


@dataclass(frozen=True)
class Bodies:
    """The bodies of a video; arrays have one row for every decoded frame."""

    found: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    """Left, top, right, bottom in pixels of the stored frame; NaN where there is none."""
    file: Path


@dataclass(frozen=True)
class VideoScores:
    """What a system found in a video; arrays have one row for every decoded frame."""

    path: Path
    tracks: Mapping[TrackName, TrackScores]
    times: NDArray[np.float64]
    """Seconds."""
    face_found: NDArray[np.bool_]
    face_boxes: NDArray[np.float64]
    """As of `Bodies`."""
    bodies: Bodies | None
    """None of a system that predicts no frame: it has no use for them."""
    size: tuple[int, int]
    """Width and height of the stored frame."""
    frames: Path
    """Artifact of the decoded frames, of the video named after the file's stem."""
    sound: Path
    faces: Path
    integrity: Integrity

    def of_frames(self) -> list[TrackScores]:
        """The tracks whose scores have a row a frame."""
        return [track_scores for track_scores in self.tracks.values() if not track_scores.trained.track.per_clip]

    def of_clip(self) -> list[TrackScores]:
        """The tracks whose scores are of the video as a whole."""
        return [track_scores for track_scores in self.tracks.values() if track_scores.trained.track.per_clip]


_STAGE_NAMES = {DECODE: "decode", ALIGN_FACE: "faces", MASK_BODY: "body", SPECTROGRAM: "sound", RESIZE: "pictures"}
"""What the user is told of a stage; a set of features is told by its name."""


def stages(system: TrainedSystem) -> list[str]:
    """Names of the stages of `score_video`, in their order."""
    return [
        *map(_describe_stage, _steps(system)),
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


def _describe_stage(step: Step) -> str:
    return _STAGE_NAMES.get(step.stage) or f"features {_name(step.makes[0])}"


def _name(artifact: str) -> str:
    """The size of `resized/<size>`, the set of `features/<set>`."""
    return artifact.partition("/")[2]


def _make(step: Step, video: Video, file: Callable[[str], Path], run: Run, root: Path) -> None:
    """Run a stage as its rule does, on one video; it can read only what the plan says that the stage reads.

    Args:
        step: the stage, and which artifacts it is to make.
        video: what is decoded.
        file: the file of an artifact.
        run: settings of the run.
        root: the workflow's folder, where weights lie.
    """
    inputs, out = {kind: file(kind) for kind in step.stage.reads}, file(step.makes[0])
    if step.stage == DECODE:
        decode_shard([video], run.decode, DecodeOutputs(file("videos"), file("frames"), file("sound")))
    elif step.stage == ALIGN_FACE:
        align_shard(inputs["frames"], [video], run.faces, out)
    elif step.stage == MASK_BODY:
        mask_shard(inputs["frames"], inputs["faces"], inputs["videos"], [video], run.body, out)
    elif step.stage == SPECTROGRAM:
        spectrogram_shard(inputs["sound"], run.mel, mel_filters(run.mel, run.decode.sample_rate), out)
    elif step.stage == RESIZE:
        for kind in step.makes:
            resize_shard(inputs["frames"], int(_name(kind)), run.resize, file(kind))
    else:
        extract(run, root, _name(step.makes[0]), inputs, out)


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
    video = Video(name, path, (Subject(name),))

    def file(artifact: str) -> Path:
        return work / artifact_file(artifact, _SHARD)

    for step in _steps(system):
        say(_describe_stage(step))
        _make(step, video, file, run, system.root)
    manifest, first = work / "manifest.parquet", next(iter(system.tracks.values())).track
    manifest_table([(_SHARD, [video])], {name: "test"}, [file("videos")], None, first, 0, {}, manifest)
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
    boxes, detected = ArtifactRows(work).boxes(_SHARD, name, frames)
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
