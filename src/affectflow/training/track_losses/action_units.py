"""The loss of action units (Antoniadis et al., Kollias and Zafeiriou, Vu and Beurton-Aimar)."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.core.tracks import Track
from affectflow.losses.terms import au_loss, bce_loss
from affectflow.training.track_losses.interface import NO_EXTRAS, Extras, TrackLoss


class ActionUnitLoss(TrackLoss):
    """Binary cross entropy of the annotated units."""

    @staticmethod
    def class_weights(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of the presence of each unit frames without / frames with it; 1 for one that never occurs."""
        present, absent = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
        return np.where(present > 0, absent / np.maximum(present, 1), 1).astype(np.float32)

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, extras: Extras = NO_EXTRAS) -> Tensor:
        settings = self.settings
        if settings.bce_reduction == "frame":
            over = "units" if settings.coupling is None else settings.coupling.over
            return settings.bce * au_loss(raw, target, mask, extras.unit_weights, over, self.weights)
        return settings.bce * bce_loss(raw, target, mask, self.weights, settings.bce_reduction)

    def annotated_frames(self, target: Tensor) -> Tensor:
        """Which frames are annotated: those of which any unit is."""
        return ~target.isnan().all(-1)

    def each_frame(self, raw: Tensor, target: Tensor, annotated: Tensor, owners: Tensor) -> Tensor:
        annotated_units = ~target.isnan()
        entropy = nn.functional.binary_cross_entropy_with_logits(
            raw, target.nan_to_num(), pos_weight=self.weights, reduction="none"
        )
        return self.settings.bce * (entropy * annotated_units).sum(-1) / annotated_units.sum(-1).clamp(min=1)
