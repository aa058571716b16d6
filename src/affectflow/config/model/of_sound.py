"""What the settings of all sets of sound features share."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings


class OfSound(Settings):
    """How the own frames of a set of sound become those of the video."""

    at: Literal["nearest", "linear", "mean"] = "nearest"
    """What a video frame has of the set's own frames, whose times are the middles of what they are computed from; with
    openSMILE each number has its own, and the rule holds for each (docs/meng.md). `nearest`: the one whose time is
    nearest to its own, of two the earlier; `linear`: both neighbours, weighted by how near they are; `mean`: the mean
    of those in `window`. The paper is silent; where 0 means unvoiced, as with the pitch of eGeMAPS, a mix of frames
    means nothing."""
    window: Annotated[float, Field(gt=0, le=60)] = 0.1
    """Seconds around a video frame's time whose frames `mean` takes; the nearest where there is none in it."""

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "sound"
