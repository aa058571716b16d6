"""How expressions and action units teach each other while a network learns both (Kollias and Zafeiriou, section
VI-B)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.project import ProjectPath

Strategy = Literal["co_annotation", "matching", "soft"]


class Coupling(Settings):
    """Losses that couple expressions and action units; each that is on is added to those of the tracks. The paper gives
    no weights; 1 is the plain sum. Its best networks use `matching` and `soft`."""

    relatedness: ProjectPath = Path("config/relatedness/du2014.yaml")
    """Which action units tell of which emotion (table V): a file as those of `config/relatedness`."""
    co_annotation: Literal["none", "units", "expressions", "both"] = "none"
    """Hard labels from those of the other kind (section VI-B.1). `units`: those of an annotated expression are
    present; `expressions`: an image whose annotated units are all those of an emotion shows it."""
    matching: Annotated[float, Field(ge=0)] = 1.0
    """Weight of distribution matching (equations 8 and 9): predicted units are those of the predicted expressions. The
    equation sums over the units, of which equation 7 takes the mean: at 1 a unit weighs 17 times as much here."""
    soft: Annotated[float, Field(ge=0)] = 1.0
    """Weight of soft co-annotation (section VI-B.3): annotated units give probabilities of the expressions."""
    form: Literal["printed", "binary", "kl"] = "kl"
    """Of equation 9, for predicted units p and those q that the expressions imply. `printed`: -p log q, which is least
    where no unit is predicted: trained with it, units vanish, and do not become "consistent with" the expressions, as
    the text wants. `kl`: what footnote 4 takes the equation for, KL(p||q) of each unit, least where p is q. `binary`:
    the cross entropy -p log q - (1 - p) log (1 - q), least where both are sure."""
    units: Literal["learn", "teach"] = "learn"
    """Whether distribution matching moves the units, too. `teach`: they are the soft targets of "distillation" and the
    expressions alone are moved. The paper says "align the predictions", which moves both."""
    reweight: tuple[Strategy, ...] = ("co_annotation", "soft")
    """Where a unit counts with its weight of table V instead of 1: as in section VI-B.1 and VI-B.3; in `matching` it is
    the paper's variant of footnote 3."""
    over: Literal["units", "weights"] = "units"
    """What a frame's re-weighted units are divided by: their number, as equation 7 says, or the sum of their
    weights."""
    unnamed: Literal["zero", "left_out"] = "zero"
    """What Neutral, which no unit tells of, gets of soft co-annotation: a score of 0 before the softmax, or a
    probability of 0. The paper is silent; with `left_out` it would never be Neutral."""

    @model_validator(mode="after")
    def _does_something(self) -> "Coupling":
        if self.co_annotation == "none" and not (self.matching or self.soft):
            raise ValueError("co_annotation, matching and soft are all off; turn one on, or remove coupling")
        return self
