"""Coupling of expressions and action units in training (Kollias and Zafeiriou, section VI-B, equations 8 and 9).

As in `losses`, `mask` of shape (…) is true for real frames, NaN is "not annotated", and what does not count gets a
gradient of exactly zero. `related` of shape (classes, units) says in [0, 1] which units belong to which class, as
`relatedness.unit_matrix` gives it; a class that names no unit, as Neutral, has zeros.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

Matching = Literal["printed", "binary", "kl"]


def co_annotated_units(expression: Tensor, units: Tensor, related: Tensor) -> tuple[Tensor, Tensor]:
    """Action units from the annotated expression (Kollias and Zafeiriou, section VI-B.1): those that it names are
    present.

    Where a unit has an annotation of its own, that stays. Units that the expression does not name stay as they are: the
    study does not say that they are absent.

    Args:
        expression: numbers of classes, shape (…), NaN where not annotated.
        units: 0 or 1, shape (…, units), NaN where not annotated.
        related: shape (classes, units); with its observational units' weights where they are to be re-weighted.

    Returns:
        Targets and their weights for `losses.au_loss`, both (…, units). A unit's own annotation weighs 1, a
        co-annotated one as `related` says; the weight is 0 where the target is NaN.
    """
    annotated = ~expression.isnan()
    named = related.to(units.dtype)[expression.nan_to_num().long()] * annotated[..., None]
    own = ~units.isnan()
    targets = torch.where(~own & (named > 0), 1.0, units)
    return targets, torch.where(own, 1.0, named)


def co_annotated_expressions(expression: Tensor, units: Tensor, related: Tensor) -> Tensor:
    """The expression from annotated action units (Kollias and Zafeiriou, section VI-B.1): one all of whose units are
    present.

    All units that the class names in `related` must be annotated, and present: a unit that a corpus does not annotate
    may be absent, so that a corpus without AU10 never gets disgust. Units that the network does not predict are not in
    `related` and are not asked for; a caller whom a corpus's own units suffice sets the columns of the others to 0. Of
    several classes that fit, the one with most units in `related` is taken, of equals the first. A class that names no
    unit never is, and an image's own annotation stays.

    Args:
        expression: numbers of classes, shape (…), NaN where not annotated.
        units: 0 or 1, shape (…, units), NaN where not annotated.
        related: shape (classes, units).

    Returns:
        Numbers of classes, shape (…), NaN where neither annotated nor co-annotated.
    """
    named = related > 0
    required = named.sum(-1)
    fits = ((units == 1)[..., None, :] | ~named).all(-1) & (required > 0)
    largest = torch.where(fits, required, 0).argmax(-1)
    return torch.where(expression.isnan() & fits.any(-1), largest.to(expression.dtype), expression)


def soft_expressions(units: Tensor, related: Tensor, unnamed: Literal["zero", "left_out"] = "zero") -> Tensor:
    """Soft expression labels from annotated action units (Kollias and Zafeiriou, section VI-B.3).

    The score of a class is the share of its units that are present, each with its weight in `related`: happiness gets
    (y12 + y25 + 0.51 y6) / (1 + 1 + 0.51). A unit that is not annotated is left out of both sums, since it may be
    present or absent. The label is the softmax of the scores.

    Args:
        units: 0 or 1, shape (…, units), NaN where not annotated.
        related: shape (classes, units).
        unnamed: what a class gets that names none of an image's annotated units, as Neutral always. The paper, which
            counts Neutral among the basic emotions, does not say. `zero`: a score of 0, nothing of it being seen, so
            that a face without any unit is Neutral as much as anything else. `left_out`: a probability of 0.

    Returns:
        Probabilities, shape (…, classes), for `losses.soft_cross_entropy_loss`; NaN for an image in which no unit is
        annotated that any class names.
    """
    weights = related.to(units.dtype)
    whole = (~units.isnan()).to(units.dtype) @ weights.T
    score = units.nan_to_num() @ weights.T / torch.where(whole > 0, whole, 1.0)
    if unnamed == "left_out":
        score = torch.where(whole > 0, score, -torch.inf)
    return torch.where((whole > 0).any(-1, keepdim=True), score.softmax(-1), torch.nan)


def log_mixture(log_probabilities: Tensor, related: Tensor) -> Tensor:
    """log q of Kollias and Zafeiriou, equation 8: q(unit), in [0, 1], is the sum over the classes of p(class) p(unit |
    class).

    Args:
        log_probabilities: of the classes, shape (…, classes).
        related: shape (classes, units), at least one class above 0 for each unit.

    Returns:
        Shape (…, units).
    """
    return (log_probabilities[..., None] + related.log()).logsumexp(-2)


def distribution_matching_loss(
    units: Tensor, expressions: Tensor, related: Tensor, mask: Tensor, form: Matching = "printed"
) -> Tensor:
    """How far predicted action units p are from those q that the predicted expressions imply (Kollias and Zafeiriou,
    equations 8 and 9), a scalar: summed over the units, mean over images; 0 where the mask has none.

    Equation 9 needs no annotation, so that every image counts. A unit whose q is 0 or 1 whatever is predicted, because
    no class or every class names it, says nothing of the match and is left out (log 0 otherwise).

    q comes close to 0 wherever the network is sure of an expression that does not name the unit. It is kept as its
    logarithm, computed from logits without a sum of probabilities that could round to 0, and has no floor: a floor
    would stop the gradient just where q is most wrong. The logarithm is finite and its gradient at most 1.

    Gradients reach both predictions; a caller for whom the action units are soft targets passes them detached.

    Args:
        units: logits of shape (…, units).
        expressions: logits of shape (…, classes).
        related: shape (classes, units).
        mask: shape (…).
        form: `printed`: -p log q, equation 9, which is least where no unit is predicted, so that it must be balanced by
            annotated units. `binary`: -p log q - (1 - p) log(1 - q), the cross entropy of a present and an absent unit,
            which asks for units that q has and p lacks, too. `kl`: that minus the entropy of p, which is KL(p||q)
            of footnote 4 and is 0 where p = q; the three have different gradients where p is trained with q.
    """
    kind = torch.promote_types(units.dtype, torch.float32)
    varies = (related > 0).any(0) & (related < 1).any(0)
    relatedness = related[:, varies].to(kind)
    raw = units[mask][:, varies].to(kind)
    classes = expressions[mask].to(kind).log_softmax(-1)
    present, absent = raw.sigmoid(), (-raw).sigmoid()
    entropy = -present * log_mixture(classes, relatedness)
    if form != "printed":
        # 1 - q is the mixture of what is left of each class, since the probabilities of the classes sum to 1.
        entropy = entropy - absent * log_mixture(classes, 1 - relatedness)
    if form == "kl":
        entropy = entropy + present * logsigmoid(raw) + absent * logsigmoid(-raw)
    return entropy.sum() / mask.sum().clamp(min=1)
