"""How a system stands on one track of one corpus: the file that a run leaves for the leaderboard."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from affectflow.artifacts.typed import read_typed
from affectflow.config.base import Settings
from affectflow.core.tracks import AbsentUnits, Edition, Track, TrackName, track_of

"""Top folder; below it `<corpus>/<system>/<track>.json`."""


class Figure(Settings):
    """A score with its interval; None for what is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Artifact(Settings):
    """A file, by what was known of it."""

    path: str
    sha256: str
    record: str
    """Seal of its record."""


class Member(Settings):
    """A trained branch, by what it costs and where it came from."""

    model: Artifact
    parameters: int
    """Of its network."""
    seed: int | None
    mlflow: str | None
    """MLflow run of its training."""
    trained: str
    """When its training ended: UTC, ISO 8601."""
    trained_on: str
    """Device."""
    trainings: dict[str, float]
    """Seconds of every training behind its predictions, by the model's path: its own, and those of encoders, teachers
    and branches that it starts from or reads features of, where they were trained here."""
    predictions: Artifact
    """Of the validation split, as they are fused."""
    predicted_on: str
    frames: int | None
    """Frames that were predicted in `seconds`; None where nobody measured."""
    seconds: float | None
    hosts: tuple[str, ...]
    """Where it was trained and has predicted."""


class Row(Settings):
    """One method on the validation split."""

    method: str
    submitted: bool
    """Whether it is the one that is written for the test split."""
    members: tuple[str, ...]
    """Branches that are fused."""
    scores: dict[str, Figure]
    """Of all that the track measures."""
    paper: dict[str, float]
    """What the paper reports, by score."""
    note: str
    """What must be said of its branches."""
    frames: int
    """Annotated frames that were scored; utterances, of a corpus that is annotated so."""
    subjects: int


class LeaderboardEntry(Settings):
    """Every validated method of a system on one track of a corpus."""

    corpus: str
    kind: str
    synthetic: bool
    """Whether the corpus is made by a rule: its scores say nothing about people."""
    system: str
    track: TrackName
    edition: Edition
    absent_units: AbsentUnits = "zero"
    """How action units are scored."""
    seed: int
    """Of the trainings and of the resampling."""
    level: float
    """Of the intervals."""
    weights: Artifact
    labels: Artifact
    branches: dict[str, Member]
    """By name."""
    rows: tuple[Row, ...]

    @property
    def scored(self) -> Track:
        """The track as it was scored."""
        return track_of(self.track, self.edition, self.absent_units)

    def row(self, method: str) -> Row | None:
        """The row of a method, if there is one."""
        return next((row for row in self.rows if row.method == method), None)

    def parameters(self, row: Row) -> int:
        """Of the networks of all members."""
        return sum(member.parameters for member in self._members(row))

    def training_seconds(self, row: Row) -> float:
        """Of every training behind a method, each counted once."""
        trainings = {model: time for member in self._members(row) for model, time in member.trainings.items()}
        return sum(trainings.values())

    def frames_per_second(self, row: Row) -> float | None:
        """How many frames the members predict in a second, one after the other; None where one was not measured."""
        measured = [(member.frames, member.seconds) for member in self._members(row)]
        seconds = [time for _, time in measured if time is not None]
        frames = measured[0][0]
        if frames is None or len(seconds) < len(measured) or not sum(seconds):
            return None
        return frames / sum(seconds)

    def trained_on(self, row: Row) -> str:
        """Devices of the members' trainings, each once."""
        return _join_unique(member.trained_on for member in self._members(row))

    def predicted_on(self, row: Row) -> str:
        """Devices of the members' predictions, each once."""
        return _join_unique(member.predicted_on for member in self._members(row))

    def hosts(self, row: Row) -> str:
        """Machines of both, each once."""
        return _join_unique(host for member in self._members(row) for host in member.hosts)

    def _members(self, row: Row) -> list[Member]:
        return [self.branches[name] for name in row.members]


def _join_unique(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def read_entry(path: Path) -> LeaderboardEntry:
    """A system's entry.

    Raises:
        InputError: the file is missing or is no such file.
    """
    return read_typed(path, TypeAdapter(LeaderboardEntry), "a leaderboard entry")
