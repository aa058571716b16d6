"""What is done to the predictions of a trained branch."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from affectflow.config.base import Settings


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError(f"window {window} has no middle; expected an odd number of 3 or more")
    return window


Frames = Annotated[int, Field(ge=1)]
Means = dict[Literal["valence", "arousal"], Frames | Annotated[tuple[Frames, ...], Field(min_length=1)]]
Sides = Literal["both", "each", "before", "after"]
Window = Annotated[int, Field(ge=3), AfterValidator(_odd)]


class Postprocess(Settings):
    """Post-processing of a branch's predictions of track va.

    `mean` is for corpora that are annotated by frame (Meng et al., section 3.5). All else is for those that are
    annotated by utterance (Kollias and Zafeiriou, section V-B): windows that are tried on validation. The best one of a
    step stays where it improves the score, for valence and for arousal apart, and is applied to every split; a step
    without windows is off. What a corpus has no use for is not applied to it, which every start tells."""

    mean: Means = {}
    """Frames of the window whose mean a frame's prediction becomes, by target: a number (Meng et al., section 4.2: 20
    for valence, 50 for arousal), or several, of which the one stays that is best on validation, where it improves the
    CCC. As printed, a window of w frames reaches ceil(w / 2) frames to each side; at a video's ends it is shorter."""
    sides: Sides = "both"
    """Where a window of `mean` reaches. `both`: ceil(w / 2) frames to each side, as printed; `each`: w frames to each
    side, 2w + 1 in all (public code of Meng et al.: 101 frames for valence, 41 for arousal); `before`, `after`: w
    frames, of which the frame itself is the last or the first."""
    clip: Literal["first", "last"] = "first"
    """Whether predictions are cut to [-1, 1] before the mean over a window is taken (Meng et al., section 3.5), or
    after (their public code)."""

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
        """Whether any step of utterances is tried."""
        return bool(self.median or self.smoothing)

    @property
    def mean_is_tried(self) -> bool:
        """Whether any target has several windows of `mean`, of which validation decides."""
        return any(isinstance(windows, tuple) for windows in self.mean.values())
