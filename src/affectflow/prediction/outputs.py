"""What people get of a video: a table, a video with its scores drawn on it, a page to look at both."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from affectflow.core.tracks import Track
from affectflow.prediction.detection_notes import describe_detection
from affectflow.prediction.people_rows import people_table
from affectflow.prediction.scores import PersonScores, TrackScores, VideoScores
from affectflow.prediction.system import TrainedSystem
from affectflow.prediction.table import clip_table, scores_table, write_table
from affectflow.prediction.video import Say
from affectflow.preprocessing.media.overlay import write_copy, write_overlay
from affectflow.report.viewer.overlay import Overlay, OverlayPerson
from affectflow.report.viewer.page import BODY, FACE, Panel, Person, Scene, write_viewer
from affectflow.report.viewer.panels import FUSED, track_panels

CLIPS, TABLE_OF_CLIPS = "clips", "clips.csv"
"""Folder of the rows of single videos, and the table of all of them."""
PEOPLE, TABLE_OF_PEOPLE = "people", "people.csv"
"""The same of the people of videos."""


@dataclass(frozen=True)
class Kinds:
    """Which results are wanted."""

    frames: bool = True
    """A table with a row a frame; what shows scores along time needs it."""
    clip: bool = False
    """A row for the video as a whole."""
    overlay: bool = True
    viewer: bool = True

    def stages(self) -> list[str]:
        """Names of the stages of `write_outputs`, in their order."""
        wanted = {"table": True, "overlay": self.frames and self.overlay, "viewer": self.frames and self.viewer}
        return [name for name, is_wanted in wanted.items() if is_wanted]


@dataclass(frozen=True)
class Outputs:
    """Where the results of a video lie; None for those that are not wanted."""

    table: Path | None
    clip: Path | None
    """The video's rows of the table of all videos, which is gathered from these."""
    people: Path
    """The same of the table of all people."""
    overlay: Path | None
    page: Path | None
    copy: Path | None
    """The video that the page plays."""

    def files(self) -> list[Path]:
        """Those that are wanted."""
        return [path for path in (self.table, self.clip, self.people, self.overlay, self.copy, self.page) if path]


def outputs_of(video: Path, out: Path, kinds: Kinds) -> Outputs:
    """Where a video's results go in the folder `out`."""

    def at(suffix: str, wanted: bool) -> Path | None:
        return out / f"{video.stem}{suffix}" if wanted else None

    overlay, viewer = kinds.frames and kinds.overlay, kinds.frames and kinds.viewer
    return Outputs(
        table=at(".csv", kinds.frames),
        clip=out / CLIPS / f"{video.stem}.csv" if kinds.clip else None,
        people=out / PEOPLE / f"{video.stem}.csv",
        overlay=at(".mp4", overlay),
        page=at(".viewer.html", viewer),
        copy=at(".viewer.mp4", viewer),
    )


def write_outputs(scores: VideoScores, system: TrainedSystem, outputs: Outputs, say: Say = lambda stage: None) -> None:
    """Write the results of a video; the page comes last.

    Raises:
        InputError: the disk is full, or ffmpeg cannot encode.
    """
    name, program = scores.path.stem, system.run.decode.ffmpeg
    say("table")
    if outputs.table:
        write_table(scores_table(scores), outputs.table)
    if outputs.clip:
        write_table(clip_table(scores), outputs.clip)
    write_table(people_table(scores), outputs.people)
    if outputs.overlay:
        say("overlay")
        write_overlay(scores.frames, scores.sound, name, _overlay(scores).draw, outputs.overlay, program)
    if outputs.copy and outputs.page:
        say("viewer")
        write_copy(scores.frames, scores.sound, name, outputs.copy, program)
        write_viewer(outputs.page, _scene(scores, system, outputs.copy.name))


