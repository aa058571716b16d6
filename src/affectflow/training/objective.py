"""What training minimises."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.core.tracks import Track
from affectflow.losses.bins import bin_numbers, expectation
from affectflow.losses.terms import (
    au_loss,
    bce_loss,
    cross_entropy_loss,
    embedding_loss,
    focal_loss,
    mse_loss,
    regression_loss,
    strongest_loss,
)
from affectflow.models.readout import Readout
from affectflow.training.coupled import Coupled
from affectflow.training.set_losses import SetLosses


class Objective(nn.Module):
    """The training loss: the sum of those of the tracks that are learnt (Kollias and Zafeiriou, equations 4 to 6), each
    over what is annotated for it; or that of sets by themselves (`SetLosses`).

    Args:
        readout: what is predicted.
        settings: weights of the terms.
        targets: annotations of all training frames, shape (frames, targets), NaN where missing; class weights follow
            from them.
        words: word vectors of the classes, shape (classes, length), where the embedding loss needs them.
        coupled: what couples expressions and action units, where they are.
    """

    def __init__(
        self,
        readout: Readout,
        settings: Loss,
        targets: NDArray[np.float32],
        words: NDArray[np.float32] | None = None,
        coupled: Coupled | None = None,
    ) -> None:
        super().__init__()
        self.words: Tensor | None
        self._readout, self._settings, self._coupled = readout, settings, coupled
        balanced = settings.class_weights == "balanced"
        weights = {
            track.name: torch.from_numpy(rarity(track, targets[:, its])) if balanced and not track.continuous else None
            for track, _, its in readout.parts()
        }
        for name, its in weights.items():
            self.register_buffer(f"weights_{name}", its, False)
        self._by_set = None if settings.by_set == "no" else SetLosses(readout, settings, weights)
        self.register_buffer("words", None if words is None else torch.from_numpy(words), False)

    def forward(
        self,
        raw: Tensor,
        target: Tensor,
        mask: Tensor,
        mapped: Tensor | None = None,
        sets: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> Tensor:
        """The loss, a scalar.

        Args:
            raw: of the network, shape (…, numbers).
            target: shape (…, targets), NaN where not annotated.
            mask: of real frames, shape (…).
            mapped: features in the space of the words, shape (…, length of a vector); None leaves the embedding loss
                out.
            sets: the number of each sample's set, shape (batch,).
            teacher: raw numbers of the teacher, of the shape of `raw`.
        """
        if self._by_set is not None:
            loss: Tensor = self._by_set(raw, target, mask, sets, teacher)
            return loss
        coupled = self._coupled
        labels, shares = (target, None) if coupled is None else coupled.annotate(target)
        parts = [
            self._of_track(track, raw[..., outputs], labels[..., targets], mask, mapped, shares)
            for track, outputs, targets in self._readout.parts()
        ]
        if coupled is not None:
            parts.append(coupled(raw, target, mask))
        return torch.stack(parts).sum()

    def scale(self, mask: Tensor, sets: Tensor | None = None) -> int:
        """What the loss of a batch is divided by to compare it with that of another."""
        return 1 if self._by_set is None else self._by_set.scale(mask, sets)

    def _of_track(
        self, track: Track, raw: Tensor, target: Tensor, mask: Tensor, mapped: Tensor | None, shares: Tensor | None
    ) -> Tensor:
        settings, weights = self._settings, getattr(self, f"weights_{track.name}")
        if track.name == "va":
            return self._of_va(raw, target, mask)
        if track.name == "eri":
            logits, scores = self._readout.intensities(raw)
            distance = settings.mse * mse_loss(logits.sigmoid(), target, mask)
            return distance + settings.strongest * strongest_loss(scores, target, mask)
        if track.name == "au" and settings.bce_reduction == "frame":
            over = "units" if settings.coupling is None else settings.coupling.over
            return settings.bce * au_loss(raw, target, mask, shares, over, weights)
        if track.name == "au":
            return settings.bce * bce_loss(raw, target, mask, weights, settings.bce_reduction)
        classes = target[..., 0]
        loss = settings.cross_entropy * focal_loss(raw, classes, mask, settings.focal, weights)
        if mapped is None or self.words is None:
            return loss
        distance = embedding_loss(mapped, self.words, classes, mask, settings.embedding_reduction)
        return loss + settings.embedding * distance

    def _of_va(self, raw: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        settings, bins = self._settings, self._readout.bins
        if bins is None:
            return regression_loss(raw, target, mask, settings.mse, settings.ccc)
        scores = self._readout.binned(raw, bins)
        numbers = torch.where(target.isnan(), target, bin_numbers(target.nan_to_num(), bins).to(target.dtype))
        surprise = [cross_entropy_loss(scores[..., place, :], numbers[..., place], mask) for place in range(2)]
        predicted = expectation(scores, bins)
        return settings.bins * sum(surprise) + regression_loss(predicted, target, mask, settings.mse, settings.ccc)


def rarity(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """How rare each class is (expr: frames / (classes x its frames), 0 for one that never occurs) or the presence of
    each unit (au: frames without / frames with it, 1 for one that never occurs), among annotated frames."""
    if track.name == "expr":
        known = targets[~np.isnan(targets)].astype(np.int64)
        counts = np.bincount(known, minlength=len(track.outputs))
        return np.where(counts > 0, len(known) / (len(counts) * np.maximum(counts, 1)), 0).astype(np.float32)
    present, absent = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
    return np.where(present > 0, absent / np.maximum(present, 1), 1).astype(np.float32)
