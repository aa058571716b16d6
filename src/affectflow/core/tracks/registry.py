"""The tracks, by the names that settings give them: a new one is a module and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from affectflow.core.errors import InputError
from affectflow.core.tracks.action_units import action_units
from affectflow.core.tracks.expression import expression
from affectflow.core.tracks.reaction_intensity import reaction_intensity
from affectflow.core.tracks.track import AbsentUnits, Edition, Track
from affectflow.core.tracks.valence_arousal import valence_arousal

TRACKS: Mapping[str, Callable[[Edition], Track]] = {
    "va": valence_arousal,
    "expr": expression,
    "au": action_units,
    "eri": reaction_intensity,
}

if TYPE_CHECKING:
    TrackName = str
else:
    # So that settings and commands know the names, and say which there are.
    TrackName = Literal[tuple(TRACKS)]


def track_of(name: TrackName, edition: Edition = "abaw2", absent_units: AbsentUnits = "zero") -> Track:
    """The track `name` as `edition` defines it; `absent_units` is of tracks of units.

    Raises:
        InputError: there is no such track.
    """
    if name not in TRACKS:
        raise InputError(f"{name!r} is no track; known are {', '.join(TRACKS)}")
    track = TRACKS[name](edition)
    return replace(track, absent_units=absent_units) if track.kind == "units" else track
