"""Valence and arousal as classes: bins of [-1, 1] (Vu and Beurton-Aimar, section 2.2)."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings

Grid = Literal["centres", "points", "public"]


class Bins(Settings):
    """How valence and arousal are told by the probabilities of bins: their expectation is the prediction."""

    count: Annotated[int, Field(ge=2, le=1000)] = 20
    """Bins of each."""
    grid: Grid = "centres"
    """Which value a bin stands for, as a class and in the expectation. `centres`: of bins of equal width, whose centres
    they are (-0.95, -0.85, …); `points`: from -1 to 1, ends included, an annotation belongs to the nearest. Both are
    one grid. `public`: classes by bins of equal width, expectation over `points`: the two grids of the public code of
    Vu and Beurton-Aimar, which put a sure and right prediction up to 0.05 further off."""
