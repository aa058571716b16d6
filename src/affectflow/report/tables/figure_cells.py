"""Our figures in a table of a paper: how sure they are, as cells of a CSV file and for people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affectflow.report.tables.csv_table import score_cell


@dataclass(frozen=True)
class Ours:
    """Our figure and the numbers that say how sure it is; not numbers where there are none."""

    value: float
    uncertainty: tuple[float, ...]
    """As `Uncertainty.names` of its table names them."""


Figures = Mapping[str, Mapping[str, Ours]]
"""Ours by method and score."""


@dataclass(frozen=True)
class Uncertainty:
    """What says how sure the figures of a table are; from `interval`, `deviation` or `folds`."""

    names: tuple[str, ...]
    """Of the numbers that follow each figure."""
    form: str
    """A figure and these numbers for people, each as `{}`."""
    caption: str
    """What the table says of them."""
    seeds: int | None = None
    """Trainings that a figure is the mean of; None where it is of one."""

    def columns(self, name: str, joint: str = "_") -> list[str]:
        """Names of the columns of `cells`, for a score."""
        return [name, *(f"{part}{joint}{name}" for part in (*self.names, "paper", "difference"))]

    def cells(self, ours: Ours | None, paper: float | None, digits: int) -> list[str]:
        """Ours, what says how sure it is, the paper's, and the difference; the last two with the paper's `digits`."""
        figure = ours or Ours(math.nan, (math.nan,) * len(self.names))
        paper_digits = "" if paper is None else f"{paper:.{digits}f}"
        difference = "" if paper is None or math.isnan(figure.value) else f"{figure.value - paper:+.{digits}f}"
        return [score_cell(figure.value), *map(score_cell, figure.uncertainty), paper_digits, difference]

    def for_readers(self, cells: Sequence[str]) -> list[str]:
        """Of what `cells` gives, for people: ours with how sure it is, the paper's, and the difference."""
        ours, *sure, paper, difference = cells
        return [self.form.format(ours, *sure) if all(sure) else ours, paper, difference]


def interval(resampled: str) -> Uncertainty:
    """Intervals by bootstrap; `resampled` says what is drawn anew."""
    return Uncertainty(("low", "high"), "{} [{}, {}]", f"In brackets: interval by bootstrap over {resampled}.")


def deviation(seeds: int) -> Uncertainty:
    """The sample deviation over as many trainings, of figures that are means; of one there is none."""
    caption = f"Mean and sample deviation over {seeds} seeds." if seeds > 1 else "Of one seed: there is no deviation."
    return Uncertainty(("deviation",), "{} ± {}", caption, seeds)


def folds(count: int) -> Uncertainty:
    """The sample deviation over as many folds, beside their average alone."""
    caption = (
        f"Each of the {count} folds is scored by a training on all others. Average: their mean and sample deviation. "
        "Original: the official validation split."
    )
    return Uncertainty(("deviation",), "{} ± {}", caption)


def markdown(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table in Markdown, numbers to the right."""
    return ["| " + " | ".join(line) + " |" for line in (heads, ["---", *["---:"] * (len(heads) - 1)], *lines)]
