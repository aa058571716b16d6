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
    """Post-processing of a branch's predictions of track `va`.

    `mean` is for corpora annotated by frame (Meng et al., section 3.5). Everything else is for corpora annotated by
    utterance (Kollias and Zafeiriou, section V-B): lists of windows that are tried on validation. The best window of a
    step is kept if it improves the score, separately for valence and arousal, and is applied to every split; a step
    without windows is off. Steps that do not suit the corpus are not applied, which every start reports."""

    mean: Means = {}
    """Window of a moving mean over the frames' predictions, by target: one number of frames (Meng et al., section 4.2:
    20 for valence, 50 for arousal), or several, of which the best on validation is kept if it improves the CCC. As
    printed in the paper, a window of w frames extends ceil(w / 2) frames to each side; at a video's ends it is
    shorter."""
    sides: Sides = "both"
    """Extent of a window of `mean`. `both`: ceil(w / 2) frames to each side, as printed; `each`: w frames to each side,
    2w + 1 in all (code of Meng et al.: 101 frames for valence, 41 for arousal); `before`, `after`: w frames, of which
    the frame itself is the last or the first."""
    clip: Literal["first", "last"] = "first"
    """Whether predictions are clipped to [-1, 1] before the moving mean (Meng et al., section 3.5) or after it (their
    code)."""

    median: tuple[Window, ...] = ()
    """Windows, in frames, of a median filter over the predictions of frames within each sequence. Kollias and Zafeiriou
    give no size."""
    smoothing: tuple[Window, ...] = ()
    """Windows, in utterances, for smoothing along the utterances of a video, after the median filter has been chosen.
    Kollias and Zafeiriou give no size."""
    method: Literal["average", "median"] = "average"
    """How utterances are smoothed: moving average or moving median. Kollias and Zafeiriou are silent."""
    score: Literal["ccc", "video_ccc"] = "ccc"
    """Score that must improve on validation: the CCC of all utterances together, or the mean of the videos' CCCs.
    Kollias and Zafeiriou say "the CCC over the validation set"."""

    @property
    def wanted(self) -> bool:
        """Whether any step of utterances is tried."""
        return bool(self.median or self.smoothing)

    @property
    def mean_is_tried(self) -> bool:
        """Whether any target has several windows of `mean`, of which validation decides."""
        return any(isinstance(windows, tuple) for windows in self.mean.values())
