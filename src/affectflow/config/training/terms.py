"""Further terms of the training loss, by the name that `loss.terms` gives: a new one is a module and a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from affectflow.core.tracks import TrackName


@dataclass(frozen=True)
class Term:
    """Where a term is, and what it is of."""

    function: str
    """`module:function` of (predictions, targets, mask) to a scalar; imported only where the term has a weight."""
    tracks: tuple[TrackName, ...]
    """The tracks to whose loss it is added."""


TERMS: Mapping[str, Term] = {
    "mae": Term("affectflow.losses.absolute:mae_loss", ("va", "eri")),
}

if TYPE_CHECKING:
    TermName = str
else:
    # So that settings know the names, and say which there are.
    TermName = Literal[tuple(TERMS)]


def term_modules(weights: Mapping[str, float]) -> list[str]:
    """The modules of the terms that have a weight, for the code fingerprint."""
    return [TERMS[name].function.partition(":")[0] for name, weight in weights.items() if weight]
