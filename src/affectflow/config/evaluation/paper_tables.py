"""Tables of a paper, with our figures beside."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.core.tracks import TrackName

PaperCorpus = Literal["affwild2", "hume", "affwild", "omg", "afewva", "disfa", "bp4d", "bp4d_plus"]


class PaperTable(Settings):
    """A table of the paper: its rows with our figures beside."""

    title: str
    """As in the paper."""
    split: Literal["validation", "test"]
    """What the paper scored. In a table of `test` scores ours on the validation split stand beside the paper's: the
    labels of the test split are read nowhere but of the demo."""
    corpus: PaperCorpus = "affwild2"
    """Kind of the corpus that the paper's figures are of; BP4D+, which is of kind `bp4d`, is `bp4d_plus` here."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Tracks of its columns, in their order."""
    scores: dict[TrackName, tuple[str, ...]] = {}
    """Scores and errors that are its columns, by track; the challenge's scores where none are given."""
    methods: tuple[str, ...] = ()
    """Its rows in their order, by the names of methods and of those that are cited; all when not given."""
    over: Literal["subjects", "seeds", "folds"] = "subjects"
    """What says how sure ours are. `subjects`: an interval by bootstrap over subjects, of the training with `seed`.
    `seeds`: ours are means over the run's `seeds`, with the sample deviation; of validation scores alone. `folds`: the
    rows are the run's `folds`, their mean, and the official split, of the one method that `methods` names."""
    runs: dict[Annotated[str, Field(pattern=r"^(fold[1-9][0-9]*|mean|official)$")], dict[str, float]] = {}
    """Of `folds` the paper's figures by row: `fold1` …, `mean`, `official`."""
    digits: Literal[3, 4] = 3
    """Digits after the point of the paper's figures."""
    note: str = ""
    """What a reader must know."""

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
