"""Scores on still pictures, from sufficient statistics of each picture."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from affectflow.config.evaluation.still_scores import SCORES, Scored, ZeroShot
from affectflow.config.model.relatedness import CompoundRelatedness, Relatedness
from affectflow.core.tracks import Track
from affectflow.losses.zero_shot import compound_scores
from affectflow.metrics.measures import average_f1_accuracy, ratio, unweighted_average_recall
from affectflow.metrics.sufficient_statistics import Floats, scores, tally
from affectflow.relatedness.matrices import mixture_matrix, positive_valence, unit_matrix

_EMOTIONS = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}


def emotion_names(classes: Sequence[str]) -> tuple[str, ...]:
    """Classes of `affectflow.core.compound` as `config/relatedness` names them."""
    return tuple(_EMOTIONS.get(name, name.replace("_", " ")) for name in classes)


def picture_tallies(track: Track, values: NDArray[np.float32], targets: NDArray[np.float32]) -> Floats:
    """Sufficient statistics of each picture, shape (pictures, statistics), of predictions (pictures, outputs) and
    annotations (pictures, targets); see `tally`."""
    return tally(track, values, targets, np.arange(len(values) + 1))


def unit_agreement(units: NDArray[np.float32], expressions: NDArray[np.float32], related: Floats) -> Floats:
    """How much likelier each picture's prediction says the action units of the expression that it predicts than others:
    the mean probability of the units that this expression names less that of the units that only other expressions
    name. What coupling by distribution matching (Kollias and Zafeiriou, equation 8) draws up.

    Args:
        units: probabilities, shape (pictures, units).
        expressions: probabilities, shape (pictures, classes); the predicted one is the most probable.
        related: shape (classes, units), as `relatedness.unit_matrix` gives it; what is above 0 is named. No expression
            names all units that any names.

    Returns:
        Shape (pictures,), in [-1, 1]; NaN where the predicted expression names no unit, as neutral.
    """
    unit_mask = related[:, (related > 0).any(axis=0)] > 0
    values = units[:, (related > 0).any(axis=0)].astype(np.float64)
    predicted_mask = unit_mask[expressions.argmax(axis=1)]
    own_mean, other_mean = (
        ratio((values * part).sum(axis=1), part.sum(axis=1)) for part in (predicted_mask, ~predicted_mask)
    )
    agreement: Floats = own_mean - other_mean
    return agreement


def agreement_tallies(agreement: Floats) -> Floats:
    """Sufficient statistics of each picture, sum and number of the agreements that there are, shape (pictures, 2)."""
    defined = ~np.isnan(agreement)
    return np.stack([np.where(defined, agreement, 0.0), defined.astype(np.float64)], axis=1)


def agreement_score(pooled: Floats) -> Floats:
    """The mean agreement, from sums of its tallies of shape (…, 2), shape (…, 1); NaN where there is none."""
    return ratio(pooled[..., 0], pooled[..., 1])[..., None]


def picture_scores(scored: Scored, track: Track, pooled: Floats) -> Floats:
    """The scores that `config.still_scores.SCORES` names, from sums of tallies, shape (…, scores).

    Args:
        scored: what is scored; not `coupling`.
        track: what is predicted, for `compound` that of `compound_track`.
        pooled: shape (…, statistics).
    """
    by_name = scores(track, pooled)
    if track.kind == "classes":
        by_name["uar"] = unweighted_average_recall(pooled)
    elif track.kind == "units":
        by_name["afa"] = average_f1_accuracy(pooled, track.absent_units)
    return np.stack([by_name[name] for name in SCORES[scored]], axis=-1)


def zero_shot_scores(
    predicted: Mapping[str, NDArray[np.float32]],
    expressions: Track,
    units: Track,
    classes: Sequence[str],
    settings: ZeroShot,
    basic: Relatedness,
    compounds: CompoundRelatedness,
) -> NDArray[np.float32]:
    """Candidate scores of compound classes (Kollias and Zafeiriou, equation 10), shape (pictures, classes).

    Args:
        predicted: outputs by name, each of shape (pictures,): of `expressions` and `units`, and `valence`.
        expressions: the basic expressions that are predicted.
        units: the action units that are predicted; a class's others do not count.
        classes: as `config/relatedness` names them.
        settings: what the paper leaves open.
        basic: action units of the basic emotions.
        compounds: those of the compound ones.

    Raises:
        InputError: a class is unknown.
    """
    related = {**basic.emotions, **compounds.classes}
    numbers = [int(name.removeprefix("au")) for name in units.outputs]
    candidates = compound_scores(
        _columns(predicted, units.outputs),
        _columns(predicted, expressions.outputs),
        torch.from_numpy(predicted["valence"]),
        torch.from_numpy(unit_matrix(related, classes, numbers, settings.reweight)),
        torch.from_numpy(mixture_matrix(compounds.classes, classes, expressions.outputs, settings.basic)),
        torch.from_numpy(positive_valence(compounds.classes, classes, settings.happiness)),
        settings.form,
    )
    # The printed form is infinite where no unit of a class is predicted.
    values: NDArray[np.float32] = candidates.float().nan_to_num().numpy()
    return values


def _columns(predicted: Mapping[str, NDArray[np.float32]], names: Sequence[str]) -> torch.Tensor:
    return torch.from_numpy(np.stack([predicted[name] for name in names], axis=1))
