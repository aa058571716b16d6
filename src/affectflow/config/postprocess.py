"""What is done to the predictions of a trained branch where a corpus is annotated by utterance."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from affectflow.config.base import Settings


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError(f"window {window} has no middle; expected an odd number of 3 or more")
    return window


Window = Annotated[int, Field(ge=3), AfterValidator(_odd)]


class Postprocess(Settings):
    """Post-processing of a branch's predictions (paper 001, section V-B), for corpora that are annotated by utterance:
    windows that are tried on validation. The best one of a step stays where it improves the score, for valence and for
    arousal apart, and is applied to every split; a step without windows is off. Where a corpus is annotated by frame
    nothing of it is applied, which every start tells."""

    median: tuple[Window, ...] = ()
    """Windows, in frames, of a median filter over the predictions of frames within each sequence. The paper names no
    size."""
    smoothing: tuple[Window, ...] = ()
    """Windows, in utterances, of a smoothing along the utterances of a video, once the first step is chosen. The paper
    names no size."""
    method: Literal["average", "median"] = "average"
    """How utterances are smoothed: moving average or moving median. The paper is silent."""
    score: Literal["ccc", "video_ccc"] = "ccc"
    """What must improve on validation: the CCC of all utterances together, or the mean of the CCCs of its videos. The
    paper says "the CCC over the validation set"."""

    @property
    def wanted(self) -> bool:
        """Whether any step is tried."""
        return bool(self.median or self.smoothing)
