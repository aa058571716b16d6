"""The training loss where each set of a branch is taken by itself, and labels are missing (Vu and Beurton-Aimar,
section 2.2)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.core.tracks import Track, TrackName
from affectflow.losses.bins import bin_numbers, expectation
from affectflow.losses.distillation import kl_divergence, student_loss
from affectflow.losses.terms import ccc
from affectflow.models.readout import Readout


class SetLosses(nn.Module):
    """The loss of every frame, and of a batch of frames of several sets (Vu and Beurton-Aimar, equations 1 to 10).

    Which annotations a frame has tells what counts: those of its set alone make equation 9, those that it shares with
    other tracks too, equation 10; a batch without a teacher makes equation 7.

    Args:
        readout: what is predicted.
        settings: weights of the terms, and how sets make one loss.
        rarity: by track weights of the classes, or of the presence of each unit; None where all weigh the same.
    """

    def __init__(self, readout: Readout, settings: Loss, rarity: Mapping[TrackName, Tensor | None]) -> None:
        super().__init__()
        self._readout, self._settings = readout, settings
        for name, weights in rarity.items():
            self.register_buffer(f"weights_{name}", weights, False)

    def forward(
        self, raw: Tensor, target: Tensor, mask: Tensor, sets: Tensor | None = None, teacher: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch, a scalar: of each set the sum over its frames, or their mean; see `each`."""
        frames, owners = self.each(raw, target, mask, sets, teacher)
        if self._settings.by_set == "sum":
            return frames.sum()
        means = [frames[owners == number].mean() for number in owners.unique()]
        return torch.stack(means).sum() if means else frames.sum()

    def scale(self, mask: Tensor, sets: Tensor | None = None) -> int:
        """What the loss of a batch is divided by to compare it with that of another: its frames, or its sets."""
        owners = _owners(mask, sets)
        return max(1, len(owners) if self._settings.by_set == "sum" else len(owners.unique()))

    def each(
        self, raw: Tensor, target: Tensor, mask: Tensor, sets: Tensor | None = None, teacher: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The loss of every real frame, shape (frames,), and the number of its set, of the same shape.

        Args:
            raw: of the network, shape (batch, …, numbers).
            target: shape (batch, …, targets), NaN where not annotated.
            mask: of real frames, shape (batch, …).
            sets: the number of each sample's set, shape (batch,); one set when not given.
            teacher: raw numbers of the teacher, of the shape of `raw`; the loss is supervised alone when not given.
        """
        owners = _owners(mask, sets)
        raw, target = raw[mask].to(torch.promote_types(raw.dtype, torch.float32)), target[mask]
        given = None if teacher is None else teacher[mask].to(raw.dtype)
        total = raw.new_zeros(len(raw))
        for track, numbers, targets in self._readout.parts():
            missing = target[:, targets].isnan()
            known = ~(missing.all(-1) if track.name == "au" else missing.any(-1))
            loss = self._supervised(track, raw[:, numbers], target[:, targets].to(raw.dtype), known, owners)
            if given is None:
                total = total + loss.where(known, 0)
                continue
            distilled = self._distilled(track, given[:, numbers], raw[:, numbers])
            total = total + student_loss(loss, known, distilled, self._settings.distillation.truth)
        return total, owners

    def _supervised(self, track: Track, raw: Tensor, target: Tensor, known: Tensor, owners: Tensor) -> Tensor:
        """Equations 1 to 3, shape (frames,); means nothing where not `known`."""
        settings = self._settings
        weights = getattr(self, f"weights_{track.name}")
        if track.name == "expr":
            classes = target[:, 0].nan_to_num().long()
            loss = -raw.log_softmax(-1).gather(-1, classes[:, None])[:, 0]
            return settings.cross_entropy * (loss if weights is None else loss * weights[classes])
        if track.name == "au":
            found = ~target.isnan()
            entropy = nn.functional.binary_cross_entropy_with_logits(
                raw, target.nan_to_num(), pos_weight=weights, reduction="none"
            )
            return settings.bce * (entropy * found).sum(-1) / found.sum(-1).clamp(min=1)
        loss, predicted, bins = raw.new_zeros(len(raw)), raw, self._readout.bins
        if bins is not None:
            scores = self._readout.binned(raw, bins)
            predicted = expectation(scores, bins)
            numbers = bin_numbers(target.nan_to_num(), bins)
            surprise = -scores.log_softmax(-1).gather(-1, numbers[..., None])[..., 0]
            loss = loss + settings.bins * surprise.sum(-1)
        if settings.mse:
            loss = loss + settings.mse * (predicted - target.nan_to_num()).square().sum(-1)
        if settings.ccc:
            loss = loss + settings.ccc * self._discord(predicted, target, known, owners)
        return loss

    def _discord(self, predicted: Tensor, target: Tensor, known: Tensor, owners: Tensor) -> Tensor:
        """1 - CCC of valence and of arousal, over the annotated frames of a frame's set, shape (frames,): of `sum` its
        share 1/B, for B frames of the set."""
        found = predicted.new_zeros(len(predicted))
        for number in owners.unique():
            own = owners == number
            apart = (1 - ccc(predicted[own], target[own], known[own])).sum()
            found = torch.where(own, apart / own.sum() if self._settings.by_set == "sum" else apart, found)
        return found

    def _distilled(self, track: Track, teacher: Tensor, student: Tensor) -> Tensor:
        """Equations 4 to 6, shape (frames,)."""
        settings, bins = self._settings.distillation, self._readout.bins
        if track.name == "va":
            assert bins is not None, "checked with the settings"
            each = [self._readout.binned(scores, bins) for scores in (teacher, student)]
            apart = kl_divergence(each[0], each[1], settings.temperature).sum(-1)
        else:
            apart = kl_divergence(teacher, student, settings.temperature)
        return apart * settings.temperature**2 if settings.squared else apart


def _owners(mask: Tensor, sets: Tensor | None) -> Tensor:
    """The number of the set of every real frame, shape (frames,)."""
    if sets is None:
        return torch.zeros(int(mask.sum()), dtype=torch.long, device=mask.device)
    return sets.reshape(-1, *[1] * (mask.dim() - 1)).expand(mask.shape)[mask]
