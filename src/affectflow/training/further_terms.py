"""The terms that `loss.terms` adds to the losses of tracks."""

from collections.abc import Callable
from pkgutil import resolve_name

from torch import Tensor

from affectflow.config.training.terms import TERMS
from affectflow.config.training.trained import Loss
from affectflow.models.readout import Readout


class FurtherTerms:
    """Each term of its tracks' predictions, times its weight.

    Args:
        readout: what raw numbers mean.
        settings: weights of the terms.
    """

    def __init__(self, readout: Readout, settings: Loss) -> None:
        self._readout = readout
        self._terms = {name: (weight, _function(name)) for name, weight in settings.terms.items() if weight}

    def parts(self, raw: Tensor, target: Tensor, mask: Tensor) -> list[Tensor]:
        """The terms over all that is annotated, scalars; none of most branches.

        Args:
            raw: of the network, shape (…, numbers).
            target: shape (…, targets), NaN where not annotated.
            mask: of real frames, shape (…).
        """
        if not self._terms:
            return []
        predicted = self._readout.predicted(raw, clip=False)
        return [
            weight * function(predicted[..., outputs], target[..., targets], mask)
            for track, outputs, targets in self._readout.tasks.parts()
            for name, (weight, function) in self._terms.items()
            if track.name in TERMS[name].tracks
        ]


def _function(name: str) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    function: Callable[[Tensor, Tensor, Tensor], Tensor] = resolve_name(TERMS[name].function)
    return function
