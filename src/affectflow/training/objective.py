"""What training minimises."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.models.readout import Readout
from affectflow.training.coupled import Coupled
from affectflow.training.further_terms import FurtherTerms
from affectflow.training.source_losses import SourceLosses
from affectflow.training.track_losses.interface import Extras
from affectflow.training.track_losses.registry import TrackLosses


class Objective(nn.Module):
    """The training loss: the sum of those of the tracks that are learnt (Kollias and Zafeiriou, equations 4 to 6), each
    over what is annotated for it; or that of sources by themselves (`SourceLosses`).

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
        self._coupled = coupled
        self._losses = TrackLosses(readout, settings, targets, words)
        self._further = FurtherTerms(readout, settings)
        self._by_source = None if settings.by_source == "no" else SourceLosses(self._losses, settings)

    def forward(
        self,
        raw: Tensor,
        target: Tensor,
        mask: Tensor,
        mapped: Tensor | None = None,
        sources: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> Tensor:
        """The loss, a scalar.

        Args:
            raw: of the network, shape (…, numbers).
            target: shape (…, targets), NaN where not annotated.
            mask: of real frames, shape (…).
            mapped: features in the space of the words, shape (…, length of a vector); None leaves the embedding loss
                out.
            sources: the number of each sample's source, shape (batch,).
            teacher: raw numbers of the teacher, of the shape of `raw`.
        """
        if self._by_source is not None:
            loss: Tensor = self._by_source(raw, target, mask, sources, teacher)
            return loss
        coupled = self._coupled
        labels, unit_weights = (target, None) if coupled is None else coupled.annotate(target)
        extras = Extras(mapped, unit_weights)
        parts = [
            track_loss(raw[..., numbers], labels[..., targets], mask, extras)
            for track_loss, numbers, targets in self._losses.parts()
        ]
        parts += self._further.parts(raw, target, mask)
        if coupled is not None:
            parts.append(coupled(raw, target, mask))
        return torch.stack(parts).sum()

    def scale(self, mask: Tensor, sources: Tensor | None = None) -> int:
        """What the loss of a batch is divided by to compare it with that of another."""
        return 1 if self._by_source is None else self._by_source.scale(mask, sources)
