"""What the settings of all sets of sound features share."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings


class OfSound(Settings):
    """How the frames of a sound feature set are assigned to video frames."""

    at: Literal["nearest", "linear", "mean"] = "nearest"
    """How the set's own frames, timed at the middle of the sound that they are computed from, are assigned to a video
    frame. With openSMILE each number has its own time, and the rule applies to each (docs/meng.md). `nearest`: the
    frame with the nearest time, of two the earlier; `linear`: both neighbours, weighted by proximity; `mean`: the mean
    of those in `window`. Meng et al. are silent. Where 0 means unvoiced, as for the pitch of eGeMAPS, a mixture of
    frames is meaningless."""
    window: Annotated[float, Field(gt=0, le=60)] = 0.1
    """Seconds around a video frame's time over which `mean` averages. If the window contains no frame, the nearest one
    is used."""

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "sound"
