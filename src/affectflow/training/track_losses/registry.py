"""The losses of tracks: by what their targets are, or, of a track with a loss of its own, by its name."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Kind, Track, TrackName
from affectflow.models.readout import Readout
from affectflow.training.track_losses.action_units import ActionUnitLoss
from affectflow.training.track_losses.expressions import ExpressionLoss
from affectflow.training.track_losses.interface import TrackLoss
from affectflow.training.track_losses.numbers import NumbersLoss
from affectflow.training.track_losses.reactions import ReactionLoss

KIND_LOSSES: Mapping[Kind, type[TrackLoss]] = {
    "numbers": NumbersLoss,
    "classes": ExpressionLoss,
    "units": ActionUnitLoss,
}
OWN_LOSSES: Mapping[TrackName, type[TrackLoss]] = {
    "eri": ReactionLoss,
}


def loss_of(track: Track) -> type[TrackLoss]:
    """The loss of a track."""
    return OWN_LOSSES.get(track.name, KIND_LOSSES[track.kind])


class TrackLosses(nn.Module):
    """The losses of all tracks that are learnt.

    Args:
        readout: what is predicted.
        settings: weights of the terms.
        targets: annotations of all training frames, shape (frames, targets), NaN where missing; class weights follow
            from them.
        words: word vectors of the classes, shape (classes, length), where the embedding loss needs them.
    """

    def __init__(
        self, readout: Readout, settings: Loss, targets: NDArray[np.float32], words: NDArray[np.float32] | None = None
    ) -> None:
        super().__init__()
        self._places = [(numbers, places) for _, numbers, places in readout.parts()]
        vectors = None if words is None else torch.from_numpy(words)
        losses = []
        for track, _, places in readout.parts():
            balanced = settings.class_weights == "balanced"
            weights = class_weights(track, targets[:, places]) if balanced else None
            weight_tensor = None if weights is None else torch.from_numpy(weights)
            own = Readout(Tasks((track,)), readout.bins_of(track))
            losses.append(loss_of(track)(own, settings, weight_tensor, vectors))
        self._losses = nn.ModuleList(losses)

    def parts(self) -> Iterator[tuple[TrackLoss, slice, slice]]:
        """Each track's loss with the places of its raw numbers and of its targets."""
        for loss, (numbers, targets) in zip(self._losses, self._places, strict=True):
            assert isinstance(loss, TrackLoss)
            yield loss, numbers, targets


def class_weights(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """How rare each class of a track is among annotated frames, or the presence of each unit; None where it has none.

    Args:
        track: what is learnt.
        targets: shape (frames, targets of the track), NaN where missing.
    """
    return loss_of(track).class_weights(track, targets)
