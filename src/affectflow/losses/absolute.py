"""Mean absolute error, a further term of the training loss (`loss.terms`)."""

from torch import Tensor

from affectflow.losses.terms import counted_values


def mae_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error over all values that count (`affectflow.losses.terms`), a scalar; 0 where none does."""
    valid, x, y = counted_values(prediction, target, mask)
    return (x - y).abs().sum() / valid.sum().clamp(min=1)
