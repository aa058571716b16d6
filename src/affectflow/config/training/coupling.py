"""How expressions and action units teach each other while a network learns both (Kollias and Zafeiriou, section
VI-B)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.project import ProjectPath

Strategy = Literal["co_annotation", "matching", "soft"]


class Coupling(Settings):
    """Losses that couple expressions and action units (Kollias and Zafeiriou, section VI-B). Each one that is on is
    added to the losses of the tracks. The paper gives no weights; 1 is the plain sum. Its best networks use `matching`
    and `soft`."""

    relatedness: ProjectPath = Path("config/relatedness/du2014.yaml")
    """Relation between action units and emotions (table V): a file like those in `config/relatedness`."""
    co_annotation: Literal["none", "units", "expressions", "both"] = "none"
    """Hard labels derived from the other kind of annotation (section VI-B.1). `units`: the action units of an annotated
    expression are present; `expressions`: an image whose annotated units include all units of an emotion shows this
    emotion."""
    matching: Annotated[float, Field(ge=0)] = 1.0
    """Weight of distribution matching (equations 8 and 9): predicted units should be those of the predicted
    expressions. Equation 8 sums over the units, while equation 7 takes their mean: with weight 1, a unit counts 17
    times as much here."""
    soft: Annotated[float, Field(ge=0)] = 1.0
    """Weight of soft co-annotation (section VI-B.3): annotated units give probabilities of the expressions."""
    form: Literal["printed", "binary", "kl"] = "kl"
    """Form of equation 9, for predicted units p and units q implied by the expressions. `printed`: -p log q, which is
    smallest if no unit is predicted: trained with it, units vanish instead of becoming "consistent with" the
    expressions, as the text intends. `kl`: KL(p||q) of each unit, as footnote 4 interprets the equation, smallest if p
    equals q. `binary`: the cross entropy -p log q - (1 - p) log (1 - q), smallest if both are certain."""
    units: Literal["learn", "teach"] = "learn"
    """Whether distribution matching also trains the units. With `teach` it does not: they are the soft targets of
    "distillation", and only the expressions are trained. The paper says "align the predictions", which trains both."""
    reweight: tuple[Strategy, ...] = ("co_annotation", "soft")
    """Where a unit counts with its weight of table V instead of 1: as in sections VI-B.1 and VI-B.3; in `matching` this
    is the variant of the paper's footnote 3."""
    over: Literal["units", "weights"] = "units"
    """Divisor of the sum of a frame's re-weighted units: their number, as in equation 7, or the sum of their
    weights."""
    unnamed: Literal["zero", "left_out"] = "zero"
    """What soft co-annotation assigns to Neutral, which no unit indicates: a score of 0 before the softmax, or a
    probability of 0. The paper is silent; with `left_out`, Neutral would never be a target."""

    @model_validator(mode="after")
    def _does_something(self) -> "Coupling":
        if self.co_annotation == "none" and not (self.matching or self.soft):
            raise ValueError("co_annotation, matching and soft are all off; turn one on, or remove coupling")
        return self
