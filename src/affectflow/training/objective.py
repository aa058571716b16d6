"""What training minimises, and how a network's raw outputs become predictions."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.training import Loss
from affectflow.losses import bce_loss, cross_entropy_loss, embedding_loss, regression_loss
from affectflow.tasks import Tasks
from affectflow.tracks import Track


class Objective(nn.Module):
    """The training loss: the sum of those of the tracks that are learnt (paper 001, equations 4 to 6), each over what
    is annotated for it.

    Args:
        tasks: what is predicted.
        settings: weights of the terms.
        targets: annotations of all training frames, shape (frames, targets), NaN where missing; class weights follow
            from them.
        words: word vectors of the classes, shape (classes, length), where the embedding loss needs them.
    """

    def __init__(
        self, tasks: Tasks, settings: Loss, targets: NDArray[np.float32], words: NDArray[np.float32] | None = None
    ) -> None:
        super().__init__()
        self.words: Tensor | None
        self._tasks, self._settings = tasks, settings
        balanced = settings.class_weights == "balanced"
        for track, _, its in tasks.parts():
            weights = torch.from_numpy(rarity(track, targets[:, its])) if balanced and track.name != "va" else None
            self.register_buffer(f"weights_{track.name}", weights, False)
        self.register_buffer("words", None if words is None else torch.from_numpy(words), False)

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor, mapped: Tensor | None = None) -> Tensor:
        """The loss, a scalar.

        Args:
            raw: of the network, shape (…, outputs).
            target: shape (…, targets), NaN where not annotated.
            mask: of real frames, shape (…).
            mapped: features in the space of the words, shape (…, length of a vector); None leaves the embedding loss
                out.
        """
        parts = [
            self._of_track(track, raw[..., outputs], target[..., targets], mask, mapped)
            for track, outputs, targets in self._tasks.parts()
        ]
        return torch.stack(parts).sum()

    def _of_track(self, track: Track, raw: Tensor, target: Tensor, mask: Tensor, mapped: Tensor | None) -> Tensor:
        settings, weights = self._settings, getattr(self, f"weights_{track.name}")
        if track.name == "va":
            return regression_loss(raw, target, mask, settings.mse, settings.ccc)
        if track.name == "au":
            return settings.bce * bce_loss(raw, target, mask, weights, settings.bce_reduction)
        classes = target[..., 0]
        loss = settings.cross_entropy * cross_entropy_loss(raw, classes, mask, weights)
        if mapped is None or self.words is None:
            return loss
        distance = embedding_loss(mapped, self.words, classes, mask, settings.embedding_reduction)
        return loss + settings.embedding * distance


def rarity(track: Track, targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """How rare each class is (expr: frames / (classes x its frames), 0 for one that never occurs) or the presence of
    each unit (au: frames without / frames with it, 1 for one that never occurs), among annotated frames."""
    if track.name == "expr":
        known = targets[~np.isnan(targets)].astype(np.int64)
        counts = np.bincount(known, minlength=len(track.outputs))
        return np.where(counts > 0, len(known) / (len(counts) * np.maximum(counts, 1)), 0).astype(np.float32)
    present, absent = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
    return np.where(present > 0, absent / np.maximum(present, 1), 1).astype(np.float32)


def predicted(tasks: Tasks, raw: Tensor) -> Tensor:
    """Raw outputs of shape (…, outputs) as predictions: clipped to [-1, 1] (va), probabilities (expr, au)."""
    return torch.cat([_of_track(track, raw[..., outputs]) for track, outputs, _ in tasks.parts()], dim=-1)


def _of_track(track: Track, raw: Tensor) -> Tensor:
    if track.name == "va":
        return raw.clamp(-1, 1)
    return raw.softmax(-1) if track.name == "expr" else raw.sigmoid()
