"""The losses of tracks by the track's name: a new one is a line here."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affectflow.config.training.trained import Loss
from affectflow.core.tracks import Track, TrackName
from affectflow.models.readout import Readout
from affectflow.training.track_losses.action_units import ActionUnitLoss
from affectflow.training.track_losses.expressions import ExpressionLoss
from affectflow.training.track_losses.interface import TrackLoss
from affectflow.training.track_losses.reactions import ReactionLoss
from affectflow.training.track_losses.valence_arousal import ValenceArousalLoss

TRACK_LOSSES: Mapping[TrackName, type[TrackLoss]] = {
    "va": ValenceArousalLoss,
    "expr": ExpressionLoss,
    "au": ActionUnitLoss,
    "eri": ReactionLoss,
}


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
            losses.append(TRACK_LOSSES[track.name](readout, settings, weight_tensor, vectors))
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
    return TRACK_LOSSES[track.name].class_weights(track, targets)
