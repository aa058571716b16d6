"""How much each branch counts in a late fusion, for one target: the settings' choice among three ways."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.predictions import Predictions, Scores
from affectflow.config.evaluation.fusion import Fusion
from affectflow.core.tracks import Track
from affectflow.fusion.annotated import Annotated
from affectflow.fusion.class_fusion import confusions, fit_threshold, outcomes, search_classes, search_unit
from affectflow.fusion.weighted import score_weights, search_weights
from affectflow.metrics.sufficient_statistics import Floats, scores


def find_weights(
    track: Track, target: str, branches: Sequence[Predictions], annotated: Annotated, fusion: Fusion
) -> NDArray[np.float64]:
    """Weights of branches for a target, shape (branches,), in [0, 1] with sum 1, as the settings say.

    Searched weights have the best score of the target on the annotated frames: the CCC or Pearson's correlation of a
    number, the total of classes, and what a unit adds to the total.

    Raises:
        InputError: the search's grid does not fit (see `affectflow.fusion.weighted.grid_of`).
    """
    if fusion.weights == "equal":
        return np.full(len(branches), 1 / len(branches))
    searched = fusion.weights == "search"
    place = track.targets.index(target)
    if track.continuous:
        moments = annotated.moments(branches, place)
        score_of = moments.ccc if track.agreement == "ccc" else moments.pearson
        if searched:
            return search_weights(score_of, len(branches), fusion.step)
        return score_weights(score_of(np.eye(len(branches))))
    labelled = ~np.isnan(annotated.targets[:, place])
    labels = annotated.targets[labelled, place].astype(np.int64)
    values = np.stack([branch.values[labelled, track.outputs_of(target)] for branch in branches])
    if track.kind == "classes":
        score = _total(track)
        if searched:
            return search_classes(values, labels, fusion.step, score)
        return score_weights(score(confusions(values.argmax(axis=2), labels, len(track.outputs))))
    score, present, values = _share_of_total(track, annotated), labels == 1, values[..., 0]
    if searched:
        return search_unit(values, present, fusion.step, score)
    return score_weights(score(outcomes(values >= np.float32(0.5), present)))


def find_threshold(track: Track, unit: str, fused: Scores, annotated: Annotated) -> float:
    """The probability from which an action unit counts as active that adds most to the total.

    Args:
        track: what is predicted.
        unit: a target of it.
        fused: probabilities, shape (rows, units).
        annotated: labels of the same rows.
    """
    place = track.targets.index(unit)
    labelled = ~np.isnan(annotated.targets[:, place])
    present = annotated.targets[labelled, place] == 1
    return fit_threshold(fused[labelled, place], present, _share_of_total(track, annotated))


def _total(track: Track) -> Callable[[Floats], Floats]:
    return lambda counts: scores(track, counts)["total"]


def _share_of_total(track: Track, annotated: Annotated) -> Callable[[Floats], Floats]:
    """What one unit adds to the total, from its outcomes (candidates, 4): the total is a sum over units."""
    units, decisions = len(track.targets), int((~np.isnan(annotated.targets)).sum())
    of_f1, of_accuracy = track.total

    def share(counts: Floats) -> Floats:
        hits, false, missed, rest = counts.T
        f1 = 2 * hits / np.maximum(2 * hits + false + missed, 1)
        return of_f1 * f1 / units + of_accuracy * (hits + rest) / decisions

    return share
