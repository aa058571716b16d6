"""The loss of numbers, such as valence and arousal (Antoniadis et al., Vu and Beurton-Aimar)."""

import torch
from torch import Tensor

from affectflow.losses.bins import bin_numbers, expectation
from affectflow.losses.distillation import kl_divergence
from affectflow.losses.terms import ccc, cross_entropy_loss, regression_loss
from affectflow.training.track_losses.interface import NO_EXTRAS, Extras, TrackLoss


class NumbersLoss(TrackLoss):
    """Squared error and 1 - CCC of each, and with bins the cross entropy of the annotated ones."""

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, extras: Extras = NO_EXTRAS) -> Tensor:
        settings, bins = self.settings, self.readout.bins
        if bins is None:
            return regression_loss(raw, target, mask, settings.mse, settings.ccc)
        scores = self.readout.binned(raw, bins)
        numbers = torch.where(target.isnan(), target, bin_numbers(target.nan_to_num(), bins).to(target.dtype))
        places = range(target.shape[-1])
        entropies = [cross_entropy_loss(scores[..., place, :], numbers[..., place], mask) for place in places]
        predicted = expectation(scores, bins)
        return settings.bins * sum(entropies) + regression_loss(predicted, target, mask, settings.mse, settings.ccc)

    def each_frame(self, raw: Tensor, target: Tensor, annotated: Tensor, owners: Tensor) -> Tensor:
        settings, bins = self.settings, self.readout.bins
        loss, predicted = raw.new_zeros(len(raw)), raw
        if bins is not None:
            scores = self.readout.binned(raw, bins)
            predicted = expectation(scores, bins)
            numbers = bin_numbers(target.nan_to_num(), bins)
            entropies = -scores.log_softmax(-1).gather(-1, numbers[..., None])[..., 0]
            loss = loss + settings.bins * entropies.sum(-1)
        if settings.mse:
            loss = loss + settings.mse * (predicted - target.nan_to_num()).square().sum(-1)
        if settings.ccc:
            loss = loss + settings.ccc * self._discord(predicted, target, annotated, owners)
        return loss

    def _discord(self, predicted: Tensor, target: Tensor, annotated: Tensor, owners: Tensor) -> Tensor:
        """1 - CCC, summed over the numbers, over the annotated frames of a frame's source, shape (frames,): with
        `by_source: sum` its share 1/B, for B frames of the source."""
        discord = predicted.new_zeros(len(predicted))
        for number in owners.unique():
            own = owners == number
            own_loss = (1 - ccc(predicted[own], target[own], annotated[own])).sum()
            discord = torch.where(own, own_loss / own.sum() if self.settings.by_source == "sum" else own_loss, discord)
        return discord

    def distilled(self, teacher: Tensor, student: Tensor) -> Tensor:
        bins, temperature = self.readout.bins, self.settings.distillation.temperature
        assert bins is not None, "checked with the settings"
        scores = [self.readout.binned(raw, bins) for raw in (teacher, student)]
        return self._scaled(kl_divergence(scores[0], scores[1], temperature).sum(-1))
