"""Coupling of expressions and action units as a part of the training loss (Kollias and Zafeiriou, section VI-B)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.config.model.relatedness import Relatedness
from affectflow.config.training.coupling import Coupling
from affectflow.core.tracks import Track
from affectflow.losses.coupling import (
    co_annotated_expressions,
    co_annotated_units,
    distribution_matching_loss,
    soft_expressions,
)
from affectflow.losses.terms import soft_cross_entropy_loss
from affectflow.models.readout import Readout
from affectflow.relatedness.matrices import NEUTRAL, unit_matrix, units_left_out


class Coupled(nn.Module):
    """Labels and losses that couple the tracks `expr` and `au`.

    Args:
        readout: what is learnt, both tracks among it.
        settings: which losses, with their weights.
        related: action units of the emotions.

    Raises:
        InputError: a class of the expressions has no known action units.
    """

    def __init__(self, readout: Readout, settings: Coupling, related: Relatedness) -> None:
        super().__init__()
        self._settings = settings
        places = {track.name: (track, outputs, targets) for track, outputs, targets in readout.parts()}
        expressions, self._classes, labels = places["expr"]
        units, self._raw_units, self._units = places["au"]
        self._expression = labels.start
        classes, numbers = _emotions(expressions), unit_numbers(units)
        for name in ("co_annotation", "matching", "soft"):
            matrix = unit_matrix(related.emotions, classes, numbers, name in settings.reweight)
            self.register_buffer(f"related_{name}", torch.from_numpy(matrix).float(), False)
        self.left_out = units_left_out(related.emotions, classes, numbers)
        """Action units that emotions name and the network does not predict, by emotion."""

    def _related(self, name: str) -> Tensor:
        matrix: Tensor = getattr(self, f"related_{name}")
        return matrix

    def annotate(self, target: Tensor) -> tuple[Tensor, Tensor | None]:
        """Annotations (…, targets) with what one kind tells of the other, and the weights of the units (…, units), None
        where all weigh the same. Each kind tells by its own annotations alone."""
        how = self._settings.co_annotation
        if how == "none":
            return target, None
        units, expression = target[..., self._units], target[..., self._expression]
        related, weights, labels = self._related("co_annotation"), None, target.clone()
        if how in ("units", "both"):
            labels[..., self._units], weights = co_annotated_units(expression, units, related)
        if how in ("expressions", "both"):
            labels[..., self._expression] = co_annotated_expressions(expression, units, related)
        return labels, weights

    def forward(self, raw: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """The weighted sum of distribution matching and soft co-annotation, a scalar.

        Args:
            raw: of the network, shape (…, outputs).
            target: own annotations, shape (…, targets).
            mask: of real frames, shape (…).
        """
        settings, classes, units = self._settings, raw[..., self._classes], raw[..., self._raw_units]
        loss = raw.new_zeros(())
        if settings.matching:
            matched_units = units if settings.units == "learn" else units.detach()
            apart = distribution_matching_loss(matched_units, classes, self._related("matching"), mask, settings.form)
            loss = loss + settings.matching * apart
        if settings.soft:
            labels = soft_expressions(target[..., self._units], self._related("soft"), settings.unnamed)
            loss = loss + settings.soft * soft_cross_entropy_loss(classes, labels, mask)
        return loss


def unit_numbers(track: Track) -> tuple[int, ...]:
    """The numbers of a track's action units, in its order."""
    return tuple(int(name.removeprefix("au")) for name in track.outputs)


def describe_units_left_out(left_out: Mapping[str, tuple[int, ...]]) -> str:
    """Units that are left out in words."""
    return "; ".join(f"AU {', '.join(map(str, units))} of {name}" for name, units in left_out.items())


def _emotions(track: Track) -> tuple[str, ...]:
    """The classes as relatedness names them. Other, which late editions have, names no unit, as Neutral."""
    return tuple(NEUTRAL if name == "other" else name for name in track.outputs)
