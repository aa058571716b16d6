"""What one network learns: one track, or several together."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from affectflow.core.compound import COMPOUND_TASKS, compound_track
from affectflow.core.tracks import AbsentUnits, Edition, Track, TrackName, track_of

_JOINT = "+"


@dataclass(frozen=True)
class Tasks:
    """The tracks that a network learns, its outputs those of one after the other (Kollias and Zafeiriou, section
    VI-A)."""

    tracks: tuple[Track, ...]
    title: str = ""
    """The name of what is none of the challenges' tracks: compound expressions."""

    @property
    def name(self) -> str:
        """`va`, or `va+expr+au` of several."""
        return self.title or joint_name(track.name for track in self.tracks)

    @property
    def edition(self) -> Edition:
        """Release of the annotations."""
        return self.tracks[0].edition

    @property
    def targets(self) -> tuple[str, ...]:
        """Annotated columns of all tracks."""
        return tuple(target for track in self.tracks for target in track.targets)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Numbers predicted for each frame."""
        return tuple(output for track in self.tracks for output in track.outputs)

    @property
    def scores(self) -> tuple[str, ...]:
        """Validation scores: those of the track; of several each track's, `<track>_<score>`, and last `total`, the
        mean of the tracks' totals."""
        if len(self.tracks) == 1:
            return self.tracks[0].scores
        return (*(f"{track.name}_{score}" for track in self.tracks for score in track.scores), "total")

    def part(self, names: Collection[str]) -> "Tasks":
        """Those of the tracks that are named."""
        return Tasks(tuple(track for track in self.tracks if track.name in names))

    def parts(self) -> Iterator[tuple[Track, slice, slice]]:
        """Each track with the places of its outputs and of its targets."""
        output = target = 0
        for track in self.tracks:
            ends = output + len(track.outputs), target + len(track.targets)
            yield track, slice(output, ends[0]), slice(target, ends[1])
            output, target = ends

    def outputs_of(self, name: TrackName) -> slice:
        """The places of a track's outputs; KeyError where it is not learnt."""
        return {track.name: outputs for track, outputs, _ in self.parts()}[name]


def joint_name(names: Iterable[str]) -> str:
    """The name of tracks that are learnt together, in paths too."""
    return _JOINT.join(names)


def names_of(name: str) -> list[str]:
    """The tracks that a joint name names."""
    return name.split(_JOINT)


def tasks_of(name: str, edition: Edition, absent_units: AbsentUnits = "zero") -> Tasks:
    """The tasks of that name: tracks, or compound expressions (`COMPOUND_TASKS`), which have no editions.

    Raises:
        InputError: it names what is no track.
    """
    if name in COMPOUND_TASKS:
        return Tasks((compound_track(COMPOUND_TASKS[name]),), name)
    return Tasks(tuple(track_of(track, edition, absent_units) for track in names_of(name)))
