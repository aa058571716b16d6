"""What the tracks of the ABAW challenges ask for: annotated targets, predicted outputs, and names of the scores."""

from dataclasses import dataclass, field
from typing import Literal

TrackName = Literal["va", "expr", "au", "eri"]
Release = Literal["abaw1", "abaw2", "abaw3"]
"""Release of Aff-Wild2's annotations. `abaw1`: 7 expressions, 8 action units; `abaw2`: 7 and 12; `abaw3` and all later
ones: 8 and 12, and other totals."""
Edition = Literal[Release, "disfa", "bp4d", "bp4d_plus", "union17"]
"""What a track is made of: a release; the action units of another corpus; or `union17`, 17 action units: all that the
corpora of Kollias and Zafeiriou annotate between them (section VI-B, footnote 1, which counts them and does not list
them). All else of these is as in `abaw2`."""

AbsentUnits = Literal["zero", "leave_out"]
"""What an action unit counts in the mean F1 that is annotated, and neither present nor predicted in any frame: 0, as
scikit-learn and the scripts of the challenges' participants have it, or nothing."""

_EXPRESSIONS = ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other")
_EMOTIONS = ("Adoration", "Amusement", "Anxiety", "Disgust", "Empathic-Pain", "Fear", "Surprise")
_UNITS = {
    "abaw1": (1, 2, 4, 6, 12, 15, 20, 25),
    "abaw2": (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    "abaw3": (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    "union17": (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26),
    "disfa": (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),  # all that are annotated (Mavadati et al. 2013)
    "bp4d": (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),  # of 27, those of Zhao et al. 2016 (DRML) and most since
    "bp4d_plus": (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),  # of 34, as of BP4D: Shao et al. 2021 (JÂA-Net)
}


@dataclass(frozen=True)
class Track:
    """One track in one edition; from `track_of`."""

    name: TrackName
    edition: Edition
    number: int
    """The challenge's number, as in `results/test_track1.csv`."""
    targets: tuple[str, ...]
    """Annotated columns of a label table, each fused with weights of its own: `valence` and `arousal` in [-1, 1];
    `expression`, the number of a class; `au1` …, 0 or 1; `adoration` …, the intensity of a reaction in [0, 1]."""
    outputs: tuple[str, ...]
    """Columns of a prediction table: `valence` and `arousal` in [-1, 1]; the probability of each expression, which sum
    to 1; the probability of each action unit; the intensity of each reaction in [0, 1]."""
    header: tuple[str, ...]
    """Column names of official label and prediction files; of the outputs, in their order."""
    scores: tuple[str, ...]
    """Columns of result tables; the last is the challenge's `total`."""
    total: tuple[float, ...]
    """Weight of each of the other scores in the total."""
    errors: tuple[str, ...] = ()
    """Mean squared errors, which papers report beside the scores; the last is the mean of the others."""
    absent_units: AbsentUnits = field(default="zero", compare=False)
    """How `au` is scored; what is predicted is the same track with both."""

    def outputs_of(self, target: str) -> slice:
        """Which outputs predict a target: all classes for the expression, else the one of its name."""
        if self.name == "expr":
            return slice(0, len(self.outputs))
        place = self.targets.index(target)
        return slice(place, place + 1)

    def title(self, name: str) -> str:
        """An output or target as people read it: `Valence`, `Expression`, `Happiness`, `AU1`."""
        text = self.header[self.outputs.index(name)] if name in self.outputs else name
        return text[0].upper() + text[1:]

    @property
    def continuous(self) -> bool:
        """Whether targets are numbers, predicted as such, and not classes."""
        return self.name in ("va", "eri")

    @property
    def per_clip(self) -> bool:
        """Whether a clip is annotated and predicted as a whole: its tables have one row a subject, frame 0."""
        return self.name == "eri"

    @property
    def measures(self) -> tuple[str, ...]:
        """All that is measured: scores, then errors."""
        return self.scores + self.errors

    def range_of(self, measure: str) -> tuple[float, float]:
        """Lowest and highest value of one of the measures."""
        if measure in self.errors:
            return (0.0, 4.0)
        return (-1.0, 1.0) if self.continuous else (0.0, 1.0)  # correlations, or shares

    @property
    def bounds(self) -> tuple[float, float]:
        """Range of every output."""
        return (-1.0, 1.0) if self.name == "va" else (0.0, 1.0)


def track_of(name: TrackName, edition: Edition = "abaw2", absent_units: AbsentUnits = "zero") -> Track:
    """The track `name` as `edition` defines it.

    Totals: the mean of both CCCs (va); 0.67 F1 + 0.33 accuracy up to ABAW2, macro F1 from ABAW3 on (expr);
    0.5 mean F1 + 0.5 accuracy up to ABAW2, mean F1 from ABAW3 on (au). Those of `union17` are ABAW2's. The mean of the
    seven Pearson correlations (eri: emotional reaction intensity, ABAW5, the same in all editions). `absent_units`
    is of `au`.
    """
    late = edition == "abaw3"
    if name == "va":
        dimensions = ("valence", "arousal")
        scores, errors = ("ccc_valence", "ccc_arousal", "total"), ("mse_valence", "mse_arousal", "mse")
        return Track(name, edition, 1, dimensions, dimensions, dimensions, scores, (0.5, 0.5), errors)
    if name == "eri":
        emotions = tuple(emotion.lower().replace("-", "_") for emotion in _EMOTIONS)
        correlations = tuple(f"pearson_{emotion}" for emotion in emotions)
        equal = (1 / len(emotions),) * len(emotions)
        return Track(name, edition, 4, emotions, emotions, _EMOTIONS, (*correlations, "total"), equal)
    scores = ("f1", "accuracy", "total")
    if name == "expr":
        classes = _EXPRESSIONS if late else _EXPRESSIONS[:7]
        outputs = tuple(label.lower() for label in classes)
        return Track(name, edition, 2, ("expression",), outputs, classes, scores, (1.0, 0.0) if late else (0.67, 0.33))
    units = tuple(f"AU{unit}" for unit in _UNITS[edition])
    columns = tuple(unit.lower() for unit in units)
    total = (1.0, 0.0) if late else (0.5, 0.5)
    return Track(name, edition, 3, columns, columns, units, scores, total, absent_units=absent_units)