def _scene(scores: VideoScores, system: TrainedSystem, copy: str) -> Scene:
    pictures: dict[int | None, bytes] = {portrait.person: portrait.picture for portrait in scores.portraits}
    return Scene(
        title=scores.path.name,
        video=copy,
        size=scores.size,
        times=scores.times,
        people=[_person(person, pictures.get(person.number)) for person in scores.people],
        notes=[*system.notes(), *_sentences([*scores.integrity.remarks(), *_unscored(scores)])],
        caution=system.caution(),
        first=" ".join(_sentences(scores.integrity.warnings(system.run.summary.damage_limit))),
    )


def _unscored(scores: VideoScores) -> list[str]:
    """Who was found and is not shown."""
    others = {portrait.person for portrait in scores.portraits} - {person.number for person in scores.people}
    if not others:
        return []
    return [f"{len(others)} more people were found and are not scored: {TABLE_OF_PEOPLE} has where they are seen"]


def _person(person: PersonScores, picture: bytes | None) -> Person:
    assert person.body is not None
    panels = [panel for track_scores in person.of_frames() for panel in _panels(track_scores)]
    detections = {
        track_scores.trained.track.name: (track_scores.trained.needs, track_scores.presence.fused)
        for track_scores in person.of_frames()
    }
    return Person(
        name=_title(person),
        boxes={FACE: person.face.boxes, BODY: person.body.boxes},
        panels=sorted(panels, key=lambda panel: panel.folded),  # what is folded comes last
        head_only=person.body.head_only,
        picture=picture,
        first=describe_detection(detections),
    )


def _title(person: PersonScores) -> str:
    return f"Person {person.name}" if person.name.isdigit() else person.name


def _sentences(phrases: Iterable[str]) -> list[str]:
    return [f"{words[:1].upper()}{words[1:]}." for words in phrases]


def _panels(track_scores: TrackScores) -> list[Panel]:
    """A curve counts where its branch saw or heard anything; a class is named where the fused scores count, too."""
    named = not track_scores.trained.track.continuous
    branches = {
        by: flags & track_scores.presence.fused if named else flags
        for by, flags in track_scores.presence.branches.items()
    }
    counted = {FUSED: track_scores.presence.fused, **branches}
    return track_panels(
        track_scores.trained.track, track_scores.fused, track_scores.branches, counted, _describe_lack(track_scores)
    )


def _describe_lack(track_scores: TrackScores) -> str:
    return f"no {track_scores.trained.needs}"


def _overlay(scores: VideoScores) -> Overlay:
    """Of the first person valence and arousal as curves; other numbers, the dominant class and the active units in
    words, or what was lacking for them."""
    all_tracks = scores.people[0].of_frames()
    drawn = next((track_scores for track_scores in all_tracks if _has_curves(track_scores.trained.track)), None)
    curves = {}
    if drawn is not None:
        curves = {name: drawn.fused[:, place] for place, name in enumerate(drawn.trained.track.outputs)}

    def words(frame: int) -> list[str]:
        lines = (
            _words(track_scores, frame) if track_scores.presence.fused[frame] else _describe_lack(track_scores)
            for track_scores in all_tracks
        )
        return [line for line in dict.fromkeys(lines) if line]

    counted = None if drawn is None else drawn.presence.fused
    people = [OverlayPerson(_title(p), p.name, None if p.body is None else p.body.head_only) for p in scores.people]
    return Overlay(scores.faces, scores.body, people, scores.times, curves, words, counted)


def _has_curves(track: Track) -> bool:
    """Whether the overlay, whose curves are in [-1, 1], has room for a track's."""
    return track.continuous and track.bounds == (-1.0, 1.0)


def _words(track_scores: TrackScores, frame: int) -> str:
    track, values = track_scores.trained.track, track_scores.fused[frame]
    if track.kind == "classes":
        return f"{track.header[values.argmax()]} {values.max():.2f}"
    if track.kind == "units":
        units = zip(track.header, values, track_scores.trained.limits, strict=True)
        return " ".join(unit for unit, value, limit in units if value >= limit) or "no action unit"
    if _has_curves(track):
        return ""
    return " ".join(f"{track.title(name)} {value:.2f}" for name, value in zip(track.outputs, values, strict=True))
