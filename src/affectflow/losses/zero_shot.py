"""Compound expressions from predicted action units, basic expressions and valence, without training on them (Kollias
and Zafeiriou, section VI-B, equation 10)."""

from typing import Literal

import torch
from torch import Tensor


def compound_scores(
    units: Tensor,
    expressions: Tensor,
    valence: Tensor,
    related: Tensor,
    mixtures: Tensor,
    positive: Tensor,
    form: Literal["share", "printed"] = "share",
) -> Tensor:
    """Candidate score of every class (Kollias and Zafeiriou, equation 10); the class with the highest is the
    prediction.

    Three terms: how much of the class's action units is predicted, the probabilities of the basic expressions that it
    mixes, and 1 for a positive valence where the class is one of those that `positive` marks. A valence of exactly 0,
    for which the equation is not defined, adds 0.

    Args:
        units: probabilities of shape (…, units).
        expressions: probabilities of shape (…, emotions).
        valence: in [-1, 1], shape (…).
        related: p(unit | class), shape (classes, units), as `relatedness.unit_matrix` gives it. The first term of a
            class that names no unit is 0.
        mixtures: shape (classes, emotions), as `relatedness.mixture_matrix` gives it; says how basic expressions among
            the classes are scored, too.
        positive: shape (classes,), as `relatedness.positive_valence` gives it.
        form: of the first term. `share`: the sum of p(unit | x) p(unit | class) over that of p(unit | class), in
            [0, 1]. `printed`: its inverse, as the equation has it, which is highest for the class whose units are least
            predicted, and infinite where none is at all. The text says that every unit is an indicator of the class,
            which the share is and its inverse is not.

    Returns:
        Shape (…, classes).
    """
    relatedness = related.to(units.dtype)
    named = units @ relatedness.T
    whole = relatedness.sum(-1)
    first = named / whole if form == "share" else whole / named
    pleased = (valence > 0)[..., None] & positive
    return torch.where(whole > 0, first, 0.0) + expressions @ mixtures.to(expressions.dtype).T + pleased
