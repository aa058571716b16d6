"""How predictions are scored."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.core.tracks import AbsentUnits


class Scoring(Settings):
    """Scores, and the uncertainty of those on validation, by bootstrap over subjects."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Chance that an interval holds the true score."""
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    """Times that the subjects are drawn anew."""
    absent_units: AbsentUnits = "zero"
    """What an action unit counts in the mean F1 that is annotated, and neither present nor predicted in any frame.
    `zero`: 0, as scikit-learn and the participants' scripts have it; `leave_out`: nothing, the mean is over the others.
    It holds for the epoch that is picked, the fusion's weights and every table."""
