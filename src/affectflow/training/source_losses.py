"""The training loss where each source of a branch is taken by itself, and labels are missing (Vu and Beurton-Aimar,
section 2.2)."""

import torch
from torch import Tensor, nn

from affectflow.config.training.trained import Loss
from affectflow.losses.distillation import student_loss
from affectflow.training.track_losses.registry import TrackLosses


class SourceLosses(nn.Module):
    """The loss of every frame, and of a batch of frames of several sources (Vu and Beurton-Aimar, equations 1 to 10).

    Which annotations a frame has tells what counts: those of its source alone make equation 9, those that it shares
    with other tracks too, equation 10; a batch without a teacher makes equation 7.

    Args:
        losses: of the tracks that are learnt.
        settings: how sources make one loss, and how a teacher's predictions count.
    """

    def __init__(self, losses: TrackLosses, settings: Loss) -> None:
        super().__init__()
        self._losses, self._settings = losses, settings

    def forward(
        self, raw: Tensor, target: Tensor, mask: Tensor, sources: Tensor | None = None, teacher: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch, a scalar: of each set the sum over its frames, or their mean; see `each`."""
        frames, owners = self.each(raw, target, mask, sources, teacher)
        if self._settings.by_source == "sum":
            return frames.sum()
        means = [frames[owners == number].mean() for number in owners.unique()]
        return torch.stack(means).sum() if means else frames.sum()

    def scale(self, mask: Tensor, sources: Tensor | None = None) -> int:
        """What the loss of a batch is divided by to compare it with that of another: its frames, or its sources."""
        owners = _owners(mask, sources)
        return max(1, len(owners) if self._settings.by_source == "sum" else len(owners.unique()))

    def each(
        self, raw: Tensor, target: Tensor, mask: Tensor, sources: Tensor | None = None, teacher: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The loss of every real frame, shape (frames,), and the number of its source, of the same shape.

        Args:
            raw: of the network, shape (batch, …, numbers).
            target: shape (batch, …, targets), NaN where not annotated.
            mask: of real frames, shape (batch, …).
            sources: the number of each sample's source, shape (batch,); one source when not given.
            teacher: raw numbers of the teacher, of the shape of `raw`; the loss is supervised alone when not given.
        """
        owners = _owners(mask, sources)
        raw, target = raw[mask].to(torch.promote_types(raw.dtype, torch.float32)), target[mask]
        teacher_outputs = None if teacher is None else teacher[mask].to(raw.dtype)
        total = raw.new_zeros(len(raw))
        for track_loss, numbers, targets in self._losses.parts():
            annotated = track_loss.annotated_frames(target[:, targets])
            loss = track_loss.each_frame(raw[:, numbers], target[:, targets].to(raw.dtype), annotated, owners)
            if teacher_outputs is None:
                total = total + loss.where(annotated, 0)
                continue
            distilled = track_loss.distilled(teacher_outputs[:, numbers], raw[:, numbers])
            total = total + student_loss(loss, annotated, distilled, self._settings.distillation.label_weight)
        return total, owners


def _owners(mask: Tensor, sources: Tensor | None) -> Tensor:
    """The number of the source of every real frame, shape (frames,)."""
    if sources is None:
        return torch.zeros(int(mask.sum()), dtype=torch.long, device=mask.device)
    return sources.reshape(-1, *[1] * (mask.dim() - 1)).expand(mask.shape)[mask]
