"""How a system is scored on still pictures, and the tables of a paper that hold such scores."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.project import ProjectPath
from affectflow.core.tracks import TrackName

Scored = Literal[TrackName, "compound", "coupling"]
"""What is scored on still pictures: the tracks, compound expressions, and how predicted expressions and action units
go together."""

SCORES: dict[Scored, tuple[str, ...]] = {
    "va": ("ccc_valence", "ccc_arousal"),
    "expr": ("f1", "accuracy", "uar"),
    "au": ("f1", "accuracy", "afa"),
    "compound": ("f1", "accuracy", "uar"),
    "coupling": ("agreement",),
}
"""`f1`: mean F1 of the classes or units; `accuracy`: share of right pictures, or of right decisions on units; `uar`:
mean recall of the classes, which is the mean diagonal of the confusion matrix; `afa`: mean of `f1` and of the units'
mean accuracy (Kollias and Zafeiriou, table VI); `agreement`: how much likelier the units of the predicted expression
are predicted than those of other expressions (`still_scores.unit_agreement`), which no annotation decides."""


class ZeroShot(Settings):
    """Compound expressions from what a network predicts that has not learnt them (Kollias and Zafeiriou, equation
    10)."""

    relatedness: ProjectPath = Path("config/relatedness/du2014.yaml")
    """Action units of the basic emotions: a file as those of `config/relatedness`. The score `agreement` is by it,
    too."""
    compounds: ProjectPath = Path("config/relatedness/du2014_compound.yaml")
    """Action units of the compound emotions."""
    form: Literal["share", "printed"] = "share"
    """Of the first term. `share`: how much of the class's units is predicted; `printed`: the inverse, as the equation
    has it, which is highest for the class whose units are least predicted."""
    reweight: bool = False
    """Whether observational units count with their weights instead of 1."""
    basic: Literal["once", "twice"] = "once"
    """How often a class that is a basic emotion counts its own probability. The paper is silent. With `once` no face is
    fear where awed is a class, which mixes fear with surprise and has the same units."""
    happiness: bool = False
    """Whether a positive valence speaks for the class happiness, too. The paper adds its term to two compounds."""


class ImageColumn(Settings):
    """A column of a table: a score on a corpus."""

    images: Name | None = None
    """A corpus of still pictures, a name of the run's `images`."""
    corpus: str | None = None
    """Or the kind of a video corpus, `bp4d_plus` of BP4D+. Our figures are there where the run is on such a corpus:
    those of the track's method that has the row's name."""
    track: Scored
    """What is scored."""
    score: str
    """Which score."""

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
    """Branches whose scores are ours, each for what it learns; none for a row that the paper cites."""
    scored: tuple[Scored, ...] = ("va", "expr", "au")
    """For which columns ours are shown."""
    paper: dict[str, float] = {}
    """The paper's figures by column."""


class ImageTable(Settings):
    """A table of the paper with scores on still pictures, made as `results/<name>.csv` and `.md`."""

    title: str
    """As in the paper."""
    columns: Annotated[dict[str, ImageColumn], Field(min_length=1)]
    """By title."""
    rows: Annotated[dict[str, ImageRow], Field(min_length=1)]
    """By name, in the table's order."""
    note: str = ""
    """What a reader must know."""

    @model_validator(mode="after")
    def _figures_fit(self) -> "ImageTable":
        for title, row in self.rows.items():
            if unknown := [column for column in row.paper if column not in self.columns]:
                raise ValueError(f"rows.{title}.paper names {', '.join(unknown)}, known are {', '.join(self.columns)}")
        return self
