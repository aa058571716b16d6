"""The loss of the intensities of reactions (Li et al.)."""

from torch import Tensor

from affectflow.losses.terms import mse_loss, strongest_loss
from affectflow.training.track_losses.interface import NO_EXTRAS, Extras, TrackLoss


class ReactionLoss(TrackLoss):
    """Squared error of the intensities, and the cross entropy of the strongest reaction (Li et al., equation 8)."""

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, extras: Extras = NO_EXTRAS) -> Tensor:
        logits, scores = self.readout.intensities(raw)
        distance = self.settings.mse * mse_loss(logits.sigmoid(), target, mask)
        return distance + self.settings.strongest * strongest_loss(scores, target, mask)
