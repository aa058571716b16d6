"""What a track's loss must give, so that both objectives can use it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.models.readout import Readout


@dataclass(frozen=True)
class Extras:
    """What the losses of some tracks use beside raw numbers and annotations."""

    mapped: Tensor | None = None
    """Features in the space of the words, shape (…, length of a word vector); None leaves the embedding loss out."""
    unit_weights: Tensor | None = None
    """Weights of annotated action units, shape (…, units); None where all weigh the same."""


NO_EXTRAS = Extras()


class TrackLoss(nn.Module):
    """The loss of one track: of all annotated frames taken together (`forward`), and of each frame by itself
    (`each_frame`, `distilled`), where every source of a branch has a loss of its own.

    Args:
        readout: what raw numbers mean.
        settings: weights of the terms.
        weights: of the track's classes, or of the presence of each unit; None where all weigh the same.
        words: word vectors of the classes, shape (classes, length), where the embedding loss needs them.
    """

    weights: Tensor | None
    words: Tensor | None

    def __init__(
        self, readout: Readout, settings: Loss, weights: Tensor | None = None, words: Tensor | None = None
    ) -> None:
        super().__init__()
        self.readout, self.settings = readout, settings
        self.register_buffer("weights", weights, False)
        self.register_buffer("words", words, False)

    @staticmethod
    def class_weights(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How rare each class is, where the track has classes.

        Args:
            track: what is learnt.
            targets: annotations of all training frames, shape (frames, targets of the track), NaN where missing.
        """
        return None

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, extras: Extras = NO_EXTRAS) -> Tensor:
        """The loss over all that is annotated, a scalar.

        Args:
            raw: the track's raw numbers, shape (…, numbers).
            target: shape (…, targets of the track), NaN where not annotated.
            mask: of real frames, shape (…).
            extras: what else the losses of some tracks use.
        """
        raise NotImplementedError

    def annotated_frames(self, target: Tensor) -> Tensor:
        """Which frames are annotated: (frames, targets of the track) to bool (frames,). All targets must be."""
        return ~target.isnan().any(-1)

    def each_frame(self, raw: Tensor, target: Tensor, annotated: Tensor, owners: Tensor) -> Tensor:
        """The supervised loss of each frame (Vu and Beurton-Aimar, equations 1 to 3), shape (frames,); means nothing
        where not `annotated`.

        Args:
            raw: the track's raw numbers, shape (frames, numbers).
            target: shape (frames, targets of the track), NaN where not annotated.
            annotated: of `annotated_frames`, shape (frames,).
            owners: the number of each frame's source, shape (frames,).

        Raises:
            InputError: the track has no loss of single frames.
        """
        raise InputError(f"{type(self).__name__} has no loss of single frames; set loss.by_source: no")

    def distilled(self, teacher: Tensor, student: Tensor) -> Tensor:
        """What each frame of a student costs by its teacher (Vu and Beurton-Aimar, equations 4 to 6), shape (frames,).

        Args:
            teacher: the track's raw numbers, shape (frames, numbers).
            student: the same.

        Raises:
            InputError: a teacher of the track has nothing to say.
        """
        raise InputError(f"{type(self).__name__} knows no teacher; remove teacher")

    def _scaled(self, divergence: Tensor) -> Tensor:
        """A divergence from the teacher, times the square of the temperature where `distillation.temperature_squared`
        says so."""
        settings = self.settings.distillation
        return divergence * settings.temperature**2 if settings.temperature_squared else divergence
