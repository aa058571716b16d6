"""Frozen features as what a branch reads: what other branches have learnt (Vu and Beurton-Aimar, section 2.4), and sets
that are extracted (Meng et al., section 3.2)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings

MissingFace = Literal["nearest", "zero"]


class Features(Settings):
    """Sources of the feature streams. Features are computed once, and read in every epoch."""

    of: tuple[Name, ...] = ()
    """Branches that see single faces; their features of a frame are concatenated in this order. They are trained first,
    with the same fold and seed."""
    sets: tuple[Name, ...] = ()
    """Names in the system's `features`, concatenated after those of `of`, in this order (Meng et al.)."""
    augmented_copies: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of copies of every training frame. The first copy is the unchanged face; in each of the others, all faces
    of a subject are changed in the same way, by a random draw from `augment` of the branch that computes the features.
    A sequence reads one copy, drawn again in every epoch. So a sequence is augmented as a whole, and no epoch runs the
    CNN."""
    missing_faces: MissingFace = "nearest"
    """Face features of a frame without a face. `nearest`: those of the subject's nearest frame with a face, of two the
    earlier; `zero`: zeros, which are also used if a subject has no face at all."""

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
