"""Features that other branches have learnt, frozen, as what a branch reads (paper 002, section 2.4)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings

MissingFace = Literal["nearest", "zero"]


class Features(Settings):
    """Where stream `features` comes from. They are made once, and read in every epoch."""

    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Branches of single faces whose features of a frame are joined, in this order. They are trained first, with the
    same fold and seed."""
    views: Annotated[int, Field(ge=1, le=100)] = 1
    """How often every training frame is looked at. The first view is the face as it is; in each of the others a
    subject's faces are changed alike, by a draw of `augment` of the branch whose features they are. A sequence is of
    one view, which is drawn anew in every epoch: so a sequence is augmented as a whole, and no epoch runs the CNN."""
    missing: MissingFace = "nearest"
    """What a frame without a face has. `nearest`: the features of the subject's nearest frame with one, of two the
    earlier; `zero`: zeros, as where a subject has none at all."""

    @model_validator(mode="after")
    def _each_once(self) -> "Features":
        if len(set(self.of)) < len(self.of):
            raise ValueError(f"of names one twice: {', '.join(self.of)}")
        return self
