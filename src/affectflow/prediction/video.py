"""All stages on one video, in one process: from a media file to the fused scores of a trained system."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from affectflow.artifacts.layout import feature_file, feature_set, resized
from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.schemas import VIDEOS
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import TrackName
from affectflow.dataloading.index import read_index
from affectflow.dataloading.needs import resized_sizes
from affectflow.dataloading.rows import ArtifactRows
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Video
from affectflow.fusion.late_fusion import fused
from affectflow.fusion.smoothing import read_smoothing, smoothed
from affectflow.inference.features import write_features
from affectflow.models.folder import read_branch
from affectflow.prediction.branches import features_of, predict_members, table_of, turns
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.people import select
from affectflow.prediction.presence import find_presence
from affectflow.prediction.scores import PersonScores, TrackScores, VideoScores
from affectflow.prediction.selection import Selection
from affectflow.prediction.stages import SHARD, Workspace, describe, make
from affectflow.prediction.system import TrainedSystem, TrainedTrack
from affectflow.prediction.tracked import read_body_tracks, read_face_tracks
from affectflow.preprocessing.face.people_table import PeopleTable
from affectflow.preprocessing.media.pictures import Frames
from affectflow.workflow.plan.stages import ALIGN_FACE, Step, steps

Say = Callable[[str], None]


def stages(system: TrainedSystem) -> list[str]:
    """Names of the stages of `score_video`, in their order."""
    return [
        *map(describe, _steps(system)),
        *(f"features {name}" for name in _extractors(system).values()),
        *turns(system),
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


def score_video(
    path: Path, system: TrainedSystem, work: Path, selection: Selection, say: Say = lambda stage: None
) -> VideoScores:
    """Score people of one video with every trained track.

    Args:
        path: a media file.
        system: what scores it.
        work: an empty folder for artifacts, which must outlive the result's use.
        selection: which people.
        say: told the name of each of `stages` as it begins.

    Raises:
        InputError: the file cannot be decoded, or does not fit the trained system; a person who was named is not there.
    """
    place = Workspace(Video(path.stem, path), work, system.run, system.root)
    for step in _steps(system):
        if step.stage is ALIGN_FACE:
            place = _with_people(place, selection)
        say(describe(step))
        make(step, place)
    tracks = _tracks(system, place, say)
    row = read_parquet(place.file("videos"), VIDEOS).to_pylist()[0]
    size = (row["width"], row["height"])
    return VideoScores(
        path=path,
        people=tuple(_people(system, place, size, tracks)),
        portraits=tuple(PeopleTable(place.file("people")).portraits(path.stem)),
        times=Frames(place.file("frames")).times(path.stem),
        size=size,
        frames=place.file("frames"),
        sound=place.file("sound"),
        faces=place.file("faces"),
        body=place.file("body"),
        integrity=Integrity.of_row(row),
    )


def _with_people(place: Workspace, selection: Selection) -> Workspace:
    """The video with those of its people who are wanted as its subjects."""
    video = place.video
    times, found = Frames(place.file("frames")).times(video.video), PeopleTable(place.file("people"))
    subjects = select(selection, Path(str(video.path)).name, found.people(video.video), times)
    return replace(place, video=replace(video, subjects=tuple(subjects)))


def _tracks(system: TrainedSystem, place: Workspace, say: Say) -> dict[TrackName, dict[str, TrackScores]]:
    """The scores of each track, by person."""
    run, work, manifest = system.run, place.work, place.work / "manifest.parquet"
    splits = {subject.subject: "test" for subject in place.video.subjects}
    track = next(iter(system.tracks.values())).track
    manifest_table([(SHARD, [place.video])], splits, [place.file("videos")], None, track, 0, {}, manifest)
    for model, extractor in _extractors(system).items():
        say(f"features {extractor}")
        out = features_of(work, model) / feature_file("test")
        write_features(model, [manifest], work, "test", out, device=run.device, loader=run.loader)
    for stage, members in turns(system).items():
        say(stage)
        predict_members(members, system, work)
    return {name: _track(trained, work) for name, trained in system.tracks.items()}


def _people(
    system: TrainedSystem, place: Workspace, size: tuple[int, int], tracks: Mapping[TrackName, dict[str, TrackScores]]
) -> Iterator[PersonScores]:
    faces = read_face_tracks(place.file("faces"), size)
    bodies = read_body_tracks(place.file("body"), system.run.body.min_confidence) if system.framed else {}
    for subject in place.video.subjects:
        name = subject.subject
        scores = {track: by_person[name] for track, by_person in tracks.items()}
        yield PersonScores(name, scores, faces[name], bodies.get(name), subject.person)


def _extractors(system: TrainedSystem) -> dict[Path, str]:
    """The branches whose features any track reads: names by model."""
    return {model: name for trained in system.tracks.values() for name, model in trained.extractors.items()}


def _track(trained: TrainedTrack, work: Path) -> dict[str, TrackScores]:
    """The scores of a track, by person."""
    track, manifest = trained.track, work / "manifest.parquet"
    tables = {member: table_of(work, track.name, member) for member in trained.models}
    smoothing = {branch: read_smoothing(stored) for branch, stored in trained.smoothing.items()}
    predictions = read_branches(tables, track)
    predictions |= {branch: smoothed(tables[branch], windows) for branch, windows in smoothing.items()}
    all_scores = fused(predictions, trained.method)
    first, artifacts = next(iter(predictions.values())), ArtifactRows(work)
    rows = dict(zip(first.subjects, map(slice, first.starts[:-1], first.starts[1:]), strict=True))
    return {
        subject.subject: TrackScores(
            trained,
            all_scores[rows[subject.subject]],
            {branch: scores.values[rows[subject.subject]] for branch, scores in predictions.items()},
            find_presence(trained, subject, artifacts),
        )
        for subject in read_index(manifest, None, "test", track).subjects
    }
