"""Mean absolute error, a further term of the training loss (`loss.terms`)."""

from torch import Tensor


def mae_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error over all values that count (`affectflow.losses.terms`), a scalar; 0 where none does."""
    known = mask[..., None] & ~target.isnan()
    distance = (prediction - target.nan_to_num()).abs()
    return distance.where(known, 0).sum() / known.sum().clamp(min=1)
