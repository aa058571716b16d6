"""Tables of a paper, with our figures beside."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.core.tracks import TrackName

PaperCorpus = Literal["affwild2", "hume", "affwild", "omg", "afewva", "disfa", "bp4d", "bp4d_plus"]


class PaperTable(Settings):
    """A table of the paper: its rows, with our figures beside the paper's."""

    title: str
    """Title as in the paper."""
    split: Literal["validation", "test"]
    """Split that the paper scored. In a table of `test` scores, our validation scores stand beside the paper's test
    scores: test labels are never read, except those of the demo."""
    corpus: PaperCorpus = "affwild2"
    """Kind of the corpus of the paper's figures. BP4D+, which is of kind `bp4d`, is called `bp4d_plus` here."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Tracks of the table's columns, in order."""
    scores: dict[TrackName, tuple[str, ...]] = {}
    """Scores and errors in the table's columns, by track. When not set, the challenge's scores."""
    methods: tuple[str, ...] = ()
    """Rows of the table in order, by the names of methods and of cited results. When not set, all."""
    over: Literal["subjects", "seeds", "folds"] = "subjects"
    """How the uncertainty of our figures is shown. `subjects`: a bootstrap interval over subjects, for the training
    with `seed`. `seeds`: our figures are means over the run's `seeds` with the sample standard deviation; only for
    validation scores. `folds`: the rows are the run's `folds`, their mean and the official split, for the one method in
    `methods`."""
    runs: dict[Annotated[str, Field(pattern=r"^(fold[1-9][0-9]*|mean|official)$")], dict[str, float]] = {}
    """For `folds`, the paper's figures by row: `fold1` …, `mean`, `official`."""
    digits: Literal[3, 4] = 3
    """Decimal places of the paper's figures."""
    note: str = ""
    """What a reader needs to know."""

    @model_validator(mode="after")
    def _seeds_are_scored(self) -> "PaperTable":
        if self.over == "seeds" and self.split == "test":
            raise ValueError(
                "over is seeds, and the test split is scored for the training with `seed` alone; set over: subjects, "
                "or split: validation"
            )
        return self

    @model_validator(mode="after")
    def _folds_are_of_one(self) -> "PaperTable":
        if self.over != "folds":
            if self.runs:
                raise ValueError(f"runs are the paper's figures of folds, and over is {self.over}; set over: folds")
        elif self.split == "test":
            raise ValueError("over is folds, which are parts of train and validation; set split: validation")
        elif len(self.methods) != 1:
            methods = ", ".join(self.methods) or "none"
            raise ValueError(f"over is folds, whose table is of one method; name it in methods, found {methods}")
        return self
