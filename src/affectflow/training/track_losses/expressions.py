"""The loss of expressions, basic and compound (Antoniadis et al., Kollias and Zafeiriou, Vu and
Beurton-Aimar, Li et al.)."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from affectflow.core.tracks import Track
from affectflow.losses.distillation import kl_divergence
from affectflow.losses.terms import embedding_loss, focal_loss
from affectflow.training.track_losses.interface import NO_EXTRAS, Extras, TrackLoss


class ExpressionLoss(TrackLoss):
    """Cross entropy of the classes, or the focal loss of it, and the distance from their word vectors."""

    @staticmethod
    def class_weights(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each class annotated frames / (classes x its frames); 0 for one that never occurs."""
        classes = targets[~np.isnan(targets)].astype(np.int64)
        counts = np.bincount(classes, minlength=len(track.outputs))
        return np.where(counts > 0, len(classes) / (len(counts) * np.maximum(counts, 1)), 0).astype(np.float32)

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, extras: Extras = NO_EXTRAS) -> Tensor:
        settings, classes = self.settings, target[..., 0]
        loss = settings.cross_entropy * focal_loss(raw, classes, mask, settings.focal, self.weights)
        if extras.mapped is None or self.words is None:
            return loss
        distance = embedding_loss(extras.mapped, self.words, classes, mask, settings.embedding_reduction)
        return loss + settings.embedding * distance

    def each_frame(self, raw: Tensor, target: Tensor, annotated: Tensor, owners: Tensor) -> Tensor:
        classes = target[:, 0].nan_to_num().long()
        loss = -raw.log_softmax(-1).gather(-1, classes[:, None])[:, 0]
        return self.settings.cross_entropy * (loss if self.weights is None else loss * self.weights[classes])

    def distilled(self, teacher: Tensor, student: Tensor) -> Tensor:
        return self._scaled(kl_divergence(teacher, student, self.settings.distillation.temperature))
