"""How predictions are scored."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.core.tracks import AbsentUnits


class Scoring(Settings):
    """Scores, and the uncertainty of validation scores by bootstrap over subjects."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals."""
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    """Number of bootstrap resamples of the subjects."""
    absent_units: AbsentUnits = "zero"
    """How the mean F1 treats an action unit that is annotated but neither present nor predicted in any frame. `zero`:
    as 0, like scikit-learn and the participants' scripts; `leave_out`: the mean is over the other units. This affects
    the choice of the epoch, the fusion weights and every table."""
