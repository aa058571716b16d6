"""Training losses on predictions with missing annotations: pure functions on tensors.

Everywhere `prediction` and `target` have the shape (…, outputs), `mask` the shape (…) and is true for real
frames. A value counts where its frame is real and its target is a number; all that count are taken together,
over batch and time. What does not count gets a gradient of exactly zero, whatever its prediction.
"""

from typing import Literal

import torch
from torch import Tensor


def ccc(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Concordance correlation coefficient of each output (Antoniadis et al., equation 3), with population (1/N)
    moments.

    Returns:
        Shape (outputs,), in [-1, 1]. 1 without a gradient where both are constant and equal, or nothing counts.
    """
    valid, x, y = counted_values(prediction, target, mask)
    count = valid.sum(0).clamp(min=1)
    mean_x, mean_y = x.sum(0) / count, y.sum(0) / count
    dx, dy = (x - mean_x) * valid, (y - mean_y) * valid
    covariance = (dx * dy).sum(0) / count
    spread = (dx.square().sum(0) + dy.square().sum(0)) / count + (mean_x - mean_y).square()
    one = torch.ones_like(spread)
    # Division by a stand-in keeps NaN out of the gradient of the branch that `where` does not take.
    return torch.where(spread > 0, 2 * covariance / torch.where(spread > 0, spread, one), one)


def ccc_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """1 - mean CCC of the outputs (Antoniadis et al., equation 4), a scalar in [0, 2].

    An output with nothing that counts adds nothing.
    """
    return 1 - ccc(prediction, target, mask).mean()


def mse_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over all values that count, a scalar; 0 where none does."""
    valid, x, y = counted_values(prediction, target, mask)
    return (x - y).square().sum() / valid.sum().clamp(min=1)


def regression_loss(prediction: Tensor, target: Tensor, mask: Tensor, mse: float, ccc: float) -> Tensor:
    """`mse` x mean squared error + `ccc` x CCC loss (Antoniadis et al., section 3.4), a scalar.

    A term of weight 0 is not computed.
    """
    total = prediction.new_zeros(())
    if mse:
        total = total + mse * mse_loss(prediction, target, mask)
    if ccc:
        total = total + ccc * ccc_loss(prediction, target, mask)
    return total


def cross_entropy_loss(prediction: Tensor, target: Tensor, mask: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross entropy of the annotated classes (Antoniadis et al., section 3.4), a scalar; 0 where none is annotated.

    Args:
        prediction: logits of shape (…, classes).
        target: numbers of classes, shape (…), NaN where not annotated.
        mask: shape (…).
        weights: of each class, shape (classes,); the mean over frames is then weighted. All equal when not given.
    """
    return focal_loss(prediction, target, mask, 0.0, weights)


def focal_loss(prediction: Tensor, target: Tensor, mask: Tensor, gamma: float, weights: Tensor | None = None) -> Tensor:
    """Focal loss of the annotated classes (Li et al., equation 9; Lin et al. 2017), a scalar; 0 where none is
    annotated: - alpha_t (1 - p_t)^gamma log p_t, where p_t is the probability of the annotated class.

    Args:
        prediction: logits of shape (…, classes).
        target: numbers of classes, shape (…), NaN where not annotated.
        mask: shape (…).
        gamma: at least 0; with 0 it is the cross entropy.
        weights: alpha of each class, shape (classes,); the mean over frames is then weighted. All equal when not given.
    """
    annotated = mask & ~target.isnan()
    classes = target[annotated].long()
    nll = -_precise(prediction[annotated]).log_softmax(-1).gather(-1, classes[:, None])[:, 0]
    weight = torch.ones_like(nll) if weights is None else weights[classes]
    # expm1 keeps 1 - p exact where p is nearly 1; at p = 1 the power's gradient is that of a tiny number, not of 0.
    modulating = 1 if gamma == 0 else (-torch.expm1(-nll)).clamp(min=torch.finfo(nll.dtype).tiny) ** gamma
    return (weight * modulating * nll).sum() / weight.sum().clamp(min=torch.finfo(weight.dtype).tiny)


def strongest_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cross entropy of the emotion whose intensity is 1 (Li et al., section 3.1.3), a scalar; 0 where there is none.
    Where several have it they share the one they make together.

    Args:
        prediction: scores of shape (…, emotions).
        target: intensities, shape (…, emotions), NaN where not annotated.
        mask: shape (…).
    """
    strongest = (target == 1).to(_precise(prediction).dtype)
    count = strongest.sum(-1, keepdim=True)
    shared = torch.where(count > 0, strongest / count.clamp(min=1), torch.nan)
    return soft_cross_entropy_loss(prediction, shared, mask)


def bce_loss(
    prediction: Tensor, target: Tensor, mask: Tensor, positive: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Binary cross entropy over all values that count, a scalar; 0 where none does.

    Args:
        prediction: logits of shape (…, units).
        target: 0 or 1, NaN where not annotated.
        mask: shape (…).
        positive: weight of the presence of each unit, shape (units,); 1 when not given.
        reduction: over the units of a frame: `mean` over all values that count, or their `sum` in each frame (
            Kollias and Zafeiriou, equation 5) with the mean over frames of which any counts.
    """
    valid, x, y = counted_values(prediction, target, mask)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(x, y, pos_weight=positive, reduction="none")
    counted = valid.sum() if reduction == "mean" else valid.any(-1).sum()
    return (entropy * valid).sum() / counted.clamp(min=1)


def au_loss(
    prediction: Tensor,
    target: Tensor,
    mask: Tensor,
    weights: Tensor | None = None,
    over: Literal["units", "weights"] = "units",
    positive: Tensor | None = None,
) -> Tensor:
    """Mean over images of the mean binary cross entropy of their annotated units (Kollias and Zafeiriou, equation 7), a
    scalar.

    Unlike in `bce_loss` an image with few annotated units counts as much as one with many. One without any does not
    count; 0 where none does.

    Args:
        prediction: logits of shape (…, units).
        target: 0 or 1, NaN where not annotated.
        mask: shape (…).
        weights: of the annotated units, shape (…, units), as `coupling.co_annotated_units` gives; 1 when not given.
        over: what the sum over an image's units is divided by: their number, the equation's sum of delta (a weight then
            lowers the whole contribution of an image with uncertain units alone), or the sum of their weights.
        positive: weight of the presence of each unit, as in `bce_loss`.
    """
    valid, x, y = counted_values(prediction, target, mask)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(x, y, pos_weight=positive, reduction="none")
    weight = valid.to(x.dtype) if weights is None else weights.to(x.dtype).reshape(x.shape).where(valid, 0)
    count = valid.sum(-1)
    whole = weight.sum(-1).clamp(min=torch.finfo(x.dtype).tiny) if over == "weights" else count.clamp(min=1)
    return ((entropy * weight).sum(-1) / whole).sum() / (count > 0).sum().clamp(min=1)


def soft_cross_entropy_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cross entropy with soft labels (Kollias and Zafeiriou, section VI-B.3), a scalar; 0 where none is given.

    Args:
        prediction: logits of shape (…, classes).
        target: probabilities of the classes, shape (…, classes), NaN where there is no label.
        mask: shape (…).
    """
    labelled = mask & ~target.isnan().any(-1)
    nll = -_precise(prediction[labelled]).log_softmax(-1)
    return (target[labelled] * nll).sum() / labelled.sum().clamp(min=1)


def embedding_loss(mapped: Tensor, words: Tensor, target: Tensor, mask: Tensor, reduction: str = "mean") -> Tensor:
    """Distance of mapped features from the word vector of the annotated class (Antoniadis et al., equation 5), a
    scalar.

    Args:
        mapped: features after the linear map, shape (…, length of a word vector).
        words: word vectors, shape (classes, length).
        target: numbers of classes, shape (…), NaN where not annotated.
        mask: shape (…).
        reduction: over the numbers of a word vector: `mean` (mean squared error, the paper's text) or `sum` (squared
            norm, its equation); over frames always the mean, 0 where none is annotated.
    """
    annotated = mask & ~target.isnan()
    squares = (mapped[annotated].float() - words[target[annotated].long()]).square()
    distances = squares.mean(-1) if reduction == "mean" else squares.sum(-1)
    return distances.sum() / annotated.sum().clamp(min=1)


def _precise(values: Tensor) -> Tensor:
    """At least float32."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def counted_values(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What counts, and both sides with zeros elsewhere, flattened to (n, outputs); at least float32."""
    outputs = prediction.shape[-1]
    prediction = _precise(prediction)
    valid = (mask[..., None] & ~target.isnan()).reshape(-1, outputs)
    zero = torch.zeros((), dtype=prediction.dtype, device=prediction.device)
    x = torch.where(valid, prediction.reshape(-1, outputs), zero)
    y = torch.where(valid, target.to(prediction.dtype).reshape(-1, outputs), zero)
    return valid, x, y
