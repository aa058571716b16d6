"""What the tracks of the ABAW challenges ask for: annotated targets, predicted outputs, and names of the scores."""

from affectflow.core.tracks.registry import TrackName, track_of
from affectflow.core.tracks.track import AbsentUnits, Edition, Kind, OfficialFiles, Release, Track

__all__ = ["AbsentUnits", "Edition", "Kind", "OfficialFiles", "Release", "Track", "TrackName", "track_of"]
