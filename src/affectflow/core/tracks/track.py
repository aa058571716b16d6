"""What a track asks for, so that other code can go by what it is and not by its name."""

from dataclasses import dataclass, field
from typing import Literal

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

Kind = Literal["numbers", "classes", "units"]
"""What targets are. `numbers`: each a number, predicted as such; `classes`: one target, the number of a class, of which
each has a probability; `units`: each 0 or 1, with the probability of 1."""


@dataclass(frozen=True)
class OfficialFiles:
    """How the label files of a track are found in a copy of Aff-Wild2: one text file a subject, a line a frame."""

    folders: tuple[str, ...]
    """Names of its folder of labels over all releases."""
    words: tuple[str, ...]
    """Words in names of files and folders that tell its test lists and samples from those of other tracks."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One track in one edition; from `track_of`."""

    name: str
    edition: Edition
    number: int
    """The challenge's number, as in `results/test_track1.csv`; each track has its own."""
    heading: str
    """What it is of, as headings have it."""
    kind: Kind
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
    agreement: Literal["ccc", "pearson"] = "ccc"
    """What the score of a number is: concordance or Pearson's correlation."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """Range of every output."""
    missing: float = -1.0
    """What official label files hold for "not annotated"."""
    loss_terms: tuple[str, ...]
    """The weights in `loss` that it is trained by."""
    per_clip: bool = False
    """Whether a clip is annotated and predicted as a whole: its tables have one row a subject, frame 0."""
    official: OfficialFiles | None = None
    """None where Aff-Wild2 has no label files of it."""
    absent_units: AbsentUnits = field(default="zero", compare=False)
    """How `units` are scored; what is predicted is the same track with both."""

    def outputs_of(self, target: str) -> slice:
        """Which outputs predict a target: all classes, else the one of its name."""
        if self.kind == "classes":
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
        return self.kind == "numbers"

    @property
    def score_title(self) -> str:
        """What its scores are called where there is room for one word."""
        return {"ccc": "CCC", "pearson": "correlation"}[self.agreement] if self.continuous else "score"

    @property
    def measures(self) -> tuple[str, ...]:
        """All that is measured: scores, then errors."""
        return self.scores + self.errors

    def range_of(self, measure: str) -> tuple[float, float]:
        """Lowest and highest value of one of the measures."""
        if measure in self.errors:
            low, high = self.bounds
            return (0.0, (high - low) ** 2)
        return (-1.0, 1.0) if self.continuous else (0.0, 1.0)  # correlations, or shares
