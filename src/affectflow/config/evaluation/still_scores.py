"""How a system is scored on still pictures, and the tables of a paper that hold such scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.project import ProjectPath
from affectflow.core.tracks import Track, TrackName, track_of

if TYPE_CHECKING:
    Scored = str
else:
    Scored = Literal[TrackName, "compound", "coupling"]
"""What is scored on still pictures: the tracks, compound expressions, and how predicted expressions and action units
go together."""


def _scores_of(track: Track) -> tuple[str, ...]:
    if track.continuous:
        return track.scores[:-1]
    return ("f1", "accuracy", "uar" if track.kind == "classes" else "afa")


SCORES: dict[Scored, tuple[str, ...]] = {
    **{name: _scores_of(track_of(name)) for name in get_args(TrackName)},
    "compound": _scores_of(track_of("expr")),
    "coupling": ("agreement",),
}
"""`f1`: mean F1 of the classes or units; `accuracy`: share of right pictures, or of right decisions on units; `uar`:
mean recall of the classes, which is the mean diagonal of the confusion matrix; `afa`: mean of `f1` and of the units'
mean accuracy (Kollias and Zafeiriou, table VI); `agreement`: how much likelier the units of the predicted expression
are predicted than those of other expressions (`still_scores.unit_agreement`), which no annotation decides."""


class ZeroShot(Settings):
    """Compound expressions derived from the predictions of a network that has not learnt them (Kollias and Zafeiriou,
    equation 10)."""

    relatedness: ProjectPath = Path("config/relatedness/du2014.yaml")
    """Action units of the basic emotions: a file like those in `config/relatedness`. The score `agreement` uses it,
    too."""
    compounds: ProjectPath = Path("config/relatedness/du2014_compound.yaml")
    """Action units of the compound emotions."""
    form: Literal["share", "printed"] = "share"
    """Form of the first term. `share`: the share of the class's action units that is predicted; `printed`: the inverse,
    as in the equation, which is highest for the class whose units are predicted least."""
    reweight: bool = False
    """Whether observational action units count with their weights instead of 1."""
    basic: Literal["once", "twice"] = "once"
    """How often a class that is a basic emotion counts its own probability. The paper is silent. With `once`, no face
    is classified as fear if awed is a class: awed mixes fear with surprise and has the same action units."""
    happiness: bool = False
    """Whether a positive valence also supports the class happiness. The paper adds this term to two compounds."""


class ImageColumn(Settings):
    """A column of a table: a score on a corpus."""

    images: Name | None = None
    """A corpus of still pictures, by its name in the run's `images`."""
    corpus: str | None = None
    """Alternatively, the kind of a video corpus, `bp4d_plus` for BP4D+. Our figures appear if the run uses such a
    corpus: those of the track's method with the row's name."""
    track: Scored
    """Track that is scored."""
    score: str
    """Name of the score."""

    @model_validator(mode="after")
    def _is_one(self) -> "ImageColumn":
        if (self.images is None) == (self.corpus is None):
            raise ValueError("expected one of images and corpus")
        if self.images is not None and self.score not in SCORES[self.track]:
            raise ValueError(f"score is {self.score}, expected one of {', '.join(SCORES[self.track])}")
        return self


class ImageRow(Settings):
    """A row of a table."""

    branches: tuple[Name, ...] = ()
    """Branches whose scores are shown as ours, each for the tracks that it learns. None for a row that the paper
    cites."""
    scored: tuple[Scored, ...] = ("va", "expr", "au")
    """Columns in which our scores are shown."""
    paper: dict[str, float] = {}
    """The paper's figures by column."""


class ImageTable(Settings):
    """A table of the paper with scores on still pictures, written to `results/<name>.csv` and `.md`."""

    title: str
    """Title as in the paper."""
    columns: Annotated[dict[str, ImageColumn], Field(min_length=1)]
    """Columns by title."""
    rows: Annotated[dict[str, ImageRow], Field(min_length=1)]
    """Rows by name, in the table's order."""
    note: str = ""
    """What a reader needs to know."""

    @model_validator(mode="after")
    def _figures_fit(self) -> "ImageTable":
        for title, row in self.rows.items():
            if unknown := [column for column in row.paper if column not in self.columns]:
                raise ValueError(f"rows.{title}.paper names {', '.join(unknown)}, known are {', '.join(self.columns)}")
        return self
