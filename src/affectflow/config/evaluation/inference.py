"""How a trained network's sequences are laid over a video that it predicts; no part of what was trained."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from affectflow.config.base import Settings


class Windowing(Settings):
    """How prediction divides a video into sequences."""

    sequences: Literal["paper", "overlapping"] = "paper"
    """`paper`: as in the paper, set by `sequence.predicted` of the branch. If sequences follow each other, the
    prediction for a frame depends on its position in the sequence, and scores jump at every border. `overlapping`: each
    frame is in `overlaps` sequences, and its prediction is their mean, weighted by `window`; before its first and after
    its last frame, a video is treated as standing still. Networks that carry a state along a video, see single frames
    or read whole clips predict in their own way in both cases."""
    overlaps: Annotated[int, Field(ge=2, le=1024)] = 32
    """`overlapping`: the number of sequences that contain a frame, as nearly as whole frames allow. One sequence starts
    every length / `overlaps` frames, rounded down. If one starts at every frame, as with sequences of fewer than twice
    as many frames, predictions do not depend on the position in a sequence at all."""
    window: Literal["hann", "triangular", "flat"] = "hann"
    """`overlapping`: the weight of a frame by its position in a sequence. It is highest in the middle, where the
    network knows most of the surroundings."""

    def stride(self, length: int) -> int:
        """Frames from one overlapping sequence of `length` frames to the next."""
        return max(1, length // self.overlaps)

    def weights(self, length: int) -> NDArray[np.float64]:
        """The weight of each place in a sequence, shape (length,), above 0."""
        places = (np.arange(length) + 0.5) / length
        if self.window == "hann":
            return np.sin(np.pi * places) ** 2
        return 1 - np.abs(2 * places - 1) if self.window == "triangular" else np.ones(length)

    def describe(self) -> dict[str, str | int]:
        """The settings that predictions made in this way depend on: without keys that have no part in them."""
        overlapping = self.sequences == "overlapping"
        return self.model_dump(mode="json", include=None if overlapping else {"sequences"})

    def note(self, overlappable: bool) -> str:
        """What must be said wherever scores of a branch are shown beside the paper's; empty where nothing must."""
        return "sequences overlap, not the paper's way" if self.sequences == "overlapping" and overlappable else ""


PAPER = Windowing()


class Inference(Settings):
    """How trained networks predict. Changing these settings trains nothing again."""

    tables: Windowing = PAPER
    """Predictions in the workflow, whose tables stand beside the paper's."""
    videos: Windowing = Windowing(sequences="overlapping")
    """Predictions in `affectflow predict` and in Python."""

    def in_the_papers_way(self) -> "Inference":
        """The same, but that no sequences overlap in `videos` that do not in the paper."""
        return self.model_copy(update={"videos": PAPER})
