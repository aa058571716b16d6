"""Valence and arousal as classes: bins of [-1, 1] (Vu and Beurton-Aimar, section 2.2)."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings

Grid = Literal["centres", "points", "public"]


class Bins(Settings):
    """Valence and arousal as probabilities of bins; the prediction is their expectation."""

    count: Annotated[int, Field(ge=2, le=1000)] = 20
    """Number of bins for each of the two."""
    grid: Grid = "centres"
    """Value of a bin, as a class and in the expectation. `centres`: the centres of bins of equal width (-0.95, -0.85,
    …). `points`: evenly spaced from -1 to 1, ends included; an annotation belongs to the nearest. `public`: classes by
    bins of equal width, expectation over `points`, as in the code of Vu and Beurton-Aimar; these two grids shift a
    confident and correct prediction by up to 0.05."""
