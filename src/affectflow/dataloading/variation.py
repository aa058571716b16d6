"""How samples differ from epoch to epoch."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from affectflow.config.training.trained import Augment
from affectflow.dataloading.augment import draw

_NOTHING = Augment()


@dataclass(frozen=True)
class Variation:
    """Random changes of samples, which follow from (seed, epoch, sample) alone."""

    augment: Augment = _NOTHING
    """Of pictures and sounds."""
    seed: int = 0
    copies: int = 1
    """Of frozen features, of which each sample shows one, drawn anew in every epoch."""

    @property
    def augments(self) -> bool:
        """Whether pictures and sounds are changed at all."""
        return self.augment != _NOTHING

    def copy(self, epoch: int, sample: int) -> int:
        """Which of the copies a sample shows in an epoch."""
        if self.copies == 1:
            return 0
        return int(np.random.default_rng((self.seed, epoch, sample)).integers(self.copies))

    def change(self, epoch: int, sample: int, mel: Tensor | None) -> Tensor:
        """How a sample is changed in an epoch, float32 (8,), see `augment.draw`.

        Args:
            epoch: from 0.
            sample: its number.
            mel: its windows, shape (time, 1, bands, columns), where it has any.
        """
        bands, columns = (0, 0) if mel is None else mel.shape[-2:]
        return draw(self.augment, self.seed, epoch, sample, columns, bands)


AS_IT_IS = Variation()
"""Without any change, of the first copy."""
