"""Frozen features as what a branch reads: what other branches have learnt (Vu and Beurton-Aimar, section 2.4), and sets
that are extracted (Meng et al., section 3.2)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings

MissingFace = Literal["nearest", "zero"]


class Features(Settings):
    """Where streams of features come from. They are made once, and read in every epoch."""

    of: tuple[Name, ...] = ()
    """Branches of single faces whose features of a frame are joined, in this order. They are trained first, with the
    same fold and seed."""
    sets: tuple[Name, ...] = ()
    """Names of the system's `features`, which are joined after those, in this order (Meng et al.)."""
    augmented_copies: Annotated[int, Field(ge=1, le=100)] = 1
    """How often every training frame is looked at. The first view is the face as it is; in each of the others a
    subject's faces are changed alike, by a draw of `augment` of the branch whose features they are. A sequence is of
    one view, which is drawn anew in every epoch: so a sequence is augmented as a whole, and no epoch runs the CNN."""
    missing_faces: MissingFace = "nearest"
    """What a frame without a face has of the features of faces. `nearest`: those of the subject's nearest frame with
    one, of two the earlier; `zero`: zeros, as where a subject has none at all."""

    @model_validator(mode="after")
    def _each_once(self) -> "Features":
        for key in ("of", "sets"):
            if len(set(getattr(self, key))) < len(getattr(self, key)):
                raise ValueError(f"{key} names one twice: {', '.join(getattr(self, key))}")
        if not self.of and not self.sets:
            raise ValueError("of and sets name nothing; name a branch of single faces, or one of the system's features")
        if self.augmented_copies > 1 and not self.of:
            raise ValueError(f"augmented_copies is {self.augmented_copies}, and sets have one; set 1")
        return self
