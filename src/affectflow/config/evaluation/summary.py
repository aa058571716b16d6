"""What a summary of videos says of a person, and what it leaves blank."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings


class Summary(Settings):
    """The summary of `affectflow predict`."""

    least_seen: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Least share of a video's frames that must count, as its table marks them, for the summary to say a mean, a class
    or an intensity of it; below, and where no frame counts, it is blank."""
    damage_limit: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of a video's frames, or of its sound, that may be lost or damaged before `affectflow predict` warns of it.
    Its scores stay, and its exit status."""
