"""What a summary of videos says of a person, and what it leaves blank."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings


class Summary(Settings):
    """The summary of `affectflow predict`."""

    least_seen: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Smallest share of a video's frames with valid scores, as marked in its table, for which the summary gives a mean,
    a class or an intensity. Below it, and if no frame is valid, the summary is blank."""
    damage_limit: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of a video's frames, or of its sound, that may be lost or damaged before `affectflow predict` warns. Scores
    and exit status are unaffected."""
